"""Payload format 1.0: what REST APIs send to a function, and HTTP APIs if asked (lambda-facts
§8.3). No I/O."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.local.fronts.client import SOURCE_IP
from workbench.local.fronts.payload_v2 import JSON_TYPE, MalformedResult, header_line

_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})

Pairs = Iterable[tuple[str, str]]


def header_members(headers: Pairs) -> dict[str, Any]:
    """`headers`, in which the last value wins, and `multiValueHeaders`."""
    single, multiple = _maps(headers)
    return {"headers": single, "multiValueHeaders": multiple}


def query_members(pairs: Pairs) -> dict[str, Any]:
    """`queryStringParameters` and `multiValueQueryStringParameters`; null without a query."""
    single, multiple = _maps(pairs)
    return {
        "queryStringParameters": single or None,
        "multiValueQueryStringParameters": multiple or None,
    }


def nobody(user_agent: str | None) -> dict[str, Any]:
    """`requestContext.identity` of a request that nobody signed."""
    return {
        "accessKey": None,
        "accountId": None,
        "caller": None,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": SOURCE_IP,
        "user": None,
        "userAgent": user_agent,
        "userArn": None,
    }


def _maps(pairs: Pairs) -> tuple[dict[str, str], dict[str, list[str]]]:
    single: dict[str, str] = {}
    multiple: dict[str, list[str]] = {}
    for name, value in pairs:
        single[name] = value
        multiple.setdefault(name, []).append(value)
    return single, multiple


def body_members(body: bytes, media_type: str, binary_types: Sequence[str]) -> dict[str, Any]:
    """`body` and `isBase64Encoded` as a REST API sends them: Base64 for its binary media types,
    text for all others, even if that spoils it."""
    if not body:
        return {"body": None, "isBase64Encoded": False}
    if is_binary(media_type, binary_types):
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return {"body": body.decode("utf-8", "replace"), "isBase64Encoded": False}


def is_binary(header: str, binary_types: Sequence[str]) -> bool:
    """Whether the first media type of a Content-Type or Accept header is one of these."""
    if not binary_types:
        return False
    wanted = header.partition(",")[0].partition(";")[0].strip().lower()
    family = wanted.partition("/")[0]
    return any(each in ("*/*", wanted, f"{family}/*") for each in map(str.lower, binary_types))


@dataclass(frozen=True, slots=True)
class Result:
    """A function's result as a response; `body` is still in Base64 if `is_base64` says so."""

    status: int
    headers: list[tuple[str, str]]
    body: str
    is_base64: bool

    def content(self, decode: bool) -> bytes:
        """The body's bytes. Raises MalformedResult when it is no Base64."""
        if self.status in (204, 304):
            return b""
        if not (decode and self.is_base64):
            return self.body.encode("utf-8", "replace")
        try:
            return base64.b64decode(self.body, validate=True)
        except (ValueError, binascii.Error):
            raise MalformedResult("its body is not Base64") from None


def result(payload: bytes, *, strict: bool) -> Result:
    """What a result says. Raises MalformedResult, whose text says why it is none.

    REST APIs (`strict`) refuse members they do not know, and take 200 for a missing statusCode;
    HTTP APIs the other way round.
    """
    try:
        given = json.loads(payload)
    except (ValueError, RecursionError):
        raise MalformedResult("it is not JSON") from None
    if not isinstance(given, dict):
        raise MalformedResult("it is no object with statusCode, headers and body")
    unknown = given.keys() - _MEMBERS
    if strict and unknown:
        raise MalformedResult(f"“{min(unknown)}” is no member that API Gateway knows")
    if not given or ("statusCode" not in given and not strict):
        raise MalformedResult("it has no statusCode")
    status = _status(given.get("statusCode"))
    headers = list(_headers(given.get("headers"), given.get("multiValueHeaders")))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", JSON_TYPE if strict else "text/plain; charset=utf-8"))
    body = given.get("body")
    if body is None:
        body = ""
    elif not isinstance(body, str):
        if strict and isinstance(body, dict | list):
            raise MalformedResult("its body is no string: use json.dumps or JSON.stringify")
        body = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Result(status, headers, body, given.get("isBase64Encoded") is True)


def _status(value: Any) -> int:
    if value is None:
        return 200
    try:
        status = int(value)
    except (TypeError, ValueError, OverflowError):
        raise MalformedResult("its statusCode is no number") from None
    # 1xx are no final answers: a client would wait for one.
    if not 200 <= status <= 599:
        raise MalformedResult(f"{status} is no statusCode from 200 to 599")
    return status


def _headers(single: Any, multiple: Any) -> Iterable[tuple[str, str]]:
    """All header lines; of a name that is in both, those of multiValueHeaders first."""
    if not all(given is None or isinstance(given, dict) for given in (single, multiple)):
        raise MalformedResult("its headers are no object")
    multiple = multiple or {}
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedResult(f"{name} of its multiValueHeaders is no list")
        for value in values:
            yield header_line(name, value)
    taken = {name.lower(): name for name in multiple}
    for name, value in (single or {}).items():
        if value is not None:
            yield header_line(taken.get(name.lower(), name), value)
