"""Authorizers as SAM's `Auth` and OpenAPI documents write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.project.front_doors.apis import (
    IAM,
    ApiKind,
    Authorizer,
    AuthorizerKind,
    Source,
)
from workbench.project.loose_values import flag, mapping, member, text, texts, whole

_NAME = r"(?:[a-zA-Z0-9-_]|\$LATEST|\$\{stageVariables\.\w+\})+"
_FUNCTION = re.compile(f":function:({_NAME})(?::({_NAME}))?")
_SOURCE = re.compile(
    r"(?:(?:method\.|\$)?request\.(header|querystring)|\$?(stageVariables|context))\.(.+)"
)
_POOL = re.compile(r"arn:[^:]+:cognito-idp:([^:]+):\d*:userpool/(.+)")
_AUTHORIZATION = (Source("header", "Authorization"),)
_DEFAULT_TTL = 300


@dataclass(frozen=True, slots=True)
class Auth:
    """SAM's `Auth` of an API. `default` is the name of the authorizer of routes that name none."""

    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default: str | None = None
    guards_preflight: bool = True
    needs_api_key: bool = False


def function_of(arn: object) -> tuple[str, str | None] | None:
    """Name and qualifier of the function in an ARN, or in the URI of an integration, where
    `${stageVariables.NAME}` may stand in them (see `apis.Api.routes_of`)."""
    match = _FUNCTION.search(text(arn))
    return None if match is None else (match[1], match[2])


def sources(value: object) -> tuple[Source, ...]:
    """Identity sources, REST's `method.request.header.X, context.y` and HTTP's `$request…`."""
    parts = (part.strip() for item in texts(value) for part in item.split(","))
    return tuple(
        Source(match[1] or match[2], match[3])
        for part in parts
        if (match := _SOURCE.fullmatch(part)) is not None
    )


def of_sam(kind: ApiKind, value: object) -> Auth:
    """What `Auth` of an AWS::Serverless::Api or HttpApi says."""
    auth = mapping(value)
    read = _http if kind == "HTTP" else _rest
    declared = {name: mapping(each) for name, each in mapping(auth.get("Authorizers")).items()}
    found = {name: read(each) for name, each in declared.items()}
    default = text(auth.get("DefaultAuthorizer")) or None
    return Auth(
        authorizers={name: each for name, each in found.items() if each is not None},
        scopes={name: texts(each.get("AuthorizationScopes")) for name, each in declared.items()},
        default=None if default == "NONE" else default,
        guards_preflight=auth.get("AddDefaultAuthorizerToCorsPreflight") is not False,
        needs_api_key=flag(auth.get("ApiKeyRequired")),
    )


def of_openapi(scheme: Mapping[str, Any]) -> tuple[str, Authorizer | None]:
    """A security scheme's authorizer, and "api-key" or `IAM` for those that are none."""
    given = mapping(scheme.get("x-amazon-apigateway-authorizer"))
    if text(scheme.get("x-amazon-apigateway-authtype")).lower() == "awssigv4":
        return IAM, None
    if not given:
        return ("api-key" if text(scheme.get("name")).lower() == "x-api-key" else ""), None
    place = "querystring" if scheme.get("in") == "query" else "header"
    header = (Source(place, text(scheme.get("name")) or "Authorization"),)
    named = sources(given.get("identitySource")) or header
    match text(given.get("type")).lower():
        case "jwt":
            return "", _jwt(named, mapping(given.get("jwtConfiguration")))
        case "cognito_user_pools":
            return "", _cognito(texts(given.get("providerARNs")), named)
    kind: AuthorizerKind = "TOKEN" if text(given.get("type")).lower() == "token" else "REQUEST"
    return "", _lambda(
        kind,
        given.get("authorizerUri"),
        named,
        ttl=given.get("authorizerResultTtlInSeconds"),
        pattern=given.get("identityValidationExpression"),
        version=given.get("authorizerPayloadFormatVersion"),
        simple=given.get("enableSimpleResponses"),
        needs_permission=not given.get("authorizerCredentials"),
    )


def _rest(given: dict[str, Any]) -> Authorizer | None:
    identity = mapping(given.get("Identity"))
    header = (Source("header", text(identity.get("Header")) or "Authorization"),)
    if "UserPoolArn" in given:
        return _cognito(texts(given["UserPoolArn"]), header)
    kind: AuthorizerKind = "REQUEST" if given.get("FunctionPayloadType") == "REQUEST" else "TOKEN"
    return _lambda(
        kind,
        given.get("FunctionArn"),
        header if kind == "TOKEN" else _identity(identity),
        ttl=identity.get("ReauthorizeEvery"),
        pattern=identity.get("ValidationExpression"),
        # SAM permits it, unless it is told not to.
        needs_permission=flag(given.get("DisableFunctionDefaultPermissions"))
        and not given.get("FunctionInvokeRole"),
    )


def _http(given: dict[str, Any]) -> Authorizer | None:
    if "JwtConfiguration" in given:
        named = sources(given.get("IdentitySource")) or _AUTHORIZATION
        return _jwt(named, mapping(given["JwtConfiguration"]))
    identity = mapping(given.get("Identity"))
    return _lambda(
        "REQUEST",
        given.get("FunctionArn"),
        _identity(identity) or _AUTHORIZATION,
        ttl=identity.get("ReauthorizeEvery"),
        version=given.get("AuthorizerPayloadFormatVersion") or "2.0",
        simple=given.get("EnableSimpleResponses"),
        # SAM permits it only when it is told to, unlike that of a REST API.
        needs_permission=not flag(given.get("EnableFunctionDefaultPermissions"))
        and not given.get("FunctionInvokeRole"),
    )


def _identity(identity: Mapping[str, Any]) -> tuple[Source, ...]:
    places = (
        ("Headers", "header"),
        ("QueryStrings", "querystring"),
        ("StageVariables", "stageVariables"),
        ("Context", "context"),
    )
    return tuple(
        Source(place, name) for member_, place in places for name in texts(identity.get(member_))
    )


def _lambda(
    kind: AuthorizerKind,
    arn: object,
    named: tuple[Source, ...],
    *,
    ttl: object = None,
    pattern: object = None,
    version: object = None,
    simple: object = None,
    needs_permission: bool = False,
) -> Authorizer | None:
    function = function_of(arn)
    if function is None:
        return None
    seconds = whole(ttl)
    return Authorizer(
        kind,
        *function,
        sources=named,
        ttl=_DEFAULT_TTL if seconds is None else seconds,
        pattern=text(pattern) or None,
        payload_version="2.0" if text(version) == "2.0" else "1.0",
        simple=flag(simple),
        needs_permission=needs_permission,
    )


def _jwt(named: tuple[Source, ...], given: dict[str, Any]) -> Authorizer:
    issuer, audience = text(member(given, "issuer")), texts(member(given, "audience"))
    return Authorizer("JWT", sources=named, issuer=issuer, audience=audience)


def _cognito(pools: tuple[str, ...], named: tuple[Source, ...]) -> Authorizer | None:
    """A user pool's tokens are JSON web tokens; of several pools the first counts."""
    match = _POOL.fullmatch(pools[0]) if pools else None
    if match is None:
        return None
    issuer = f"https://cognito-idp.{match[1]}.amazonaws.com/{match[2]}"
    return Authorizer("COGNITO", sources=named, issuer=issuer)
