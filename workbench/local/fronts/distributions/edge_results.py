"""What Lambda@Edge functions may return (lambda-facts §8.4). No I/O.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.local.fronts.distributions.edge_events import is_disallowed
from workbench.local.fronts.payload_v2 import MalformedResult, header_line
from workbench.project.front_doors.distributions import EdgeEvent

KILOBYTE = 1024
# The body that is seen, and the response that is generated: text.
LIMIT: dict[EdgeEvent, int] = {
    "viewer-request": 40 * KILOBYTE,
    "viewer-response": 40 * KILOBYTE,
    "origin-request": 1024 * KILOBYTE,
    "origin-response": 1024 * KILOBYTE,
}
_READ_ONLY: dict[EdgeEvent, tuple[str, ...]] = {
    "viewer-request": ("content-length", "host", "transfer-encoding", "via"),
    "origin-request": (
        "accept-encoding",
        "content-length",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "transfer-encoding",
        "via",
    ),
    "origin-response": ("transfer-encoding", "via"),
    "viewer-response": ("warning", "via"),
}
_URI = re.compile(r"/[!-~]*")
_QUERY = re.compile(r"[!-~]*")
_GROWTH = 4 / 3  # of Base64


@dataclass(frozen=True, slots=True)
class EdgeResponse:
    """A response on its way to the viewer. `body` None is the one of the origin."""

    status: int
    description: str
    headers: dict[str, Any]
    body: bytes | None


def result(payload: bytes) -> dict[str, Any]:
    """A function's result as an object. Raises MalformedResult, as all here do, with a text that
    says what is wrong with it."""
    try:
        given = json.loads(payload)
    except ValueError:
        raise MalformedResult("it is not JSON") from None
    if not isinstance(given, dict):
        raise MalformedResult("it is no object")
    return given


def request(
    event: EdgeEvent, given: dict[str, Any], before: dict[str, Any], body: bytes
) -> tuple[dict[str, Any], bytes]:
    """The request to go on with after `viewer-request` or `origin-request`, and its body."""
    headers = _headers(event, given.get("headers"), before["headers"])
    uri, query = given.get("uri"), given.get("querystring", "")
    if not isinstance(uri, str) or _URI.fullmatch(uri) is None:
        raise MalformedResult("its uri is no path that begins with /")
    if not isinstance(query, str) or _QUERY.fullmatch(query) is None:
        raise MalformedResult("its querystring cannot be sent")
    for name in ("method", "clientIp"):
        if given.get(name, before[name]) != before[name]:
            raise MalformedResult(f"its {name} is not that of the request, which is read-only")
    after = {**before, "headers": headers, "uri": uri, "querystring": query}
    if "origin" in before and "origin" in given:
        after["origin"] = _origin(given["origin"])
    replaced = given.get("body")
    if isinstance(replaced, dict) and replaced.get("action") == "replace":
        limit = LIMIT[event]
        body = _content(replaced.get("data", ""), replaced.get("encoding", "text"), limit)
    return after, body


def response(
    event: EdgeEvent, given: dict[str, Any], before: EdgeResponse | None = None
) -> EdgeResponse:
    """The response that a function generated, or, with `before`, changed."""
    status = _status(given.get("status"))
    if before is not None and event == "viewer-response" and status != before.status:
        raise MalformedResult("its status is another, which viewer-response may not change")
    description = given.get("statusDescription", "")
    if not isinstance(description, str):
        raise MalformedResult("its statusDescription is no string")
    headers = _headers(event, given.get("headers", {}), None if before is None else before.headers)
    body = before.body if before is not None else b""
    if given.get("body") is not None:
        body = _content(given["body"], given.get("bodyEncoding", "text"), LIMIT[event])
        size = len(body) + sum(
            len(line["key"]) + len(line["value"]) for lines in headers.values() for line in lines
        )
        if size > LIMIT[event]:
            raise MalformedResult(f"it is larger than {LIMIT[event]} bytes")
        if status == 204 and body:
            raise MalformedResult("its status is 204, which has no body")
    return EdgeResponse(status, description, headers, body)


def _status(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\d{3}", value, re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 599:
        raise MalformedResult("its status is none from 200 to 599")
    return value


def _content(data: Any, encoding: Any, limit: int) -> bytes:
    if not isinstance(data, str):
        raise MalformedResult("its body is no string")
    if encoding == "text":
        if len(data.encode("utf-8", "replace")) > limit:
            raise MalformedResult(f"its body is larger than {limit} bytes")
        return data.encode("utf-8", "replace")
    if encoding != "base64":
        raise MalformedResult("its body's encoding is neither text nor base64")
    if len(data) > limit * _GROWTH + 4:
        raise MalformedResult(f"its body is larger than {limit} bytes")
    try:
        return base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise MalformedResult("its body is not Base64") from None


def _headers(
    event: EdgeEvent, given: Any, before: Mapping[str, Any] | None
) -> dict[str, list[dict[str, str]]]:
    """The headers, with the `key` that is left out put in. `before` are those the function got,
    None when it made the response: then there is nothing that it could not set."""
    if not isinstance(given, dict):
        raise MalformedResult("its headers are no object")
    headers: dict[str, list[dict[str, str]]] = {}
    for name, lines in given.items():
        if name != name.lower():
            raise MalformedResult(f"the name {name} of its headers is not in lower case")
        if is_disallowed(name):
            raise MalformedResult(f"its headers have {name}, which functions may not set")
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise MalformedResult(f"{name} of its headers is no list of keys and values")
        headers[name] = [_line(name, line) for line in lines]
    for name in _READ_ONLY[event] if before is not None else ():
        if _values(headers.get(name)) != _values((before or {}).get(name)):
            raise MalformedResult(f"its header {name} is another, and it is read-only")
    return headers


def _line(name: str, line: dict[str, Any]) -> dict[str, str]:
    key = line.get("key") or "-".join(part.capitalize() for part in name.split("-"))
    value = line.get("value")
    if not isinstance(key, str) or not isinstance(value, str):
        raise MalformedResult(f"the key or value of its header {name} is no string")
    if key.lower() != name:
        raise MalformedResult(f"the key {key} of its headers is not that of {name}")
    header_line(key, value)
    return {"key": key, "value": value}


def _values(lines: Any) -> list[str]:
    return [line["value"] for line in lines or ()]


def _origin(given: Any) -> dict[str, Any]:
    """The origin that a function chose: exactly one, custom or s3."""
    if not isinstance(given, dict) or len(given) != 1 or not {"custom", "s3"} & given.keys():
        raise MalformedResult("its origin is neither custom nor s3")
    (kind, chosen), *_ = given.items()
    if not isinstance(chosen, dict) or not isinstance(chosen.get("domainName"), str):
        raise MalformedResult("its origin has no domainName")
    if kind == "custom":
        port = chosen.get("port")
        if not isinstance(port, int) or not 1 <= port <= 65535:
            raise MalformedResult("its origin has no port")
        if chosen.get("protocol") not in ("http", "https"):
            raise MalformedResult("its origin's protocol is neither http nor https")
    path = chosen.get("path", "")
    if not isinstance(path, str) or (path and (_URI.fullmatch(path) is None or path[-1] == "/")):
        raise MalformedResult("its origin's path has to begin with / and not to end with it")
    seconds = chosen.get("readTimeout", 30)
    if not isinstance(seconds, int) or not 1 <= seconds <= 180:
        raise MalformedResult("its origin's readTimeout is none from 1 to 180")
    custom = _headers("origin-request", chosen.get("customHeaders", {}), None)
    return {kind: {**chosen, "path": path, "customHeaders": custom, "readTimeout": seconds}}
