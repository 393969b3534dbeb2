"""Events of Application Load Balancers, and what their functions answer (lambda-facts §8.3).

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
No I/O.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from workbench.local.fronts.payload_v2 import MalformedResult, header_line
from workbench.local.http.messages import Request, Response

MAX_SIZE = 1024 * 1024  # of requests' bodies and of functions' answers

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
_OF_CONNECTION = frozenset({"connection", "keep-alive", "te", "transfer-encoding", "upgrade"})
_SET_BY_BALANCER = _OF_CONNECTION | {"content-length"}


def event(
    arn: str, request: Request, added: Iterable[tuple[str, str]], *, multi: bool
) -> dict[str, Any]:
    """The event of a request to the target group `arn`. `added` are headers of the load balancer;
    `multi` is the group's lambda.multi_value_headers.enabled."""
    replaced = {name for name, _ in added}
    headers = [
        (name.lower(), value)
        for name, value in request.sent_headers
        if name.lower() not in _OF_CONNECTION and name.lower() not in replaced
    ]
    parts = [part.partition("=") for part in request.query.split("&") if part]
    body, is_base64 = _body(request)
    return {
        "requestContext": {"elb": {"targetGroupArn": arn}},
        "httpMethod": request.method,
        "path": request.path,
        **_maps("queryStringParameters", ((name, value) for name, _, value in parts), multi),
        **_maps("headers", [*headers, *added], multi),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def health_check(arn: str, path: str, *, multi: bool) -> dict[str, Any]:
    """The event of a health check."""
    path, _, query = path.partition("?")
    request = Request("GET", path, query)
    return event(arn, request, [("user-agent", "ELB-HealthChecker/2.0")], multi=multi)


def response(payload: bytes, *, multi: bool) -> Response:
    """The response that a function's result stands for. Raises MalformedResult, whose text says
    why it is none."""
    if len(payload) > MAX_SIZE:
        raise MalformedResult("it is larger than 1 MB")
    try:
        given = json.loads(payload)
    except ValueError:
        raise MalformedResult("it is not JSON") from None
    if not isinstance(given, dict):
        raise MalformedResult("it is no object with statusCode, headers and body")
    status = given.get("statusCode")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedResult("it has no statusCode that is a number from 200 to 599")
    if not isinstance(given.get("statusDescription", ""), str):
        raise MalformedResult("its statusDescription is no string")
    headers = list(_headers(given, multi))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/octet-stream"))
    return Response(status, _content(given), headers)


def _maps(name: str, pairs: Iterable[tuple[str, str]], multi: bool) -> dict[str, Any]:
    if not multi:
        return {name: dict(pairs)}  # of several values the last stays
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {f"multiValue{name[0].upper()}{name[1:]}": values}


def _body(request: Request) -> tuple[str, bool]:
    if not request.body:
        return "", False
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_text = media_type.startswith("text/") or media_type in _TEXT_TYPES
    if is_text and "content-encoding" not in request.headers:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _headers(given: dict[str, Any], multi: bool) -> Iterable[tuple[str, str]]:
    member = "multiValueHeaders" if multi else "headers"
    headers = given.get(member)
    if headers is None:
        return
    if not isinstance(headers, dict):
        raise MalformedResult(f"its {member} are no object")
    for name, value in headers.items():
        values = value if multi else [value]
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            kind = "list of strings" if multi else "string"
            raise MalformedResult(f"{name} of its {member} is no {kind}")
        if name.lower() not in _SET_BY_BALANCER:
            for each in values:
                yield header_line(name, each)


def _content(given: dict[str, Any]) -> bytes:
    body = given.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResult("its body is no string")
    if given.get("isBase64Encoded") is not True:
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        raise MalformedResult("its body is not Base64") from None
