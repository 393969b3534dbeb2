"""Who may make a request to an API: signatures, API keys, tokens and Lambda authorizers."""

from __future__ import annotations

import re
import time
from typing import Any, Protocol

from workbench.local.fronts.apis.api_call import ApiCall
from workbench.local.fronts.authorizers import jwt, lambda_authorizers
from workbench.local.fronts.authorizers.jwt import Claims, InvalidToken
from workbench.local.fronts.authorizers.key_sets import KeySets, NoKeys
from workbench.local.fronts.authorizers.lambda_authorizers import Answer, LambdaAuthorizers
from workbench.local.fronts.function_caller import FunctionCaller
from workbench.local.fronts.iam import signed_by
from workbench.local.fronts.refusals import Refusal, Why
from workbench.local.gate import Caller
from workbench.project.front_doors.apis import IAM, Api, Authorizer

_TOKENS = ("COGNITO", "JWT")


class Shapes(Protocol):
    """How a kind of API words what authorizers are asked and what functions learn of it."""

    def method_arn(self, call: ApiCall) -> str:
        """What policies call the method of a request."""

    def authorizer_event(
        self, call: ApiCall, authorizer: Authorizer, identity: tuple[str, ...]
    ) -> dict[str, Any]:
        """The event of a Lambda authorizer."""

    def iam_member(self, signer: Caller) -> Any:
        """`requestContext.authorizer` of a signed request."""

    def token_member(self, call: ApiCall, claims: Claims) -> Any:
        """`requestContext.authorizer` of a request with a JSON web token."""

    def lambda_member(self, call: ApiCall, name: str, answer: Answer, milliseconds: int) -> Any:
        """`requestContext.authorizer` of a request that a Lambda authorizer let pass."""


class ApiAccess:
    """The access rules of one API."""

    def __init__(self, api: Api, caller: FunctionCaller, key_sets: KeySets, shapes: Shapes) -> None:
        self._api = api
        self._caller = caller
        self._key_sets = key_sets
        self._shapes = shapes
        self._lambdas = {stage: LambdaAuthorizers(caller) for stage in api.stages}

    def granted(self, call: ApiCall) -> bool:
        """Whether the request may go on, as far as that is known at once; if not, ask `grant`.
        Raises Refusal."""
        route = call.route
        if route.needs_api_key and "x-api-key" not in call.request.headers:
            raise Refusal("no API key", f"{route.key} asks for an API key in x-api-key.")
        if route.authorizer is None:
            return True
        if route.authorizer == IAM:
            call.authorizer = self._shapes.iam_member(_signer(call))
            return True
        name, authorizer = self._authorizer(call)
        if authorizer.kind in _TOKENS:
            return False
        answer = self._lambdas[call.stage].remembered(
            name, authorizer, self._identity(call, name, authorizer)
        )
        if answer is None:
            return False
        self._pass(call, name, authorizer, answer, 0)
        return True

    async def grant(self, call: ApiCall) -> None:
        """Return when the request may go on. Raises Refusal."""
        name, authorizer = self._authorizer(call)
        identity = self._identity(call, name, authorizer)
        if authorizer.kind in _TOKENS:
            claims = await self._claims(call, authorizer, identity[0])
            call.authorizer = self._shapes.token_member(call, claims)
            return
        began = time.monotonic()
        event = self._shapes.authorizer_event(call, authorizer, identity)
        target = self._caller.target(authorizer.function, authorizer.qualifier)
        trace = self._caller.trace(target, call.request.headers.get("x-amzn-trace-id"))
        api_arn = self._shapes.method_arn(call).partition("/")[0]
        lambdas = self._lambdas[call.stage]
        answer = await lambdas.ask(name, authorizer, identity, event, trace, api_arn)
        milliseconds = int((time.monotonic() - began) * 1000)
        self._pass(call, name, authorizer, answer, milliseconds)

    def _authorizer(self, call: ApiCall) -> tuple[str, Authorizer]:
        name = call.route.authorizer or ""
        authorizer = self._api.authorizers.get(name)
        if authorizer is None:
            raise Refusal("authorizer failed", f"{call.route.key}: there is no authorizer {name}.")
        return name, authorizer

    def _pass(
        self, call: ApiCall, name: str, authorizer: Authorizer, answer: Answer, milliseconds: int
    ) -> None:
        lambda_authorizers.check(name, authorizer, answer, self._shapes.method_arn(call))
        call.authorizer = self._shapes.lambda_member(call, name, answer, milliseconds)

    def _identity(self, call: ApiCall, name: str, authorizer: Authorizer) -> tuple[str, ...]:
        """The values of the identity sources. Raises Refusal when one is missing."""
        values: list[str] = []
        for source in authorizer.sources:
            value = self._value(call, source.place, source.name)
            if not value:
                where = f"{source.place} {source.name}"
                raise _unauthorized(f"The authorizer {name} asks for the {where}: it is missing.")
            values.append(value)
        if authorizer.pattern and values:
            try:
                fits = re.fullmatch(authorizer.pattern, values[0])
            except re.error as error:
                problem = f"The pattern of the authorizer {name} is none: {error}."
                raise Refusal("authorizer failed", problem) from None
            if fits is None:
                raise _unauthorized(f"The token does not look as the authorizer {name} asks.")
        return tuple(values)

    def _value(self, call: ApiCall, place: str, name: str) -> str | None:
        if place == "header":
            return call.request.headers.get(name.lower())
        if place == "querystring":
            return dict(call.request.query_pairs()).get(name)
        if place == "stageVariables":
            return call.variables.get(name)
        known = {
            "routeKey": call.route.key,
            "httpMethod": call.request.method,
            "path": call.path,
            "resourcePath": call.route.path,
            "stage": call.stage,
            "identity.sourceIp": "127.0.0.1",
            "identity.userAgent": call.request.headers.get("user-agent"),
        }
        return known.get(name)

    async def _claims(self, call: ApiCall, authorizer: Authorizer, text: str) -> Claims:
        """The claims of a valid token with the scopes that the route asks for."""
        try:
            token = jwt.parse(text)
            jwt.check_claims(token.claims, authorizer.issuer, authorizer.audience, time.time())
            keys = await self._key_sets.keys(authorizer.issuer, token.key_id)
            jwt.verify(token, keys)
        except (InvalidToken, NoKeys) as problem:
            shown = str(problem) if isinstance(problem, InvalidToken) else "no keys of the issuer"
            challenge = f'Bearer scope="" error="invalid_token" error_description="{shown}"'
            raise _unauthorized(f"Not authorized: {problem}", challenge) from None
        wanted = call.route.scopes
        if wanted and jwt.scopes(token.claims).isdisjoint(wanted):
            scopes = " ".join(wanted)
            challenge = (
                f'Bearer scope="{scopes}" error="insufficient_scope" '
                'error_description="the token does not contain a required scope"'
            )
            reason = f"{call.route.key} asks for a token with one of the scopes {scopes}."
            why: Why = "denied" if authorizer.kind == "JWT" else "unauthorized"
            raise Refusal(why, reason, [("WWW-Authenticate", challenge)])
        return token.claims


def _signer(call: ApiCall) -> Caller:
    found = signed_by(call.request, "execute-api")
    if found is None:
        reason = f"{call.route.key} asks for a request signed with SigV4 for execute-api."
        raise Refusal("unsigned", reason)
    return found


def _unauthorized(reason: str, challenge: str = "Bearer") -> Refusal:
    return Refusal("unauthorized", reason, [("WWW-Authenticate", challenge)])
