"""Answers in the form of an HTTP response."""

from __future__ import annotations

import base64
import json

import pytest

from workbench.aws.http_answer import http_answer


def answer(**members: object) -> bytes:
    return json.dumps(members).encode()


def test_status_headers_and_body() -> None:
    found = http_answer(
        answer(
            statusCode=404,
            headers={"Content-Type": "text/html; charset=iso-8859-1", "X-One": "1", "X-None": None},
            multiValueHeaders={"x-one": ["a", "b"]},
            cookies=["c=d"],
            body="<p>ü</p>",
        )
    )
    assert found is not None
    assert (found.status, found.reason, found.media_type) == (404, "Not Found", "text/html")
    assert found.headers[1:] == (("x-one", "a"), ("x-one", "b"), ("set-cookie", "c=d"))
    assert found.body == "<p>ü</p>".encode()


def test_base64_and_its_charset() -> None:
    body = base64.b64encode("ü".encode("latin-1")).decode()
    headers = {"content-type": "text/plain;charset=ISO-8859-1"}
    found = http_answer(answer(statusCode="200", headers=headers, body=body, isBase64Encoded=True))
    assert found is not None
    assert (found.body, found.text, found.fault) == (b"\xfc", "ü", "")
    broken = http_answer(answer(statusCode=200, body="a", isBase64Encoded=True))
    assert broken is not None
    assert "no base64" in broken.fault


def test_a_body_that_is_no_text_is_a_fault() -> None:
    found = http_answer(answer(statusCode=200, body={"a": 1}))
    assert found is not None
    assert found.body == b'{"a": 1}'
    assert "body is an object" in found.fault


def test_the_prelude_of_a_streamed_answer() -> None:
    found = http_answer(answer(statusCode=201, headers={"a": "b"}) + b"\0" * 8 + b"\x89PNG")
    assert found is not None
    assert (found.status, found.body) == (201, b"\x89PNG")


@pytest.mark.parametrize(
    "payload",
    [b'{"a": 1}', b'"statusCode"', b'{"statusCode": "no"}', b'{"statusCode": true}',
     b'{"statusCode": 99}', b'[{"statusCode": 200}]', b'{"statusCode": 200'],
)  # fmt: skip
def test_other_answers_are_none(payload: bytes) -> None:
    assert http_answer(payload) is None
