"""Payload format 2.0: HTTP requests as events, results as HTTP responses (lambda-facts §8.3).

Function URLs and HTTP APIs share it. No I/O.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.local.http.messages import Request, Response

JSON_TYPE = "application/json"

# What AWS passes on as text if it is UTF-8; all else is Base64.
_TEXT_TYPES = frozenset({JSON_TYPE, "application/javascript", "application/xml"})

# Headers that concern the connection, or have a place of their own in the event.
_NOT_PASSED_ON = frozenset(
    {"connection", "cookie", "expect", "keep-alive", "te", "transfer-encoding", "upgrade"}
)
# Headers of a function's response that HTTP itself sets: AWS renames the function's.
_REMAPPED = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")


class MalformedResult(Exception):
    """What the function returned cannot be made an HTTP response; the text may say why."""


def request_members(request: Request, added: Mapping[str, str]) -> dict[str, Any]:
    """The event's members from `rawPath` to `queryStringParameters`, those that are empty left
    out. `added` are headers the front itself adds."""
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED_ON}
    members: dict[str, Any] = {"rawPath": request.path, "rawQueryString": request.query}
    cookies = [cookie.strip() for cookie in request.headers.get("cookie", "").split(";")]
    if any(cookies):
        members["cookies"] = [cookie for cookie in cookies if cookie]
    members["headers"] = {**headers, **added}
    if request.query:
        parameters: dict[str, str] = {}
        for name, value in request.query_pairs():
            parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
        if parameters:
            members["queryStringParameters"] = parameters
    return members


def body_members(request: Request) -> dict[str, Any]:
    """`body`, if there is one, and `isBase64Encoded`."""
    if not request.body:
        return {"isBase64Encoded": False}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in _TEXT_TYPES or media_type.startswith("text/"):
        try:
            return {"body": request.body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def http_member(request: Request, source_ip: str) -> dict[str, str]:
    """`requestContext.http`."""
    return {
        "method": request.method,
        "path": request.path,
        "protocol": f"HTTP/{request.version}",
        "sourceIp": source_ip,
        "userAgent": request.headers.get("user-agent", ""),
    }


def time_members(now: float) -> dict[str, Any]:
    """`requestContext.time`, such as 12/Mar/2020:19:03:58 +0000, and `timeEpoch` in ms."""
    moment = time.gmtime(now)
    month = _MONTHS[moment.tm_mon - 1]  # not strftime's, which may speak another language
    text = time.strftime(f"%d/{month}/%Y:%H:%M:%S +0000", moment)
    return {"time": text, "timeEpoch": int(now * 1000)}


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def response(payload: bytes, default_type: str = JSON_TYPE) -> Response:
    """The HTTP response that a function's result stands for. Raises MalformedResult.

    A result with a `statusCode` says it all, but for a content type it may leave out; anything
    else is the body of a 200, a JSON text without spaces, a string without quotes.
    """
    try:
        result = json.loads(payload)
    except (ValueError, RecursionError):
        raise MalformedResult("it is not JSON") from None
    if isinstance(result, dict) and "statusCode" in result:
        status, headers = head(result, default_type)
        body = b"" if status in (204, 304) else _body(result)
        return Response(status, body, headers)
    return Response(200, _text(result), [("Content-Type", JSON_TYPE)])


def head(
    result: Mapping[str, Any], default_type: str = JSON_TYPE
) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers of a result with `statusCode`, `headers` and `cookies`, all optional;
    `default_type` is the content type of one that has none. Raises MalformedResult."""
    headers = list(_headers(result.get("headers") or {}))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.insert(0, ("Content-Type", default_type))
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list):
        raise MalformedResult
    headers += [("Set-Cookie", _checked(cookie)) for cookie in cookies]
    return _status(result.get("statusCode", 200)), headers


def _status(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\d{3}", value):
        value = int(value)
    # 1xx are no final answers: a client would wait for one.
    if not isinstance(value, int) or isinstance(value, bool) or not 200 <= value <= 599:
        raise MalformedResult
    return value


def _headers(headers: Any) -> Iterable[tuple[str, str]]:
    if not isinstance(headers, dict):
        raise MalformedResult
    for name, value in headers.items():
        lower = name.lower()
        if value is None or lower == "set-cookie":
            continue  # cookies are set by `cookies` only
        yield header_line(name, value)


def header_line(name: str, value: Any) -> tuple[str, str]:
    """A header of a function's response as it is sent. Raises MalformedResult."""
    if _NAME.fullmatch(name) is None:
        raise MalformedResult(f"“{name}” is no name of a header")
    return f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, _checked(value)


def _checked(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise MalformedResult("a header's value is no string")
    text = value if isinstance(value, str) else json.dumps(value)
    if _VALUE.fullmatch(text) is None:
        raise MalformedResult("a header's value has characters that headers cannot have")
    return text


def _body(result: Mapping[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if result.get("isBase64Encoded") is True:
        try:
            return base64.b64decode(body, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise MalformedResult from None
    return _text(body)


def _text(value: Any) -> bytes:
    if not isinstance(value, str):
        value = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    encoded: bytes = value.encode("utf-8", "replace")
    return encoded
