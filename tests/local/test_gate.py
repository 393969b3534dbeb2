"""Who may speak to the local Lambda."""

from __future__ import annotations

import pytest

from workbench.local.errors import ApiError
from workbench.local.gate import Caller, Gate
from workbench.local.http import Request

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/lambda/aws4_request, "
    "SignedHeaders=host, Signature=00"
)


def request(path: str = "/", method: str = "GET", **headers: str) -> Request:
    return Request(method, path, "", {"host": "127.0.0.1:80", "authorization": SIGNED, **headers})


@pytest.mark.parametrize(
    "host", ["127.0.0.1:9", "localhost:80", "[::1]:80", "LOCALHOST", "stream-localhost:1"]
)
def test_this_machine_may(host: str) -> None:
    assert Gate().check(request(host=host)) == Caller("AKID", "eu-west-1", "lambda")
    assert Gate().check(request(host=host, origin=f"http://{host}")).service == "lambda"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"host": "evil.example"}, "AccessDeniedException"),
        ({"host": "127.0.0.1.evil.example"}, "AccessDeniedException"),
        ({"host": ""}, "AccessDeniedException"),
        ({"origin": "http://evil.example"}, "AccessDeniedException"),
        ({"origin": "null"}, "AccessDeniedException"),
        ({"origin": "http://127.0.0.1:81"}, "AccessDeniedException"),
        ({"authorization": ""}, "MissingAuthenticationTokenException"),
        ({"authorization": "Bearer x"}, "IncompleteSignatureException"),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=a/b"}, "IncompleteSignatureException"),
    ],
)
def test_others_may_not(headers: dict[str, str], code: str) -> None:
    with pytest.raises(ApiError) as refused:
        Gate().check(request(**headers))
    assert (refused.value.code, refused.value.status) == (code, 403)


def test_only_downloads_need_no_header() -> None:
    assert Gate().check(request("/code/f/1", authorization="")).service == "code"
    for path, method in (("/code/f/1", "POST"), ("/_workbench/status", "GET")):
        with pytest.raises(ApiError):
            Gate().check(request(path, method, authorization=""))
