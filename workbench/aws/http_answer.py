"""An answer in the form that front doors turn into an HTTP response: statusCode, headers, body.

The forms are those of API Gateway's proxy integrations (payload format 1.0 and 2.0), function URLs
and load balancers (lambda-facts §8.3), and the prelude of a streamed one (§1.9).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

LARGEST = 6 * 1024 * 1024 + 1024
"""Bytes of a buffered answer, about; what is longer was no proxy answer."""

_SEPARATOR = b"\0" * 8


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a client would get. Headers are (name, value) in the order of the answer.

    `fault` says what is wrong with the answer, so that a front door would not take it as it is.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fault: str = ""

    @property
    def reason(self) -> str:
        """The words of the status: "Not Found"."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    def header(self, name: str) -> str | None:
        """The first value of a header, its name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def media_type(self) -> str:
        """The body's type without parameters; "" when the answer names none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text, in the charset its type names (else UTF-8)."""
        _, _, charset = (self.header("content-type") or "").lower().partition("charset=")
        try:
            return self.body.decode(charset.partition(";")[0].strip(" \"'") or "utf-8", "replace")
        except LookupError:
            return self.body.decode(errors="replace")


def http_answer(payload: bytes) -> HttpAnswer | None:
    """The HTTP response a payload describes, None when it is not of that form."""
    # Most answers are none: without the word there is nothing to parse.
    if b'"statusCode"' not in payload or len(payload) > LARGEST:
        return None
    prelude, separator, streamed = payload.partition(_SEPARATOR)
    try:
        answer: Any = json.loads(prelude)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    status = answer.get("statusCode")
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return None
    body, fault = (streamed, "") if separator else _body(answer)
    return HttpAnswer(status, tuple(_headers(answer)), body, fault)


def _headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    single, multiple = answer.get("headers"), answer.get("multiValueHeaders")
    several = multiple if isinstance(multiple, dict) else {}
    names = {name.lower() for name in several}
    for name, value in (single if isinstance(single, dict) else {}).items():
        if name.lower() not in names and value is not None:
            found.append((name, _word(value)))
    for name, values in several.items():
        found += ((name, _word(value)) for value in (values if isinstance(values, list) else ()))
    cookies = answer.get("cookies")
    found += (
        ("set-cookie", _word(each)) for each in (cookies if isinstance(cookies, list) else ())
    )
    return found


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _body(answer: dict[str, Any]) -> tuple[bytes, str]:
    body = answer.get("body")
    if body is None:
        return b"", ""
    if not isinstance(body, str):
        kind = "an object" if isinstance(body, dict) else "no text"
        return json.dumps(body).encode(), f"body is {kind}: API Gateway wants text (json.dumps it)"
    if not answer.get("isBase64Encoded"):
        return body.encode(errors="surrogatepass"), ""
    try:
        return base64.b64decode(body, validate=False), ""
    except (binascii.Error, ValueError):
        return body.encode(), "isBase64Encoded is true, but body is no base64"
