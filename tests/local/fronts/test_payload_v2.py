"""Payload format 2.0: the event's parts of a request, and what results stand for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.local.fronts import payload_v2
from workbench.local.fronts.payload_v2 import MalformedResult
from workbench.local.http.messages import Request

JSON = [("Content-Type", "application/json")]


def test_members_of_a_request() -> None:
    request = Request(
        "GET",
        "/pa2%Fth/%C3%A9",
        "q=1&m=foo&m=%2Fbar+x&empty",
        {"cookie": "a=1; b=2;", "accept": "x", "connection": "close", "expect": "100-continue"},
    )
    assert payload_v2.request_members(request, {"x-forwarded-proto": "http"}) == {
        "rawPath": "/pa2%Fth/%C3%A9",
        "rawQueryString": "q=1&m=foo&m=%2Fbar+x&empty",
        "cookies": ["a=1", "b=2"],
        "headers": {"accept": "x", "x-forwarded-proto": "http"},
        "queryStringParameters": {"q": "1", "m": "foo,/bar x", "empty": ""},
    }
    assert payload_v2.request_members(Request("GET", "/"), {}) == {
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {},
    }
    assert payload_v2.time_members(1583348638.39) == {
        "time": "04/Mar/2020:19:03:58 +0000",
        "timeEpoch": 1583348638390,
    }


@pytest.mark.parametrize(
    ("content_type", "body", "members"),
    [
        ("text/plain; charset=utf-8", "é".encode(), {"body": "é", "isBase64Encoded": False}),
        ("application/JSON", b"{}", {"body": "{}", "isBase64Encoded": False}),
        ("application/xml", b"<a/>", {"body": "<a/>", "isBase64Encoded": False}),
        ("text/plain", b"\xff", {"body": "/w==", "isBase64Encoded": True}),
        ("application/x-www-form-urlencoded", b"a=1", {"body": "YT0x", "isBase64Encoded": True}),
        ("multipart/form-data; boundary=x", b"a", {"body": "YQ==", "isBase64Encoded": True}),
        (None, b"a", {"body": "YQ==", "isBase64Encoded": True}),
        ("text/plain", b"", {"isBase64Encoded": False}),
    ],
)
def test_bodies(content_type: str | None, body: bytes, members: dict[str, Any]) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    assert payload_v2.body_members(Request("POST", "/", "", headers, body)) == members


@pytest.mark.parametrize(
    ("result", "status", "body", "headers"),
    [
        # Recorded: anything without a statusCode is the body.
        ({"hello": "world"}, 200, b'{"hello":"world"}', JSON),
        (["hello", 3, True], 200, b'["hello",3,true]', JSON),
        ("hello", 200, b"hello", JSON),
        (3, 200, b"3", JSON),
        (3.1, 200, b"3.1", JSON),
        (True, 200, b"true", JSON),
        (None, 200, b"null", JSON),
        ({"body": "no statusCode"}, 200, b'{"body":"no statusCode"}', JSON),
        ({"statusCode": 200, "body": "body123"}, 200, b"body123", JSON),
        ({"statusCode": "418", "body": "teapot"}, 418, b"teapot", JSON),
        ({"statusCode": 201, "body": {"a": 1}}, 201, b'{"a":1}', JSON),
        ({"statusCode": 204, "body": "dropped"}, 204, b"", JSON),
        ({"statusCode": 200}, 200, b"", JSON),
        ({"statusCode": 200, "headers": None, "body": None}, 200, b"", JSON),
        (
            {"statusCode": 200, "body": "aGk=", "isBase64Encoded": True,
             "headers": {"content-type": "image/png"}},
            200, b"hi", [("content-type", "image/png")],
        ),
        (
            {"statusCode": 302, "cookies": ["a=1", "b=2; Secure"],
             "headers": {"Location": "/x", "X-N": 5, "X-B": True, "Set-Cookie": "lost=1"}},
            302, b"",
            [*JSON, ("Location", "/x"), ("X-N", "5"), ("X-B", "true"),
             ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Secure")],
        ),
        (
            {"statusCode": 200, "headers": {"Content-Length": "99", "Connection": "close"}},
            200, b"",
            [*JSON, ("x-amzn-Remapped-Content-Length", "99"),
             ("x-amzn-Remapped-Connection", "close")],
        ),
    ],
)  # fmt: skip
def test_results(result: object, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
    response = payload_v2.response(json.dumps(result).encode())
    assert (response.status, response.body, list(response.headers)) == (status, body, headers)


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b'{"statusCode": 99}',
        b'{"statusCode": 100}',
        b'{"statusCode": 600}',
        b'{"statusCode": true}',
        b'{"statusCode": "test"}',
        b'{"statusCode": 200, "headers": ["a"]}',
        b'{"statusCode": 200, "headers": {"a b": "c"}}',
        b'{"statusCode": 200, "headers": {"a": "b\\r\\nc: d"}}',
        b'{"statusCode": 200, "headers": {"a": ["b"]}}',
        b'{"statusCode": 200, "cookies": "a=1"}',
        b'{"statusCode": 200, "cookies": ["a\\n"]}',
        b'{"statusCode": 200, "body": "?", "isBase64Encoded": true}',
        b'{"statusCode": 200, "body": 5, "isBase64Encoded": true}',
    ],
)
def test_results_that_are_no_response(payload: bytes) -> None:
    with pytest.raises(MalformedResult):
        payload_v2.response(payload)
