"""HTTP APIs over real sockets: routes, both payload formats, CORS, what fails."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import ACCOUNT
from gateway_lab import Apis, served
from url_lab import fetch

from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.project.history import History

TEMPLATE = """\
    Transform: AWS::Serverless-2016-10-31
    Globals: {Function: {CodeUri: src, Runtime: python3.11, Timeout: 60}}
    Resources:
      Echo:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.echo
          Events:
            Get: {Type: HttpApi, Properties: {Path: "/orders/{id}", Method: get}}
            Any: {Type: HttpApi, Properties: {Path: "/orders/{id}", Method: any}}
            Fixed: {Type: HttpApi, Properties: {Path: /orders/new, Method: get}}
            Rest: {Type: HttpApi, Properties: {Path: "/files/{name+}", Method: get}}
            Old: {Type: HttpApi, Properties: {Path: "/old/{id}", Method: any, PayloadFormatVersion: "1.0"}}
            Named: {Type: HttpApi, Properties: {Path: /a, Method: get, ApiId: !Ref Staged}}
            Fallback: {Type: HttpApi, Properties: {ApiId: !Ref Staged}}
            Signed: {Type: HttpApi, Properties: {Path: /signed, Method: get, Auth: {Authorizer: AWS_IAM}}}
      Says:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.says
          Events:
            New: {Type: HttpApi, Properties: {Path: /says, Method: post}}
            Old: {Type: HttpApi, Properties: {Path: /says-old, Method: post, PayloadFormatVersion: "1.0"}}
            Page: {Type: HttpApi, Properties: {Path: /says, Method: post, ApiId: !Ref Staged}}
      Fail:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.fail
          Events: {E: {Type: HttpApi, Properties: {Path: /fail, Method: get}}}
      Slow:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.slow
          Events: {E: {Type: HttpApi, Properties: {Path: /slow, Method: get, TimeoutInMillis: 50}}}
      Staged:
        Type: AWS::Serverless::HttpApi
        Properties:
          StageName: live
          StageVariables: {colour: blue}
          CorsConfiguration:
            AllowOrigins: ["https://a.example"]
            AllowMethods: [GET, POST]
            AllowHeaders: [x-one]
            ExposeHeaders: [x-two]
            MaxAge: 60
            AllowCredentials: true
    """  # noqa: E501
IMPLICIT = "ServerlessHttpApi"


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apis]:
    with served(tmp_path_factory.mktemp("http"), TEMPLATE) as apis:
        yield apis


def test_an_event_of_payload_format_2(apis: Apis) -> None:
    event = apis.event(
        IMPLICIT, "/orders/a%20b%2Fc?x=1&x=%262&y", User_Agent="me", Cookie="a=1; b=2", X_One="Z"
    )
    host = apis.url(IMPLICIT).removeprefix("http://").rstrip("/")
    context = event["requestContext"]
    assert context.pop("requestId").endswith("=") and len(context.pop("time")) == 26
    assert abs(context.pop("timeEpoch") / 1000 - time.time()) < 60
    trace = event["headers"].pop("x-amzn-trace-id")
    assert trace.startswith("Root=1-")
    assert event == {
        "version": "2.0",
        "routeKey": "GET /orders/{id}",
        "rawPath": "/orders/a b/c",
        "rawQueryString": "x=1&x=%262&y",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "accept-encoding": "identity",
            "content-length": "0",
            "host": host,
            "user-agent": "me",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": host.rpartition(":")[2],
            "x-forwarded-proto": "http",
            "x-one": "Z",
        },
        "queryStringParameters": {"x": "1,&2", "y": ""},
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "serverlesshttpapi",
            "domainName": "serverlesshttpapi.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "serverlesshttpapi",
            "http": {
                "method": "GET",
                "path": "/orders/a b/c",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "me",
            },
            "routeKey": "GET /orders/{id}",
            "stage": "$default",
        },
        "pathParameters": {"id": "a b/c"},
        "isBase64Encoded": False,
    }


def test_an_event_of_payload_format_1(apis: Apis) -> None:
    event = apis.event(IMPLICIT, "/old/7?x=1&x=2", "POST", b"\xff\x00", X_OnE="Z")
    assert (
        event["version"] == "1.0"
        and event["resource"] == event["requestContext"]["resourcePath"] == "/old/{id}"
    )
    assert (event["path"], event["httpMethod"]) == ("/old/7", "POST")
    assert event["headers"]["X-OnE"] == "Z" and event["multiValueHeaders"]["X-OnE"] == ["Z"]
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["pathParameters"] == {"id": "7"} and event["stageVariables"] is None
    assert (event["body"], event["isBase64Encoded"]) == ("/wA=", True)
    assert event["requestContext"]["resourceId"] is None


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/orders/new", "GET /orders/new"),
        ("GET", "/orders/1", "GET /orders/{id}"),
        ("PUT", "/orders/new", "ANY /orders/{id}"),
        ("GET", "/files/a/b", "GET /files/{name+}"),
    ],
)
def test_the_most_specific_route_counts(apis: Apis, method: str, path: str, key: str) -> None:
    assert apis.event(IMPLICIT, path, method)["routeKey"] == key


def test_a_stage_with_a_name_and_a_default_route(apis: Apis) -> None:
    event = apis.event("Staged", "/a")
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/live/a"
    assert (event["routeKey"], event["requestContext"]["stage"]) == ("GET /a", "live")
    assert event["stageVariables"] == {"colour": "blue"} and "pathParameters" not in event
    assert apis.event("Staged", "/else", "PUT")["routeKey"] == "$default"
    url = apis.url("Staged").removesuffix("live/")
    assert fetch(url, "/a").status == 404


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/nothing", 404, "Not Found"),
        ("/orders/", 404, "Not Found"),
        ("/files/", 404, "Not Found"),
        ("/fail", 500, "Internal Server Error"),
        ("/slow", 503, "Service Unavailable"),
        ("/signed", 403, "Forbidden"),
    ],
)
def test_what_fails(apis: Apis, path: str, status: int, message: str) -> None:
    reply = apis.ask(IMPLICIT, path)
    assert (reply.status, reply.body) == (status, f'{{"message":"{message}"}}'.encode())
    assert reply.headers["Content-Type"] == "application/json"


def test_a_signed_request(apis: Apis) -> None:
    scope = "AKID/20260101/us-east-1/execute-api/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
    event = apis.event(IMPLICIT, "/signed", Authorization=signature)
    assert event["requestContext"]["authorizer"]["iam"]["accessKey"] == "AKID"
    other = signature.replace("execute-api", "lambda")
    assert apis.ask(IMPLICIT, "/signed", Authorization=other).status == 403


@pytest.mark.parametrize(
    ("result", "status", "content_type", "body"),
    [
        ({"statusCode": 201, "body": "hi"}, 201, "text/plain; charset=utf-8", b"hi"),
        ({"a": [1, 2]}, 200, "application/json", b'{"a":[1,2]}'),
        ("text", 200, "application/json", b"text"),
        (
            {"statusCode": 200, "headers": {"Content-Type": "x/y"}, "body": "/w==",
             "isBase64Encoded": True},
            200, "x/y", b"\xff",
        ),
        ({"statusCode": "x"}, 500, "application/json", b'{"message":"Internal Server Error"}'),
    ],
)  # fmt: skip
def test_results_of_payload_format_2(
    apis: Apis, result: Any, status: int, content_type: str, body: bytes
) -> None:
    reply = apis.ask(IMPLICIT, "/says", "POST", json.dumps(result), Content_Type="text/plain")
    assert (reply.status, reply.headers["Content-Type"], reply.body) == (status, content_type, body)
    assert reply.headers["apigw-requestid"].endswith("=")


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [
        ({"statusCode": 200, "body": "hi", "other": 1}, 200, b"hi"),
        ({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True}, 200, b"hi"),
        ({"body": "hi"}, 500, b'{"message":"Internal Server Error"}'),
    ],
)
def test_results_of_payload_format_1(apis: Apis, result: Any, status: int, body: bytes) -> None:
    reply = apis.ask(IMPLICIT, "/says-old", "POST", json.dumps(result), Content_Type="text/plain")
    assert (reply.status, reply.body) == (status, body)


def test_a_preflight_is_answered_from_the_configuration(apis: Apis) -> None:
    asked = {"Access_Control_Request_Method": "POST"}
    reply = apis.ask("Staged", "/any/path", "OPTIONS", Origin="https://a.example", **asked)
    assert (reply.status, reply.body) == (204, b"")
    assert {name: reply.headers[f"Access-Control-{name}"] for name in (
        "Allow-Origin", "Allow-Methods", "Allow-Headers", "Max-Age", "Allow-Credentials",
    )} == {
        "Allow-Origin": "https://a.example", "Allow-Methods": "GET,POST", "Allow-Headers": "x-one",
        "Max-Age": "60", "Allow-Credentials": "true",
    }  # fmt: skip
    other = apis.ask("Staged", "/a", "OPTIONS", Origin="https://b.example", **asked)
    assert other.status == 204 and other.headers["Access-Control-Allow-Origin"] is None


def test_the_configuration_replaces_a_functions_cors_headers(apis: Apis) -> None:
    result = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": ""}
    sent = {"Content_Type": "text/plain"}
    reply = apis.ask("Staged", "/says", "POST", json.dumps(result), **sent)
    assert reply.headers.get_all("Access-Control-Allow-Origin") is None
    reply = apis.ask(
        "Staged", "/says", "POST", json.dumps(result), Origin="https://a.example", **sent
    )
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["https://a.example"]
    assert reply.headers["Access-Control-Expose-Headers"] == "x-two"


def test_a_page_under_a_foreign_name_gets_nothing(apis: Apis) -> None:
    reply = apis.ask(IMPLICIT, "/orders/1", Host="evil.example")
    assert reply.status == 403 and b"not this machine" in reply.body


def test_a_change_of_the_template_counts_at_once(tmp_path: Path) -> None:
    with served(tmp_path, TEMPLATE) as apis:
        before = apis.url(IMPLICIT)
        assert apis.ask(IMPLICIT, "/added").status == 404
        template = tmp_path / "template.yaml"
        template.write_text(template.read_text().replace("/orders/new", "/added"))
        limit = time.monotonic() + 20
        while apis.ask(IMPLICIT, "/added").status != 200:
            assert time.monotonic() < limit
        assert apis.url(IMPLICIT) == before
    with served(tmp_path, TEMPLATE) as apis:
        assert apis.url(IMPLICIT) == before


def test_what_fails_is_told_with_its_reason(tmp_path: Path) -> None:
    with served(tmp_path, TEMPLATE) as apis:
        surface = WorkbenchSurface(apis.endpoint.url)
        stop = threading.Event()
        events = surface.events(stop)
        assert next(events).kind == "connected"
        apis.ask(IMPLICIT, "/nothing")
        apis.ask(IMPLICIT, "/fail")
        apis.ask(IMPLICIT, "/says", "POST", '{"statusCode": 418}', Content_Type="text/plain")
        fronts = (event.data for event in events if event.kind == "front")
        told = [next(fronts) for _ in range(3)]
        stop.set()
        events.close()  # type: ignore[attr-defined]
    assert told[0] == {
        "Kind": "HttpApi",
        "Name": IMPLICIT,
        "Method": "GET",
        "Path": "/nothing",
        "Status": 404,
        "FunctionName": None,
        "Reason": "ServerlessHttpApi has no route for GET /nothing.",
    }
    assert (told[1]["Status"], told[1]["FunctionName"]) == (500, "Fail")
    assert told[1]["Reason"] == "Fail failed: no luck"
    assert (told[2]["Status"], told[2]["Reason"]) == (418, "Says answered with status 418.")


def test_the_list_of_front_doors(apis: Apis) -> None:
    fronts = WorkbenchSurface(apis.endpoint.url).fronts()
    staged = next(front for front in fronts if front["Name"] == "Staged")
    assert staged["Kind"] == "HttpApi" and staged["Url"].endswith("/live/")
    assert staged["Routes"][0] == {
        "Method": "GET",
        "Path": "/a",
        "FunctionName": "Echo",
        "Qualifier": None,
        "Authorizer": None,
    }


def test_an_invocation_is_in_the_history_with_its_event(apis: Apis) -> None:
    apis.event(IMPLICIT, "/orders/remembered")
    with contextlib.closing(History(apis.endpoint.state / "history.db")) as history:
        limit = time.monotonic() + 20
        while not any(
            json.loads(history.get(each.id).event).get("rawPath") == "/orders/remembered"
            for each in history.recent("local", "Echo")
        ):
            assert time.monotonic() < limit
