"""Application Load Balancers over real sockets: rules, events, answers, health checks."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import LocalEndpoint, local_lambda
from gateway_lab import Apis
from sources_lab import until
from url_lab import Reply, fetch

from workbench.local.fronts.load_balancers.alb_health import matches
from workbench.project.front_doors.load_balancers import parse_load_balancer

APP = """
import json, os

def echo(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"},
            "body": json.dumps(event)}

def multi(event, context):
    return {"statusCode": 201, "statusDescription": "201 Created",
            "headers": {"X-Ignored": "yes"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": json.dumps(event)}

def says(event, context):
    answer = json.loads(event["body"])
    if "times" in answer:
        answer["body"] *= answer.pop("times")
    return answer

def fail(event, context):
    raise ValueError("no luck")

def health(event, context):
    with open(os.environ["CHECKED"], "a") as file:
        file.write(json.dumps(event) + chr(10))
    return {"statusCode": 500 if os.path.exists(os.environ["CHECKED"] + ".sick") else 204}
"""

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {CodeUri: src, Runtime: python3.11, Environment: {Variables: {CHECKED: %s}}}
Resources:
  Echo: {Type: AWS::Serverless::Function, Properties: {Handler: app.echo}}
  Multi: {Type: AWS::Serverless::Function, Properties: {Handler: app.multi}}
  Says: {Type: AWS::Serverless::Function, Properties: {Handler: app.says}}
  Fail: {Type: AWS::Serverless::Function, Properties: {Handler: app.fail}}
  Health: {Type: AWS::Serverless::Function, Properties: {Handler: app.health}}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: application}}
  Web:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref EchoGroup}]
"""
GROUP = """
  {function}Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      TargetType: lambda
      Targets: [{{Id: !GetAtt {function}.Arn}}]
{more}
  {function}Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !GetAtt {function}.Arn
      Action: lambda:InvokeFunction
      Principal: elasticloadbalancing.amazonaws.com
"""
MULTI = "      TargetGroupAttributes: [{Key: lambda.multi_value_headers.enabled, Value: true}]"
CHECKED = """      HealthCheckEnabled: true
      HealthCheckIntervalSeconds: 1
      UnhealthyThresholdCount: 1
      HealthCheckPath: /health?deep=1
      Matcher: {HttpCode: 200-299}"""
RULE = """
  Rule{priority}:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Web
      Priority: {priority}
      Conditions: {conditions}
      Actions: [{action}]
"""
RULES = (
    (50, '[{Field: path-pattern, Values: ["/multi/*"]}]', "Multi"),
    (20, '[{Field: path-pattern, PathPatternConfig: {Values: ["/says", "/say?"]}}]', "Says"),
    (30, "[{Field: path-pattern, Values: [/fail]}]", "Fail"),
    (40, '[{Field: host-header, Values: ["LOCAL*"]}, {Field: path-pattern, Values: [/host]}]',
     "{Type: fixed-response, FixedResponseConfig: {StatusCode: 418, MessageBody: by host}}"),
    (41, "[{Field: query-string, QueryStringConfig: {Values: [{Key: v, Value: 2*}]}}]",
     "{Type: fixed-response, FixedResponseConfig: {StatusCode: 200, MessageBody: two}}"),
    (42, "[{Field: http-header, HttpHeaderConfig: {HttpHeaderName: X-Beta, Values: [yes-*]}}, "
     "{Field: http-request-method, HttpRequestMethodConfig: {Values: [PUT]}}, "
     "{Field: source-ip, SourceIpConfig: {Values: [127.0.0.0/8]}}]",
     "{Type: fixed-response, FixedResponseConfig: {StatusCode: 200, MessageBody: beta}}"),
    (43, "[{Field: path-pattern, Values: [/old]}]",
     '{Type: redirect, RedirectConfig: {StatusCode: HTTP_302, Path: "/new#{path}"}}'),
    (44, "[{Field: path-pattern, Values: [/health]}]", "Health"),
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("balanced")
    (root / "src").mkdir()
    (root / "src" / "app.py").write_text(APP)
    text = TEMPLATE % (root / "checked")
    for function in ("Echo", "Multi", "Says", "Fail", "Health"):
        more = {"Multi": MULTI, "Health": CHECKED}.get(function, "")
        text += GROUP.format(function=function, more=more)
    for priority, conditions, action in RULES:
        if not action.startswith("{"):
            action = f"{{Type: forward, TargetGroupArn: !Ref {action}Group}}"
        text += RULE.format(priority=priority, conditions=conditions, action=action)
    (root / "template.yaml").write_text(text)
    return root


@pytest.fixture(scope="module")
def balanced(root: Path) -> Iterator[LocalEndpoint]:
    with local_lambda(root, project=root) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def url(balanced: LocalEndpoint, root: Path) -> str:
    return Apis(balanced, root).url("Web")


def says(url: str, **result: Any) -> Reply:
    """The response that a function's result becomes."""
    return fetch(url, "/says", "POST", json.dumps(result), Content_Type="application/json")


def test_what_the_function_sees(url: str) -> None:
    host = url.removeprefix("http://").rstrip("/")
    reply = fetch(
        url, "/a%20b?x=1&x=%2F2&bare", "POST", "ü".encode(), Content_Type="text/plain",
        X_Forwarded_For="10.1.1.1", X_MiXed="Case",
    )  # fmt: skip
    event = json.loads(reply.body)
    assert reply.headers["Server"] == "awselb/2.0"
    assert event["headers"].pop("x-amzn-trace-id").startswith("Root=1-")
    arn = event["requestContext"]["elb"]["targetGroupArn"]
    assert arn.startswith(
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/EchoGroup/"
    )
    assert event == {
        "requestContext": {"elb": {"targetGroupArn": arn}},
        "httpMethod": "POST",
        "path": "/a%20b",
        "queryStringParameters": {"x": "%2F2", "bare": ""},
        "headers": {
            "accept-encoding": "identity",
            "content-length": "2",
            "content-type": "text/plain",
            "host": host,
            "x-forwarded-for": "10.1.1.1, 127.0.0.1",
            "x-forwarded-port": host.partition(":")[2],
            "x-forwarded-proto": "http",
            "x-mixed": "Case",
        },
        "body": "ü",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("headers", "is_base64"),
    [
        ({"Content_Type": "text/html; charset=utf-8"}, False),
        ({"Content_Type": "application/xml"}, False),
        ({"Content_Type": "application/octet-stream"}, True),
        ({}, True),
        ({"Content_Type": "application/json", "Content_Encoding": "gzip"}, True),
    ],
)
def test_bodies_that_are_no_text_are_base64(
    url: str, headers: dict[str, str], is_base64: bool
) -> None:
    event = json.loads(fetch(url, "/", "POST", b"hi", **headers).body)
    assert event["isBase64Encoded"] is is_base64
    assert event["body"] == ("aGk=" if is_base64 else "hi")


def test_multi_value_headers(url: str) -> None:
    reply = fetch(url, "/multi/x?a=1&a=2", X_One="1")
    assert reply.status == 201
    assert reply.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert reply.headers["X-Ignored"] is None
    assert reply.headers["Content-Type"] == "application/octet-stream"
    event = json.loads(reply.body)
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert event["multiValueHeaders"]["x-one"] == ["1"]
    assert "headers" not in event and "queryStringParameters" not in event


def test_answers(url: str) -> None:
    reply = says(url, statusCode=200, body="aGk=", isBase64Encoded=True, headers={"A": "b"})
    assert (reply.status, reply.body, reply.headers["A"]) == (200, b"hi", "b")
    reply = says(url, statusCode=404)
    assert (reply.status, reply.body) == (404, b"")


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"statusCode": "200"},
        {"statusCode": 99},
        {"statusCode": True},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "*", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"Content-Length": 1, "X": 1}},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"X": "a\nb"}},
        {"statusCode": 200, "body": "x", "times": 1024 * 1024},
    ],
)
def test_malformed_answers_are_bad_gateways(url: str, result: dict[str, Any]) -> None:
    reply = says(url, **result)
    assert reply.status == 502
    assert b"<h1>502 Bad Gateway</h1>" in reply.body


def test_functions_that_fail_are_bad_gateways(url: str) -> None:
    assert fetch(url, "/fail").status == 502


def test_requests_may_have_a_megabyte(url: str) -> None:
    assert fetch(url, "/", "POST", b"x" * (1024 * 1024 + 1)).status == 413


def test_rules(url: str) -> None:
    assert fetch(url, "/host", Host="localhost").status == 418
    assert fetch(url, "/host").status == 200  # of the default
    assert fetch(url, "/any?v=25").body == b"two"
    assert fetch(url, "/any?v=3").body != b"two"
    assert fetch(url, "/any", "PUT", X_Beta="YES-1").body == b"beta"
    assert fetch(url, "/any", "GET", X_Beta="YES-1").body != b"beta"
    assert fetch(url, "/sayX").status == 502  # that has no body for it to say
    reply = fetch(url, "/old?a=1")
    assert (reply.status, reply.headers["Location"]) == (302, f"{url}newold?a=1")


def test_other_hosts_are_not_served(url: str) -> None:
    assert fetch(url, "/", Host="evil.example").status == 403


def test_health_is_checked_when_that_is_configured(
    balanced: LocalEndpoint, url: str, root: Path
) -> None:
    seen = threading.Event()
    for _ in range(200):
        if (root / "checked").exists():
            break
        seen.wait(0.05)
    event = json.loads((root / "checked").read_text().splitlines()[0])
    assert event.pop("requestContext")
    assert event == {
        "httpMethod": "GET",
        "path": "/health",
        "queryStringParameters": {"deep": "1"},
        "headers": {"user-agent": "ELB-HealthChecker/2.0"},
        "body": "",
        "isBase64Encoded": False,
    }

    def healthy() -> bool:
        [front] = balanced.call(balanced.server.fronts)
        return bool(front["Healthy"])

    assert healthy()
    (root / "checked.sick").touch()
    until(lambda: not healthy())
    assert fetch(url, "/health").status == 500  # its only target gets the requests all the same


def test_matchers() -> None:
    assert matches("200", 200) and matches("200-299", 204) and matches("200, 301", 301)
    assert not matches("200-299", 300) and not matches("", 200) and not matches("x", 200)


def test_a_load_balancer_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "def handler(event, context): return {'statusCode': 200, 'body': event['path']}\n"
    )
    with local_lambda(tmp_path, project=tmp_path) as endpoint:
        name = endpoint.client().list_functions()["Functions"][0]["FunctionName"]
        balancer = parse_load_balancer(name)
    with local_lambda(tmp_path, project=tmp_path, fronts=(balancer,)) as endpoint:
        url = Apis(endpoint, tmp_path).url(f"alb-{name}")
        assert fetch(url, "/hello").body == b"/hello"
    with pytest.raises(ValueError, match="no function's name"):
        parse_load_balancer("no/name")


def test_keep_alive(url: str) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=30)
    for _ in range(3):
        connection.request("GET", "/x")
        assert json.loads(connection.getresponse().read())["path"] == "/x"
    connection.close()
