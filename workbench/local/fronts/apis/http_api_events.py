"""Events of HTTP APIs and of their Lambda authorizers: payload formats 2.0 and 1.0 (lambda-facts
§8.3). No I/O.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

from typing import Any

from workbench.local.fronts import payload_v1, payload_v2
from workbench.local.fronts.apis.api_call import ApiCall, Gateway
from workbench.local.fronts.client import SOURCE_IP, added_headers
from workbench.project.front_doors.apis import Authorizer


def event(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    """The event of the route's function, in the payload format that the route asks for."""
    if call.route.payload_version == "1.0":
        return _event_v1(gateway, call)
    return {
        "version": "2.0",
        "routeKey": call.route.key,
        **_request_members(gateway, call),
        "requestContext": _context(gateway, call),
        **_parameters(call),
        **payload_v2.body_members(call.request),
    }


def authorizer_event(
    gateway: Gateway, call: ApiCall, authorizer: Authorizer, identity: tuple[str, ...], arn: str
) -> dict[str, Any]:
    """The event of a Lambda authorizer, in its payload format. `identity` has the values of its
    identity sources, `arn` names the route."""
    if authorizer.payload_version == "1.0":
        event = _event_v1(gateway, call)
        del event["body"], event["isBase64Encoded"]
        joined = ",".join(identity)
        asked = {"type": "REQUEST", "methodArn": arn, "identitySource": joined}
        return {"version": "1.0", **asked, "authorizationToken": joined, **event}
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": arn,
        "identitySource": list(identity) or None,
        "routeKey": call.route.key,
        **_request_members(gateway, call),
        "requestContext": _context(gateway, call),
        **_parameters(call),
    }


def _request_members(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    added = {name.lower(): value for name, value in added_headers(call.trace, gateway.port)}
    members = payload_v2.request_members(call.request, added)
    members["rawPath"] = call.path
    members["headers"].setdefault("content-length", "0")
    return members


def _context(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    return {
        **_owner(gateway, call),
        "domainName": gateway.domain,
        "domainPrefix": gateway.api_id,
        "http": {**payload_v2.http_member(call.request, SOURCE_IP), "path": call.path},
        "requestId": call.extended_id,
        "routeKey": call.route.key,
        "stage": call.stage,
        **payload_v2.time_members(call.began),
    }


def _owner(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    """The members with which both formats' `requestContext` begins."""
    owner: dict[str, Any] = {"accountId": gateway.account, "apiId": gateway.api_id}
    if call.authorizer is not None:
        owner["authorizer"] = call.authorizer
    return owner


def _parameters(call: ApiCall) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if call.parameters:
        members["pathParameters"] = call.parameters
    if call.variables:
        members["stageVariables"] = dict(call.variables)
    return members


def _event_v1(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    request, route = call.request, call.route
    added = added_headers(call.trace, gateway.port)
    if all(name.lower() != "content-length" for name, _ in request.sent_headers):
        added.append(("Content-Length", "0"))
    body = payload_v2.body_members(request)
    return {
        "version": "1.0",
        "resource": route.path,
        "path": call.path,
        "httpMethod": request.method,
        **payload_v1.header_members([*request.sent_headers, *added]),
        **payload_v1.query_members(request.query_pairs()),
        "requestContext": _context_v1(gateway, call),
        "pathParameters": call.parameters or None,
        "stageVariables": dict(call.variables) or None,
        "body": body.get("body"),
        "isBase64Encoded": body["isBase64Encoded"],
    }


def _context_v1(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    request, moment = call.request, payload_v2.time_members(call.began)
    return {
        **_owner(gateway, call),
        "domainName": gateway.domain,
        "domainPrefix": gateway.api_id,
        "extendedRequestId": call.extended_id,
        "httpMethod": request.method,
        "identity": {**payload_v1.nobody(request.headers.get("user-agent")), "cognitoAmr": None},
        "path": call.path,
        "protocol": f"HTTP/{request.version}",
        "requestId": call.extended_id,
        "requestTime": moment["time"],
        "requestTimeEpoch": moment["timeEpoch"],
        "resourceId": None,
        "resourcePath": call.route.path,
        "stage": call.stage,
    }
