"""Events of REST APIs and of their Lambda authorizers: payload format 1.0 (lambda-facts §8.3). No
I/O.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from workbench.local.fronts import payload_v1, payload_v2
from workbench.local.fronts.apis.api_call import ApiCall, Gateway
from workbench.local.fronts.client import added_headers
from workbench.local.fronts.iam import iam_identity
from workbench.local.gate import Caller
from workbench.project.front_doors.apis import Authorizer

_NOT_PASSED_ON = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
# These names are passed on with capitals however they were written.
_CAPITALISED = {"authorization": "Authorization", "user-agent": "User-Agent"}


def event(gateway: Gateway, call: ApiCall, binary_types: Sequence[str]) -> dict[str, Any]:
    """The event of the method's function; bodies of `binary_types` are Base64 in it."""
    media_type = call.request.headers.get("content-type", "")
    body = payload_v1.body_members(call.request.body, media_type, binary_types)
    return {**_members(gateway, call), **body}


def authorizer_event(
    gateway: Gateway, call: ApiCall, authorizer: Authorizer, identity: tuple[str, ...], arn: str
) -> dict[str, Any]:
    """The event of a Lambda authorizer. `identity` has the values of its identity sources, `arn`
    names the method."""
    if authorizer.kind == "TOKEN":
        return {"type": "TOKEN", "methodArn": arn, "authorizationToken": identity[0]}
    return {"type": "REQUEST", "methodArn": arn, **_members(gateway, call)}


def _members(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    """The event without its body."""
    request = call.request
    headers = [
        (_CAPITALISED.get(name.lower(), name), value)
        for name, value in request.sent_headers
        if name.lower() not in _NOT_PASSED_ON
    ]
    return {
        "resource": call.route.path,
        "path": call.resource_path,
        "httpMethod": request.method,
        **payload_v1.header_members([*headers, *added_headers(call.trace, gateway.port)]),
        **payload_v1.query_members(request.query_pairs()),
        "pathParameters": call.parameters or None,
        "stageVariables": dict(call.variables) or None,
        "requestContext": _context(gateway, call),
    }


def _context(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    request, moment = call.request, payload_v2.time_members(call.began)
    context: dict[str, Any] = {
        "accountId": gateway.account,
        "apiId": gateway.api_id,
        "deploymentId": "local1",
        "domainName": gateway.domain,
        "domainPrefix": gateway.api_id,
        "extendedRequestId": call.extended_id,
        "httpMethod": request.method,
        "identity": _identity(gateway, call),
        "path": call.path,
        "protocol": f"HTTP/{request.version}",
        "requestId": call.request_id,
        "requestTime": moment["time"],
        "requestTimeEpoch": moment["timeEpoch"],
        "resourceId": f"{crc32(call.route.path.encode()):08x}"[:6],
        "resourcePath": call.route.path,
        "stage": call.stage,
    }
    if call.authorizer is not None and not isinstance(call.authorizer, Caller):
        context["authorizer"] = call.authorizer
    return context


def _identity(gateway: Gateway, call: ApiCall) -> dict[str, Any]:
    headers = call.request.headers
    identity = payload_v1.nobody(headers.get("user-agent"))
    if isinstance(call.authorizer, Caller):
        signer = iam_identity(gateway.account, call.authorizer)
        identity |= {
            "accessKey": signer["accessKey"],
            "accountId": signer["accountId"],
            "caller": signer["callerId"],
            "user": signer["userId"],
            "userArn": signer["userArn"],
        }
    if call.route.needs_api_key:
        identity["apiKey"] = headers.get("x-api-key")
    return identity
