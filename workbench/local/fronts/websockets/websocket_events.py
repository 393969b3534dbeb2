"""Events of WebSocket APIs, and the route a message takes (lambda-facts §8.3). No I/O.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.local.fronts import payload_v1
from workbench.local.fronts.client import SOURCE_IP, added_headers
from workbench.local.fronts.payload_v2 import MalformedResult, time_members
from workbench.local.http.messages import Request
from workbench.local.request_ids import new_segment_id

_BODY_PATH = re.compile(r"\$\{?request\.body((?:\.[^.{}\s]+)+)\}?")

EventType = Literal["CONNECT", "MESSAGE", "DISCONNECT"]


@dataclass(frozen=True, slots=True)
class Peer:
    """What events say of a connection. `authorizer` is what a Lambda authorizer answered."""

    connection_id: str
    connected_at: float
    host: str
    user_agent: str
    authorizer: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Gateway:
    """What events say of the API."""

    api_id: str
    domain: str
    stage: str
    stage_variables: Mapping[str, str]


def selected(expression: str, text: str) -> str | None:
    """The route key that a message asks for, by a route selection expression such as
    `$request.body.action`; None when the message does not have what it names."""
    match = _BODY_PATH.fullmatch(expression.strip())
    if match is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    for name in match[1][1:].split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    return None if value is None or isinstance(value, dict | list) else json.dumps(value)


def request_id() -> str:
    """An id such as API Gateway gives to requests."""
    return f"{new_segment_id()[:15]}="


def connect(
    gateway: Gateway, peer: Peer, request: Request, trace: str, port: int
) -> dict[str, Any]:
    """The event of `$connect`."""
    sent = [pair for pair in request.sent_headers if pair[0].lower() not in _OF_CONNECTION]
    query = payload_v1.query_members(request.query_pairs()) if request.query else {}
    return {
        **payload_v1.header_members([*sent, *added_headers(trace, port)]),
        **{name: value for name, value in query.items() if value},
        **_stage_variables(gateway),
        "requestContext": _context(gateway, peer, "$connect", "CONNECT"),
        "isBase64Encoded": False,
    }


def authorize(gateway: Gateway, arn: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """The event of the Lambda authorizer of `$connect`, made from its own."""
    asked = {name: value for name, value in event.items() if name != "isBase64Encoded"}
    variables = dict(gateway.stage_variables)
    return {"type": "REQUEST", "methodArn": arn, **asked, "stageVariables": variables}


def message(gateway: Gateway, peer: Peer, key: str, text: str, id_: str) -> dict[str, Any]:
    """The event of a text from the client."""
    context = _context(gateway, peer, key, "MESSAGE", id_)
    return {
        **_stage_variables(gateway),
        "requestContext": context,
        "body": text,
        "isBase64Encoded": False,
    }


def disconnect(gateway: Gateway, peer: Peer, code: int, reason: str) -> dict[str, Any]:
    """The event of `$disconnect`."""
    headers = [("Host", peer.host), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    context = _context(gateway, peer, "$disconnect", "DISCONNECT")
    return {
        **payload_v1.header_members(headers),
        **_stage_variables(gateway),
        "requestContext": {**context, "disconnectStatusCode": code, "disconnectReason": reason},
        "isBase64Encoded": False,
    }


def reply(payload: bytes) -> str | None:
    """The text that a function's result sends to the client; None for no body. Raises
    MalformedResult when it is no response."""
    return payload_v1.result(payload, strict=False).body or None


def handshake(payload: bytes) -> tuple[int, dict[str, str], str]:
    """Status, headers (names in lower case) and body of what the function of `$connect` answers.
    Raises MalformedResult."""
    result = payload_v1.result(payload, strict=False)
    if result.is_base64:
        raise MalformedResult("its body is in Base64")
    return result.status, {name.lower(): value for name, value in result.headers}, result.body


_OF_CONNECTION = frozenset({"connection", "upgrade"})


def _stage_variables(gateway: Gateway) -> dict[str, Any]:
    variables = dict(gateway.stage_variables)
    return {"stageVariables": variables} if variables else {}


def _context(
    gateway: Gateway, peer: Peer, key: str, type_: EventType, id_: str = ""
) -> dict[str, Any]:
    moment = time_members(time.time())
    identity = {"sourceIp": SOURCE_IP}
    if peer.user_agent:
        identity = {"userAgent": peer.user_agent, **identity}
    id_ = id_ or request_id()
    context: dict[str, Any] = {"routeKey": key}
    if type_ == "MESSAGE":
        context["messageId"] = request_id()
    if peer.authorizer is not None:
        context["authorizer"] = dict(peer.authorizer)
    return {
        **context,
        "eventType": type_,
        "extendedRequestId": id_,
        "requestTime": moment["time"],
        "messageDirection": "IN",
        "stage": gateway.stage,
        "connectedAt": int(peer.connected_at * 1000),
        "requestTimeEpoch": moment["timeEpoch"],
        "identity": identity,
        "requestId": id_,
        "domainName": gateway.domain,
        "connectionId": peer.connection_id,
        "apiId": gateway.api_id,
    }
