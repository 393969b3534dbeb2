"""Lambda@Edge around a real origin: events, changes, generated responses, what is refused."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from edge_lab import Origin, does, write_project
from endpoint_lab import LocalEndpoint, local_lambda
from gateway_lab import Apis
from url_lab import fetch

from workbench.project.front_doors.distributions import parse_distribution


@pytest.fixture(scope="module")
def origin() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, origin: int) -> Iterator[LocalEndpoint]:
    root = tmp_path_factory.mktemp("edge")
    write_project(root, origin)
    with local_lambda(root, project=root) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def url(edge: LocalEndpoint) -> str:
    return Apis(edge, edge.state).url("Site")


def test_the_way_through_all_four_events(url: str, origin: int) -> None:
    reply = fetch(url, "/a/b?x=1", "POST", b"hello", X_Mine="me", X_Real_IP="no")
    assert reply.status == 200
    assert reply.headers["X-Cache"] == "Miss from cloudfront"
    assert reply.headers["X-Origin-Response"] == "seen"
    assert reply.headers["Strict-Transport-Security"] == "max-age=1"
    assert reply.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    seen = json.loads(reply.body)
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/site/a/b?x=1", "hello")
    got = dict(seen["headers"])
    assert got["host"] == f"127.0.0.1:{origin}"
    assert got["x-mine"] == "me" and got["x-secret"] == "hush" and "x-real-ip" not in got
    assert got["x-forwarded-for"] == "127.0.0.1"
    cf = json.loads(got["x-event"])["Records"][0]["cf"]
    config = cf["config"]
    assert config["eventType"] == "origin-request"
    assert config["distributionDomainName"].endswith(".cloudfront.net")
    assert config["distributionId"].startswith("E") and config["requestId"].endswith("==")
    assert cf["request"]["origin"] == {
        "custom": {
            "customHeaders": {"x-secret": [{"key": "X-Secret", "value": "hush"}]},
            "domainName": "127.0.0.1",
            "keepaliveTimeout": 5,
            "path": "/site",
            "port": origin,
            "protocol": "http",
            "readTimeout": 30,
            "sslProtocols": ["TLSv1.2"],
        }
    }
    assert "body" not in cf["request"]


def test_what_viewer_request_sees(url: str) -> None:
    reply = does(url, "/x%20y?a=%2F", "POST", b"hello", show=True)
    cf = json.loads(reply.body)["Records"][0]["cf"]
    request = cf["request"]
    assert cf["config"]["eventType"] == "viewer-request"
    assert request["headers"].pop("x-do") and request["headers"].pop("accept-encoding")
    host = url.removeprefix("http://").rstrip("/")
    assert request == {
        "clientIp": "127.0.0.1",
        "headers": {
            "content-length": [{"key": "Content-Length", "value": "5"}],
            "host": [{"key": "Host", "value": host}],
        },
        "method": "POST",
        "querystring": "a=%2F",
        "uri": "/x%20y",
        "body": {
            "action": "read-only",
            "data": "aGVsbG8=",
            "encoding": "base64",
            "inputTruncated": False,
        },
    }
    assert reply.headers["X-Cache"] == "LambdaGeneratedResponse from cloudfront"
    assert reply.headers["Strict-Transport-Security"] is None


def test_bodies_are_cut_for_functions_only(url: str) -> None:
    body = b"x" * 50_000
    assert json.loads(does(url, "/", "POST", body, measure=True).body) == [40 * 1024, True]
    assert json.loads(does(url, "/", "POST", body).body)["body"] == body.decode()


def test_requests_are_changed(url: str) -> None:
    reply = does(
        url, "/", "POST", b"old",
        request={"uri": "/new", "querystring": "q=1"},
        headers={"x-new": [{"value": "1"}, {"value": "2"}]},
        replace={"action": "replace", "encoding": "text", "data": "brand new"},
    )  # fmt: skip
    seen = json.loads(reply.body)
    assert (seen["path"], seen["body"]) == ("/site/new?q=1", "brand new")
    assert [value for name, value in seen["headers"] if name == "x-new"] == ["1", "2"]


def test_the_origin_may_be_another(url: str) -> None:
    seen = json.loads(fetch(url, "/elsewhere").body)
    assert seen["path"] == "/other/elsewhere"
    assert dict(seen["headers"])["x-custom"] == "yes"


def test_responses_are_generated(url: str) -> None:
    redirect = {
        "status": "301",
        "statusDescription": "Moved",
        "headers": {"location": [{"value": "https://there"}], "set-cookie": [{"value": "a"}]},
    }
    reply = does(url, answer=redirect)
    assert (reply.status, reply.headers["Location"], reply.body) == (301, "https://there", b"")
    reply = fetch(url, "/generated")
    assert (reply.status, reply.body, reply.headers["X-Made"]) == (203, b"hi", "here")
    assert reply.headers["Strict-Transport-Security"] == "max-age=1"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "99"},
        {"status": 600},
        {"status": "two"},
        {"status": "204", "body": "something"},
        {"status": "200", "body": 1},
        {"status": "200", "body": "*", "bodyEncoding": "base64"},
        {"status": "200", "body": "", "bodyEncoding": "gzip"},
        {"status": "200", "headers": {"X-Upper": [{"value": "1"}]}},
        {"status": "200", "headers": {"x-edge-location": [{"value": "1"}]}},
        {"status": "200", "headers": {"connection": [{"value": "close"}]}},
        {"status": "200", "headers": {"x-a": "1"}},
        {"status": "200", "headers": {"x-a": [{"value": 1}]}},
        {"status": "200", "headers": {"x-a": [{"key": "X-B", "value": "1"}]}},
        {"status": "200", "headers": {"x-a": [{"value": "a\nb"}]}},
        {"uri": "/"},
        {},
        [],
        "text",
    ],
)
def test_invalid_results_are_bad_gateways(url: str, answer: Any) -> None:
    reply = does(url, answer=answer)
    assert reply.status == 502
    assert reply.headers["X-Cache"] == "LambdaValidationError from cloudfront"
    assert b"The Lambda function result failed validation" in reply.body


@pytest.mark.parametrize(
    "do",
    [
        {"headers": {"host": [{"value": "another"}]}},
        {"headers": {"via": [{"value": "me"}]}},
        {"remove": ["host"]},
        {"headers": {"x-cache": [{"value": "hit"}]}},
        {"request": {"uri": "no-slash"}},
        {"request": {"uri": "/with space"}},
        {"request": {"querystring": "a\nb"}},
        {"request": {"method": "PUT"}},
        {"request": {"clientIp": "10.0.0.1"}},
        {"replace": {"action": "replace", "encoding": "text", "data": 7}},
    ],
)
def test_what_is_read_only_stays(url: str, do: dict[str, Any]) -> None:
    assert does(url, **do).status == 502


def test_the_size_of_a_generated_response(url: str) -> None:
    answer = {"status": "200", "body": "x"}
    assert does(url, answer=answer, times=40 * 1024).status == 200
    assert does(url, answer=answer, times=40 * 1024 + 1).status == 502


def test_responses_are_changed(url: str) -> None:
    reply = fetch(url, "/missing")
    assert (reply.status, reply.body) == (200, b"instead")
    assert reply.headers["Strict-Transport-Security"] is None  # the origin's was a 404
    reply = fetch(url, "/broken")
    assert (reply.status, reply.headers["X-Cache"]) == (500, "Error from cloudfront")
    assert fetch(url, "/?forbidden").status == 502
    assert fetch(url, "/?via").status == 502


def test_functions_that_fail_are_unavailable(url: str) -> None:
    reply = does(url, crash=True)
    assert reply.status == 503
    assert reply.headers["X-Cache"] == "LambdaExecutionError from cloudfront"
    assert b"no luck" not in reply.body


def test_behaviors_are_chosen_by_path(url: str) -> None:
    assert fetch(url, "/plain/x").headers["X-Origin-Response"] is None
    assert fetch(url, "/away").status == 502


def test_an_origin_may_be_a_bucket(edge: LocalEndpoint, url: str) -> None:
    s3 = edge.client("s3")
    s3.put_object(Bucket="pages", Key="site/a b.html", Body=b"<p>", ContentType="text/html")
    reply = fetch(url, "/pages/a%20b.html?acl", Range="bytes=1-", Authorization="Bearer of-mine")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (206, b"p>", "text/html")
    assert fetch(url, "/pages/nothing").status == 404
    assert fetch(url, "/pages/new", "PUT", b"x").status == 403
    assert json.loads(fetch(url, "/pages/?show").body) == {
        "s3": {
            "authMethod": "origin-access-identity",
            "customHeaders": {},
            "domainName": "pages.s3.us-east-1.amazonaws.com",
            "path": "/site",
            "region": "us-east-1",
        }
    }


def test_a_distribution_of_the_command_line(tmp_path: Path, origin: int) -> None:
    write_project(tmp_path)
    site = parse_distribution(f"http://127.0.0.1:{origin}/base viewer-response=ViewerResponse")
    with local_lambda(tmp_path, project=tmp_path, fronts=(site,)) as endpoint:
        reply = fetch(Apis(endpoint, tmp_path).url("edge-ViewerResponse"), "/x")
    assert json.loads(reply.body)["path"] == "/base/x"
    assert reply.headers["Strict-Transport-Security"] == "max-age=1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://x viewer-request=F",
        "http://x",
        "http://x viewer=F",
        "http://x:y viewer-request=F",
        "s3:// viewer-request=F",
    ],
)
def test_what_is_no_distribution(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_distribution(text)
