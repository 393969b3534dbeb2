"""An HTTP API of API Gateway: payload formats 2.0 and 1.0 (lambda-facts §8.3)."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import unquote

from workbench.local.api.protocols.serialise import encode
from workbench.local.fronts import payload_v1, payload_v2
from workbench.local.fronts.apis import http_api_cors, http_api_events
from workbench.local.fronts.apis.api_call import ApiCall
from workbench.local.fronts.apis.api_front import ApiFront
from workbench.local.fronts.authorizers import jwt, lambda_authorizers
from workbench.local.fronts.authorizers.lambda_authorizers import Answer
from workbench.local.fronts.iam import iam_identity
from workbench.local.fronts.refusals import Refusal, Why
from workbench.local.gate import Caller
from workbench.local.http.messages import Request, Response
from workbench.project.front_doors.apis import Authorizer

_ANSWERS: dict[Why, tuple[int, str]] = {
    "no stage": (404, "Not Found"),
    "no route": (404, "Not Found"),
    "unsigned": (403, "Forbidden"),
    "no API key": (403, "Forbidden"),
    "unauthorized": (401, "Unauthorized"),
    "denied": (403, "Forbidden"),
    "explicitly denied": (403, "Forbidden"),
    "authorizer failed": (500, "Internal Server Error"),
    "too large": (413, "Request Entity Too Large"),
    "unavailable": (500, "Internal Server Error"),
    "function failed": (500, "Internal Server Error"),
    "malformed result": (500, "Internal Server Error"),
    "timed out": (503, "Service Unavailable"),
}
# The content type of a response that says none, unlike that of a function URL.
_PLAIN = "text/plain; charset=utf-8"


class HttpApi(ApiFront):
    """Its front door. What differs from REST APIs is here."""

    kind = "HttpApi"

    def routed(self, request: Request) -> ApiCall | Response:
        api = self.api
        if api.cors is not None:
            preflight = http_api_cors.preflight(api.cors, request)
            if preflight is not None:
                return preflight
        path = request.path
        stage, _, rest = path[1:].partition("/")
        if stage in self.stages and stage != "$default":
            path = f"/{rest}"
        elif "$default" in self.stages:
            stage = "$default"
        else:
            raise Refusal("no stage", f"Stages of {api.name}: {', '.join(self.stages)}.")
        found = self.routes[stage].find(request.method, path)
        if found is None:
            raise Refusal("no route", f"{api.name} has no route for {request.method} {path}.")
        route, parameters = found
        parameters = {name: unquote(value) for name, value in parameters.items()}
        # Paths reach functions decoded, and only up to a ? that appears by that.
        full = _decoded(request.path)
        return ApiCall(
            request, route, parameters, full, _decoded(path), time.time(), stage, self.stages[stage]
        )

    def event(self, call: ApiCall) -> dict[str, Any]:
        return http_api_events.event(self.gateway, call)

    def response(self, call: ApiCall, payload: bytes) -> Response:
        if call.route.payload_version == "1.0":
            result = payload_v1.result(payload, strict=False)
            response = Response(result.status, result.content(decode=True), result.headers)
        else:
            response = payload_v2.response(payload, _PLAIN)
        response.headers = [*response.headers, ("Apigw-Requestid", call.extended_id)]
        return response

    def refusal(self, call: ApiCall | None, refusal: Refusal) -> Response:
        status, message = _ANSWERS[refusal.why]
        headers = [("Content-Type", payload_v2.JSON_TYPE)]
        if call is not None:
            headers.append(("Apigw-Requestid", call.extended_id))
        return Response(status, encode({"message": message}), headers)

    def finished(self, request: Request, response: Response) -> Response:
        if self.api.cors is not None:
            http_api_cors.apply(self.api.cors, request, response)
        return response

    def authorizer_event(
        self, call: ApiCall, authorizer: Authorizer, identity: tuple[str, ...]
    ) -> dict[str, Any]:
        arn = self.method_arn(call)
        return http_api_events.authorizer_event(self.gateway, call, authorizer, identity, arn)

    def iam_member(self, signer: Caller) -> Any:
        return {"iam": iam_identity(self.gateway.account, signer)}

    def token_member(self, call: ApiCall, claims: dict[str, Any]) -> Any:
        scopes = list(call.route.scopes) or None
        member = {"claims": jwt.claim_texts(claims), "scopes": scopes}
        return member if call.route.payload_version == "1.0" else {"jwt": member}

    def lambda_member(self, call: ApiCall, name: str, answer: Answer, milliseconds: int) -> Any:
        if call.route.payload_version == "2.0":
            return {"lambda": lambda_authorizers.context(name, answer) or None}
        member: dict[str, Any] = {**lambda_authorizers.scalar_context(name, answer)}
        if "principalId" in answer:
            member["principalId"] = answer["principalId"]
        return {**member, "integrationLatency": milliseconds}


def _decoded(path: str) -> str:
    return unquote(path).partition("?")[0] if "%" in path else path
