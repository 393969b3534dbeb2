"""Who may speak to the local Lambda."""

from __future__ import annotations

import pytest

from workbench.local.errors import ApiError
from workbench.local.gate import Caller, Gate
from workbench.local.http.messages import Request

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/lambda/aws4_request, "
    "SignedHeaders=host, Signature=00"
)


def request(path: str = "/", method: str = "GET", query: str = "", **headers: str) -> Request:
    return Request(
        method, path, query, {"host": "127.0.0.1:80", "authorization": SIGNED, **headers}
    )


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:9", "localhost:80", "[::1]:80", "LOCALHOST", "stream-localhost:1", "b.localhost"],
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


def unsigned(path: str, method: str = "GET", query: str = "", **headers: str) -> Request:
    bare = request(path, method, query, **headers)
    del bare.headers["authorization"]
    return bare


def test_answers_of_custom_resources_are_put_without_a_signature() -> None:
    url = "/_workbench/responses/token"
    assert Gate().check(unsigned(url, "PUT")).service == "response"
    for refused in (
        unsigned(url),
        unsigned(url, "POST"),
        unsigned("/_workbench/responses", "PUT"),
        unsigned("/_workbench/shutdown", "PUT"),
        unsigned(url, "PUT", origin="http://evil.example"),
    ):
        with pytest.raises(ApiError):
            Gate().check(refused)


S3_QUERY = "X-Amz-Credential=AKID%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0"
CODE_QUERY = "X-Amz-Credential=WORKBENCH%2F20260101%2Feu-west-1%2Fs3%2Faws4_request"


def test_only_downloads_and_presigned_urls_of_s3_need_no_header() -> None:
    assert Gate().check(unsigned("/code/f/1", query=CODE_QUERY)).service == "code"
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert Gate().check(unsigned("/code/f/1", method, S3_QUERY)).service == "s3"
    assert Gate().check(unsigned("/b/k", query="AWSAccessKeyId=A&Signature=x")).service == "s3"
    form = {"content-type": "multipart/form-data; boundary=x"}
    assert Gate().check(unsigned("/bucket", "POST", **form)).service == "s3"


@pytest.mark.parametrize(
    "refused",
    [
        unsigned("/code/f/1", "POST", CODE_QUERY),
        unsigned("/_workbench/status"),
        unsigned("/_workbench/status", query=S3_QUERY),
        unsigned("/2015-03-31/functions/f/invocations", "POST", S3_QUERY),
        unsigned(
            "/2015-03-31/functions/f/invocations", "POST", S3_QUERY,
            **{"content-type": "multipart/form-data; boundary=x"},
        ),
        unsigned("/", query=S3_QUERY.replace("s3", "sqs")),
        unsigned("/b/k", query=S3_QUERY, **{"sec-fetch-site": "cross-site"}),
        unsigned("/b/k", query=S3_QUERY, **{"sec-fetch-site": "same-site"}),
        unsigned("/b/k", query=S3_QUERY, origin="http://evil.example"),
        unsigned("/b/k", query=S3_QUERY, host="b.evil.example"),
    ],
    ids=lambda request: f"{request.method} {request.path} {request.query[-30:]}",
)  # fmt: skip
def test_a_presigned_query_opens_nothing_else_and_no_page_may_use_it(refused: Request) -> None:
    with pytest.raises(ApiError) as error:
        Gate().check(refused)
    assert error.value.status == 403
