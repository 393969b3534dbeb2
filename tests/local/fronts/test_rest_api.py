"""REST APIs over real sockets: events, the strict rules of results, gateway responses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from endpoint_lab import ACCOUNT
from gateway_lab import Apis, served
from url_lab import fetch

TEMPLATE = """\
    Transform: AWS::Serverless-2016-10-31
    Globals: {Function: {CodeUri: src, Runtime: python3.11, Timeout: 60}}
    Resources:
      Shop:
        Type: AWS::Serverless::Api
        Properties:
          StageName: dev
          Variables: {colour: blue}
          BinaryMediaTypes: [image~1*, application/zip]
          Cors: {AllowOrigin: "'https://a.example'", AllowHeaders: "'x-one'", MaxAge: "'60'"}
          Models:
            Item: {type: object, required: [sku], properties: {sku: {type: string}}}
            Cart: {type: object, required: [items],
                   properties: {items: {type: array, items: {$ref: "#/definitions/Item"}}}}
      Refused:
        Type: AWS::ApiGateway::GatewayResponse
        Properties:
          RestApiId: !Ref ServerlessRestApi
          ResponseType: DEFAULT_4XX
          ResponseParameters: {gatewayresponse.header.X-Why: "'so'"}
      Site:
        Type: AWS::Serverless::Api
        Properties:
          StageName: dev
          GatewayResponses:
            DEFAULT_4XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}
            INVALID_API_KEY:
              StatusCode: 418
              ResponseParameters:
                Headers: {X-Asked: method.request.header.X-One, X-Two: method.request.header.X-Two}
              ResponseTemplates:
                text/plain: $context.error.messageString ${context.stage} $context.none
      Echo:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.echo
          Events:
            Site: {Type: Api, Properties: {Path: /key, Method: get, RestApiId: !Ref Site, Auth: {ApiKeyRequired: true}}}
            Proxy: {Type: Api, Properties: {Path: "/{proxy+}", Method: any}}
            Order: {Type: Api, Properties: {Path: "/orders/{id}", Method: get, RestApiId: !Ref Shop}}
            Put: {Type: Api, Properties: {Path: "/orders/{id}", Method: put, RestApiId: !Ref Shop}}
            Cart:
              Type: Api
              Properties:
                Path: /cart
                Method: post
                RestApiId: !Ref Shop
                RequestModel: {Model: Cart, ValidateBody: true, ValidateParameters: true}
                RequestParameters:
                  - method.request.header.X-Shop: {Required: true}
                  - method.request.querystring.page: {Required: true}
                  - method.request.querystring.size
            Key: {Type: Api, Properties: {Path: /key, Method: get, RestApiId: !Ref Shop, Auth: {ApiKeyRequired: true}}}
            Signed: {Type: Api, Properties: {Path: /signed, Method: get, RestApiId: !Ref Shop, Auth: {Authorizer: AWS_IAM}}}
      Says:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.says
          Events: {E: {Type: Api, Properties: {Path: /says, Method: post, RestApiId: !Ref Shop}}}
      Fail:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.fail
          Events: {E: {Type: Api, Properties: {Path: /fail, Method: get, RestApiId: !Ref Shop}}}
      Slow:
        Type: AWS::Serverless::Function
        Properties:
          Handler: app.slow
          Events: {E: {Type: Api, Properties: {Path: /slow, Method: get, RestApiId: !Ref Shop, TimeoutInMillis: 50}}}
    """  # noqa: E501
PROXY = "ServerlessRestApi"
NO_TOKEN = '{"message":"Missing Authentication Token"}'


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apis]:
    with served(tmp_path_factory.mktemp("rest"), TEMPLATE) as apis:
        yield apis


def test_an_event(apis: Apis) -> None:
    event = apis.event("Shop", "/orders/a%20b/?x=1&x=2", "PUT", "text", tEsT="vAl", user_agent="me")
    context = event["requestContext"]
    host = apis.url("Shop").removeprefix("http://").partition("/")[0]
    assert event["headers"].pop("X-Amzn-Trace-Id").startswith("Root=1-")
    assert event["headers"] == {
        "Accept-Encoding": "identity",
        "Host": host,
        "User-Agent": "me",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Port": host.rpartition(":")[2],
        "X-Forwarded-Proto": "http",
        "tEsT": "vAl",
    }
    assert event["multiValueHeaders"]["tEsT"] == ["vAl"]
    assert (event["resource"], event["path"]) == ("/orders/{id}", "/orders/a%20b/")
    assert event["pathParameters"] == {"id": "a%20b"}
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["stageVariables"] == {"colour": "blue"}
    assert (event["body"], event["isBase64Encoded"]) == ("text", False)
    assert context["path"] == "/dev/orders/a%20b/" and context["stage"] == "dev"
    assert context["accountId"] == ACCOUNT and context["resourcePath"] == "/orders/{id}"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userAgent"] == "me" and context["identity"]["caller"] is None
    assert "authorizer" not in context


@pytest.mark.parametrize(
    ("path", "seen", "proxy", "whole"),
    [
        ("/Prod/proxy-value/", "/proxy-value/", "proxy-value", "/Prod/proxy-value/"),
        ("/Prod/a//b", "/a//b", "a//b", "/Prod/a//b"),
        ("//Prod/a", "/a", "a", "/Prod/a"),
        ("/Prod//a", "/a", "a", "/Prod//a"),
    ],
)
def test_slashes(apis: Apis, path: str, seen: str, proxy: str, whole: str) -> None:
    url = apis.url(PROXY).removesuffix("/Prod/")
    event = json.loads(fetch(url, path).body)
    assert (event["path"], event["pathParameters"]) == (seen, {"proxy": proxy})
    assert event["requestContext"]["path"] == whole


def test_absent_members_are_null(apis: Apis) -> None:
    event = apis.event(PROXY, "/x")
    for name in ("body", "queryStringParameters", "multiValueQueryStringParameters"):
        assert event[name] is None
    assert event["stageVariables"] is None


def test_binary_media_types(apis: Apis) -> None:
    sent = apis.event("Shop", "/orders/1", "PUT", b"\xff", Content_Type="image/png")
    assert (sent["body"], sent["isBase64Encoded"]) == ("/w==", True)
    spoilt = apis.event("Shop", "/orders/1", "PUT", b"\xff", Content_Type="audio/ogg")
    assert (spoilt["body"], spoilt["isBase64Encoded"]) == ("�", False)
    result = json.dumps({"statusCode": 200, "body": "/w==", "isBase64Encoded": True})
    assert apis.ask("Shop", "/says", "POST", result, Accept="image/webp,*/*").body == b"\xff"
    assert apis.ask("Shop", "/says", "POST", result, Accept="text/html").body == b"/w=="


@pytest.mark.parametrize(
    ("path", "status", "body", "error"),
    [
        ("/none", 403, NO_TOKEN, "MissingAuthenticationToken"),
        ("/key", 403, '{"message":"Forbidden"}', "Forbidden"),
        ("/signed", 403, NO_TOKEN, "MissingAuthenticationToken"),
        ("/fail", 502, '{"message": "Internal server error"}', "InternalServerError"),
        ("/slow", 504, '{"message": "Endpoint request timed out"}', "InternalServerError"),
    ],
)  # fmt: skip
def test_gateway_responses(apis: Apis, path: str, status: int, body: str, error: str) -> None:
    reply = apis.ask("Shop", path)
    assert (reply.status, reply.body.decode()) == (status, body)
    assert reply.headers["x-amzn-ErrorType"] == f"{error}Exception"
    assert len(reply.headers["x-amzn-RequestId"]) == 36
    assert reply.headers["x-amz-apigw-id"].endswith("=")


def test_gateway_responses_of_the_template(apis: Apis) -> None:
    reply = apis.ask("Site", "/nowhere")
    assert (reply.status, reply.body.decode()) == (403, NO_TOKEN)
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert apis.ask(PROXY, "/").headers["X-Why"] == "so"
    reply = apis.ask("Site", "/key", X_One="1")
    assert (reply.status, reply.body) == (418, b'"Forbidden" dev $context.none')
    assert reply.headers["Content-Type"] == "text/plain" and reply.headers["X-Asked"] == "1"
    assert {"X-Two", "Access-Control-Allow-Origin"}.isdisjoint(reply.headers)


def test_another_stage_is_forbidden(apis: Apis) -> None:
    reply = fetch(apis.url("Shop").removesuffix("dev/"), "/prod/orders/1")
    assert (reply.status, reply.body) == (403, b'{"message":"Forbidden"}')
    assert reply.headers["x-amzn-ErrorType"] == "ForbiddenException"


def test_an_api_key_and_a_signature_reach_the_function(apis: Apis) -> None:
    event = apis.event("Shop", "/key", X_Api_Key="secret")
    assert event["requestContext"]["identity"]["apiKey"] == "secret"
    scope = "AKID/20260101/us-east-1/execute-api/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
    identity = apis.event("Shop", "/signed", Authorization=signature)["requestContext"]["identity"]
    assert identity["accessKey"] == "AKID" and identity["accountId"] == ACCOUNT


def test_requests_are_validated(apis: Apis) -> None:
    def cart(path: str, body: str, **headers: str) -> tuple[int, str]:
        reply = apis.ask("Shop", path, "POST", body, **headers)
        if reply.status == 400:
            assert reply.headers["x-amzn-ErrorType"] == "BadRequestException"
        return reply.status, reply.body.decode()

    good = '{"items": [{"sku": "a"}]}'
    missing = '{"message": "Missing required request parameters: [X-Shop, page]"}'
    assert cart("/cart?page=", good) == (400, missing)
    assert cart("/cart?page=1", good, x_shop="me")[0] == 200
    invalid = (400, '{"message": "Invalid request body"}')
    for body in ('{"items": [{}]}', '{"items": 1}', "{", "", "[]"):
        assert cart("/cart?page=1", body, x_shop="me") == invalid
    # A type without a model is not validated.
    assert cart("/cart?page=1", "text", x_shop="me", Content_Type="text/plain")[0] == 200


MALFORMED = (502, b'{"message": "Internal server error"}', {})


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"statusCode": 200, "other": 1}, MALFORMED),
        ({}, MALFORMED),
        ("text", MALFORMED),
        ({"statusCode": "test"}, MALFORMED),
        ({"statusCode": 200, "multiValueHeaders": {"a": "b"}}, MALFORMED),
        ({"statusCode": 200, "body": {"a": 1}}, MALFORMED),
        ({"statusCode": "201"}, (201, b"", {"Content-Type": ["application/json"]})),
        ({"headers": {"a": "b"}}, (200, b"", {"a": ["b"]})),
        ({"statusCode": 200, "headers": None}, (200, b"", {})),
        ({"statusCode": 200, "headers": {"a": True}}, (200, b"", {"a": ["true"]})),
        (
            {"headers": {"a-B": "solo"}, "multiValueHeaders": {"A-b": ["multi"]}},
            (200, b"", {"A-b": ["multi", "solo"]}),
        ),
        ({"statusCode": 200, "body": "dGVzdA==", "isBase64Encoded": True}, (200, b"dGVzdA==", {})),
    ],
)  # fmt: skip
def test_results(
    apis: Apis, result: Any, expected: tuple[int, bytes, dict[str, list[str]]]
) -> None:
    reply = apis.ask("Shop", "/says", "POST", json.dumps(result), Accept="text/html")
    assert (reply.status, reply.body) == expected[:2]
    for name, values in expected[2].items():
        assert reply.headers.get_all(name) == values


def test_the_options_methods_that_sam_adds_for_cors(apis: Apis) -> None:
    reply = apis.ask("Shop", "/orders/1", "OPTIONS", Origin="https://b.example")
    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert reply.headers["Access-Control-Allow-Methods"] == "GET,OPTIONS,PUT"
    assert reply.headers["Access-Control-Allow-Headers"] == "x-one"
    assert reply.headers["Access-Control-Max-Age"] == "60"
    # The functions' own answers have what the functions say.
    assert apis.ask("Shop", "/orders/1").headers["Access-Control-Allow-Origin"] is None


def test_an_event_too_large_for_lambda(apis: Apis) -> None:
    reply = apis.ask("Shop", "/orders/1", "PUT", b"x" * 7_000_000)
    assert (reply.status, reply.body) == (413, b'{"message":"Request Too Long"}')


def test_a_throttled_function(apis: Apis) -> None:
    client = apis.endpoint.client()
    client.put_function_concurrency(FunctionName="Fail", ReservedConcurrentExecutions=0)
    try:
        reply = apis.ask("Shop", "/fail")
    finally:
        client.delete_function_concurrency(FunctionName="Fail")
    assert (reply.status, reply.body) == (500, b'{"message": "Internal server error"}')
    assert reply.headers["x-amzn-ErrorType"] == "InternalServerErrorException"
