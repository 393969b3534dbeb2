"""Who gets through a function URL, and what a browser is told."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.local.fronts.function_urls import cors
from workbench.local.fronts.function_urls.url_access import is_public, may_be_invoked
from workbench.local.fronts.iam import signed_by
from workbench.local.http.messages import Request


def statement(action: str, principal: object = "*", **conditions: object) -> dict[str, Any]:
    return {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": "arn",
        **({"Condition": conditions} if conditions else {}),
    }


URL, INVOKE = "lambda:InvokeFunctionUrl", "lambda:InvokeFunction"
NONE = {"lambda:FunctionUrlAuthType": "NONE"}
IAM = {"lambda:FunctionUrlAuthType": "AWS_IAM"}
BY_URL = {"lambda:InvokedViaFunctionUrl": "true"}


@pytest.mark.parametrize(
    ("statements", "public", "invoke"),
    [
        ([], False, False),
        ([statement(URL, StringEquals=NONE)], True, False),
        ([statement(INVOKE, Bool=BY_URL)], False, True),
        ([statement(URL, StringEquals=NONE), statement(INVOKE, Bool=BY_URL)], True, True),
        ([statement(URL), statement(INVOKE)], True, True),
        ([statement("lambda:*")], True, True),
        ([statement("*")], True, True),
        ([statement(URL, StringEquals=IAM), statement(INVOKE, Bool=BY_URL)], False, True),
        ([statement(URL, {"AWS": "arn:aws:iam::1:root"}), statement(INVOKE)], False, True),
        ([statement(URL), statement(INVOKE, ArnLike={"AWS:SourceArn": "x"})], True, False),
    ],
)
def test_what_makes_a_url_public(
    statements: list[dict[str, Any]], public: bool, invoke: bool
) -> None:
    assert (is_public(statements), may_be_invoked(statements)) == (public, invoke)


def test_signed_requests_name_their_caller() -> None:
    scope = "AKID/20260101/us-east-1/lambda/aws4_request"
    header = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope.replace('/', '%2F')}"
    for request in (Request("GET", "/", "", {"authorization": header}), Request("GET", "/", query)):
        found = signed_by(request, "lambda")
        assert found is not None and found.access_key == "AKID"
    others = [{}, {"authorization": "Bearer x"}, {"authorization": header.replace("lambda", "s3")}]
    for headers in others:
        assert signed_by(Request("GET", "/", "", headers), "lambda") is None


CONFIG = {
    "AllowOrigins": ["https://a.example", "https://b.example"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["x-one", "x-two"],
    "ExposeHeaders": ["x-three"],
    "AllowCredentials": True,
    "MaxAge": 300,
}
ORIGIN = [
    ("Access-Control-Allow-Origin", "https://b.example"),
    ("Vary", "Origin"),
    ("Access-Control-Allow-Credentials", "true"),
]


def asking(method: str = "GET", origin: str = "https://b.example", **more: str) -> Request:
    return Request(method, "/", "", {"origin": origin, **more})


def test_preflights_are_answered_from_the_configuration() -> None:
    preflight = asking("OPTIONS", **{"access-control-request-method": "POST"})
    response = cors.preflight(CONFIG, preflight)
    assert response is not None and (response.status, response.body) == (200, b"")
    assert list(response.headers)[1:] == [
        *ORIGIN,
        ("Access-Control-Allow-Methods", "GET,POST"),
        ("Access-Control-Allow-Headers", "x-one,x-two"),
        ("Access-Control-Max-Age", "300"),
    ]
    assert cors.preflight(CONFIG, asking("OPTIONS")) is None
    assert cors.preflight(None, preflight) is None
    preflight.headers["origin"] = "https://c.example"
    refused = cors.preflight(CONFIG, preflight)
    assert refused is not None and len(list(refused.headers)) == 1


def test_headers_of_other_responses() -> None:
    expose = ("Access-Control-Expose-Headers", "x-three")
    assert cors.response_headers(CONFIG, asking()) == [*ORIGIN, expose]
    assert cors.response_headers(CONFIG, asking(origin="https://c.example")) == []
    assert cors.response_headers(CONFIG, Request("GET", "/")) == []
    assert cors.response_headers({"AllowOrigins": ["*"]}, asking()) == ORIGIN[:2]
    assert cors.response_headers({"AllowMethods": ["*"]}, asking()) == []
    assert cors.response_headers(None, asking()) == []
