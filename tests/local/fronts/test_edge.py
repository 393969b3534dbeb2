"""Lambda@Edge around a real origin: events, changes, generated responses, what is refused."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from gateway_lab import Apis
from url_lab import Reply, fetch

from workbench.project.front_doors.distributions import parse_distribution

APP = """
import base64, json

def cf(event):
    return event["Records"][0]["cf"]

def viewer_request(event, context):
    "Does what the header x-do says; it is JSON."
    request = cf(event)["request"]
    do = json.loads(request["headers"].get("x-do", [{"value": "{}"}])[0]["value"])
    if "crash" in do:
        raise ValueError("no luck")
    if "answer" in do:
        answer = do["answer"]
        if "times" in do:
            answer["body"] *= do["times"]
        return answer
    if "measure" in do:
        body = request["body"]
        measured = [len(base64.b64decode(body["data"])), body["inputTruncated"]]
        return {"status": "200", "body": json.dumps(measured)}
    if "show" in do:
        return {"status": "200", "body": json.dumps(event)}
    request["headers"].update(do.get("headers", {}))
    for name in do.get("remove", ()):
        del request["headers"][name]
    if "replace" in do:
        request["body"].update(do["replace"])
    request.update(do.get("request", {}))
    return request

def origin_request(event, context):
    request = cf(event)["request"]
    if request["uri"] == "/generated":
        return {"status": 203, "headers": {"x-made": [{"value": "here"}]}, "body": "aGk=",
                "bodyEncoding": "base64"}
    if request["uri"] == "/elsewhere":
        request["origin"]["custom"].update(path="/other", customHeaders={
            "x-custom": [{"value": "yes"}]})
    request["headers"]["x-event"] = [{"key": "X-Event", "value": json.dumps(event)}]
    return request

def to_bucket(event, context):
    request = cf(event)["request"]
    if "show" in request["querystring"]:
        return {"status": "200", "body": json.dumps(request["origin"])}
    request["uri"] = request["uri"].removeprefix("/pages")
    return request

def origin_response(event, context):
    response = cf(event)["response"]
    if response["status"] == "404":
        return {"status": "200", "statusDescription": "OK", "headers": response["headers"],
                "body": "instead"}
    response["headers"]["x-origin-response"] = [{"key": "X-Origin-Response", "value": "seen"}]
    return response

def viewer_response(event, context):
    response = cf(event)["response"]
    if cf(event)["request"]["querystring"] == "forbidden":
        response["status"] = "201"
    if cf(event)["request"]["querystring"] == "via":
        del response["headers"]["via"]
    response["headers"]["strict-transport-security"] = [{"value": "max-age=1"}]
    return response
"""

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: src, Runtime: python3.11}}
Resources:
  ViewerRequest: {Type: AWS::Serverless::Function, Properties: {Handler: app.viewer_request}}
  OriginRequest: {Type: AWS::Serverless::Function, Properties: {Handler: app.origin_request}}
  OriginResponse: {Type: AWS::Serverless::Function, Properties: {Handler: app.origin_response}}
  ViewerResponse: {Type: AWS::Serverless::Function, Properties: {Handler: app.viewer_response}}
  ToBucket:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.to_bucket, AutoPublishAlias: live}
  Pages: {Type: AWS::S3::Bucket, Properties: {BucketName: pages}}
  ViewerResponseVersion:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref ViewerResponse}
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - Id: web
            DomainName: 127.0.0.1
            OriginPath: /site
            CustomOriginConfig: {HTTPPort: %d, OriginProtocolPolicy: http-only}
            OriginCustomHeaders: [{HeaderName: X-Secret, HeaderValue: hush}]
          - Id: nobody
            DomainName: 127.0.0.1
            CustomOriginConfig: {HTTPPort: 1, OriginProtocolPolicy: http-only}
          - Id: bucket
            DomainName: !GetAtt Pages.RegionalDomainName
            OriginPath: /site
            S3OriginConfig: {OriginAccessIdentity: origin-access-identity/cloudfront/E1}
        CacheBehaviors:
          - {PathPattern: plain/*, TargetOriginId: web}
          - {PathPattern: /away, TargetOriginId: nobody}
          - PathPattern: /pages/*
            TargetOriginId: bucket
            LambdaFunctionAssociations:
              - {EventType: origin-request, LambdaFunctionARN: !Ref ToBucket.Version}
        DefaultCacheBehavior:
          TargetOriginId: web
          LambdaFunctionAssociations:
            - EventType: viewer-request
              LambdaFunctionARN: !Sub "${ViewerRequest.Arn}:1"
              IncludeBody: true
            - {EventType: origin-request, LambdaFunctionARN: !Sub "${OriginRequest.Arn}:1"}
            - {EventType: origin-response, LambdaFunctionARN: !Sub "${OriginResponse.Arn}:1"}
            - {EventType: viewer-response, LambdaFunctionARN: !Ref ViewerResponseVersion}
"""


class Origin(http.server.BaseHTTPRequestHandler):
    """Answers with what it got."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        status = 404 if "missing" in self.path else 500 if "broken" in self.path else 200
        document = {
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": self.rfile.read(length).decode(),
        }
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


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
    (root / "src").mkdir()
    (root / "src" / "app.py").write_text(APP)
    (root / "template.yaml").write_text(TEMPLATE % origin)
    with local_lambda(root, project=root) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def url(edge: LocalEndpoint) -> str:
    return Apis(edge, edge.state).url("Site")


def does(url: str, path: str = "/", method: str = "GET", body: Any = None, **do: Any) -> Reply:
    """A request of which the function of viewer-request does something."""
    return fetch(url, path, method, body, X_Do=json.dumps(do))


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
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text(APP)
    (tmp_path / "template.yaml").write_text(TEMPLATE.partition("  ViewerResponseVersion")[0])
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
