"""Function URLs over real sockets: who gets in, what the function sees, what the client gets."""

from __future__ import annotations

import contextlib
import datetime
import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from endpoint_lab import ACCOUNT, ROLE, LocalEndpoint, local_lambda, zipped
from url_lab import Reply, fetch, open_url

from workbench.local.store.records import Link
from workbench.project import interpreters
from workbench.project.history import History

needs_node = pytest.mark.skipif(
    interpreters.node_for("nodejs22.x") is None, reason="Node.js is not on this machine"
)

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/lambda/aws4_request, "
    "SignedHeaders=host, Signature=00"
)
FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}


@pytest.fixture(scope="module")
def answering(shared_endpoint: LocalEndpoint) -> Iterator[str]:
    """The URL of a function that answers with its event, or with what the body says."""
    name = shared_endpoint.create(
        "import json, os\n"
        "def handler(event, context):\n"
        "    if event['rawPath'] == '/fail': raise ValueError\n"
        "    if event['rawPath'] == '/as-is': return json.loads(event['body'])\n"
        "    return [event, context.aws_request_id, context.invoked_function_arn]\n"
    )
    yield open_url(shared_endpoint, name, Cors={"AllowOrigins": ["https://a.example"]})


def test_what_the_function_sees(answering: str) -> None:
    reply = fetch(
        answering, "//pa2%25Fth/1?q=query&m=foo&m=%2Fbar", "POST", '{"foo": "bar"}',
        Content_Type="application/json", ExTrA_HeadErs="With WeiRd CapS", Cookie="a=1; b=2",
        User_Agent="test/echo",
    )  # fmt: skip
    event, request_id, arn = json.loads(reply.body)
    host = answering.removeprefix("http://").rstrip("/")
    context = event["requestContext"]
    url_id = context["apiId"]
    assert len(url_id) == 32 and url_id.isalnum() and url_id == url_id.lower()
    assert reply.headers["x-amzn-RequestId"] == request_id == context["requestId"]
    trace = event["headers"].pop("x-amzn-trace-id")
    assert trace.startswith("Root=1-")
    assert list(event) == [
        "version", "routeKey", "rawPath", "rawQueryString", "cookies", "headers",
        "queryStringParameters", "requestContext", "body", "isBase64Encoded",
    ]  # fmt: skip
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/pa2%25Fth/1",
        "rawQueryString": "q=query&m=foo&m=%2Fbar",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "accept-encoding": "identity",
            "content-length": "14",
            "content-type": "application/json",
            "extra-headers": "With WeiRd CapS",
            "host": host,
            "user-agent": "test/echo",
            "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
            "x-amzn-tls-version": "TLSv1.3",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": host.partition(":")[2],
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"q": "query", "m": "foo,/bar"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": url_id,
            "domainName": host,
            "domainPrefix": url_id,
            "http": {
                "method": "POST",
                "path": "/pa2%Fth/1",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test/echo",
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": context["time"],
            "timeEpoch": context["timeEpoch"],
        },
        "body": '{"foo": "bar"}',
        "isBase64Encoded": False,
    }
    assert arn.count(":") == 6  # unqualified


def test_what_the_client_gets(answering: str) -> None:
    def answer(result: object, method: str = "POST") -> Reply:
        return fetch(answering, "/as-is", method, json.dumps(result), Content_Type="text/plain")

    plain = answer({"hello": "world"})
    assert (plain.status, plain.body) == (200, b'{"hello":"world"}')
    assert (plain.headers["Content-Type"], plain.headers["Content-Length"]) == (
        "application/json",
        "17",
    )
    assert answer("hello").body == b"hello"
    full = answer({"statusCode": 201, "headers": {"X-One": "1"}, "cookies": ["a=1", "b=2"]})
    assert (full.status, full.headers["x-one"], full.body) == (201, "1", b"")
    assert full.headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert answer("hidden", "HEAD").body == b""
    for failed in (answer({"statusCode": 1}), fetch(answering, "/fail")):
        assert (failed.status, failed.body) == (502, b"Internal Server Error")


def test_cross_origin_requests(answering: str) -> None:
    preflight = fetch(
        answering, "/", "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="GET"
    )
    assert (preflight.status, preflight.body) == (200, b"")
    reply = fetch(answering, Origin="https://a.example")
    for answer in (preflight, reply):
        assert answer.headers.get_all("access-control-allow-origin") == ["https://a.example"]
    assert json.loads(reply.body)[0]["headers"]["origin"] == "https://a.example"
    assert "access-control-allow-origin" not in fetch(answering, Origin="https://b.example").headers


def test_a_foreign_host_is_refused(answering: str) -> None:
    assert fetch(answering, Host="evil.example").status == 403
    assert fetch(answering, Host="abc.lambda-url.us-east-1.localhost:80").status == 200


def test_a_body_that_is_too_large(answering: str) -> None:
    for body in (b"x" * 6_291_457, b"x" * 6_000_000):  # alone, and as Base64 in the event
        reply = fetch(answering, "/", "POST", body)
        assert reply.status == 413
        assert b"Request must be smaller than 6291456 bytes" in reply.body


def test_who_gets_in(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create("def handler(e, c): return e['requestContext']")
    url = open_url(shared_endpoint, name, public=False)
    refused = fetch(url)
    assert (refused.status, json.loads(refused.body)) == (403, FORBIDDEN)
    assert refused.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    client.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert fetch(url).status == 403
    admitted = fetch(url, Authorization=SIGNED)
    assert admitted.status == 200
    assert json.loads(admitted.body)["authorizer"]["iam"] == {
        "accessKey": "AKID",
        "accountId": ACCOUNT,
        "callerId": ACCOUNT,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{ACCOUNT}:root",
        "userId": ACCOUNT,
    }
    client.update_function_url_config(FunctionName=name, AuthType="NONE")
    allow = {"FunctionName": name, "Principal": "*"}
    client.add_permission(StatementId="url", Action="lambda:InvokeFunctionUrl", **allow)
    assert fetch(url).status == 200
    told = [notice["Message"] for notice in shared_endpoint.server.broadcaster.notices
            if notice["FunctionName"] == name]  # fmt: skip
    assert len(told) == 1 and "since October 2025 answers 403" in told[0]
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    throttled = fetch(url)
    assert throttled.status == 429
    assert json.loads(throttled.body) == {
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    }


def test_an_alias_and_its_url_go_together(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create("def handler(e, c): return c.invoked_function_arn")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    url = open_url(shared_endpoint, name, Qualifier="live")
    assert fetch(url).body.decode().endswith(f":{name}:live")
    client.delete_alias(FunctionName=name, Name="live")
    gone = fetch(url)
    assert (gone.status, json.loads(gone.body)) == (403, FORBIDDEN)


def test_urls_keep_their_ports_over_restarts(tmp_path: Path) -> None:
    with local_lambda(tmp_path) as endpoint:
        names = [endpoint.create("def handler(e, c): return 1") for _ in range(2)]
        urls = [open_url(endpoint, name) for name in names]
    taken = socket.create_server(("127.0.0.1", int(urls[1].rpartition(":")[2].rstrip("/"))))
    with taken, local_lambda(tmp_path) as endpoint:
        assert fetch(urls[0]).body == b"1"
        now = endpoint.client().get_function_url_config(FunctionName=names[1])["FunctionUrl"]
        assert now != urls[1] and fetch(now).body == b"1"
        assert any(now in notice["Message"] for notice in endpoint.server.broadcaster.notices)


def test_urls_that_the_project_declares(tmp_path: Path) -> None:
    folder = tmp_path / "declared"
    folder.mkdir()
    (folder / "app.py").write_text("def handler(event, context): return 'here'\n")
    url = {"AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors": {}, "Public": True}
    link = Link("declared", folder, "python3.11", "app.handler", url=url)
    named = {"FunctionName": "declared"}
    with local_lambda(tmp_path / "project") as endpoint:
        client, linked = endpoint.client(), endpoint.server._endpoint.linked
        endpoint.call(linked.link, link)
        made = client.get_function_url_config(**named)
        assert fetch(made["FunctionUrl"]).body == b"here"
        signed = {**url, "AuthType": "AWS_IAM", "Cors": {"MaxAge": 5}, "Public": False}
        endpoint.call(linked.link, replace(link, url=signed))
        changed = client.get_function_url_config(**named)
        assert (changed["AuthType"], changed["Cors"]) == ("AWS_IAM", {"MaxAge": 5})
        assert changed["FunctionUrl"] == made["FunctionUrl"]
        assert fetch(made["FunctionUrl"]).status == 403
        endpoint.call(linked.link, replace(link, url=None))
        assert client.list_function_url_configs(**named)["FunctionUrlConfigs"] == []
        endpoint.call(linked.link, link)
        client.delete_function_url_config(**named)  # lasts until the declaration changes
    with local_lambda(tmp_path / "project") as endpoint:
        endpoint.call(endpoint.server._endpoint.linked.link, link)
        assert endpoint.client().list_function_url_configs(**named)["FunctionUrlConfigs"] == []


STREAMING = """
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const wait = () => new Promise((go) => setTimeout(go, 20));
  switch (event.rawPath) {
    case "/early": throw new Error("early");
    case "/plain": stream.setContentType("text/plain"); break;
    case "/empty":
      stream = awslambda.HttpResponseStream.from(stream, {statusCode: 204});
      return stream.end();
    case "/bad": stream = awslambda.HttpResponseStream.from(stream, {statusCode: "x"}); break;
    default:
      stream = awslambda.HttpResponseStream.from(stream, {
        statusCode: 201, headers: {"X-One": "1", "Content-Type": "text/html"}, cookies: ["a=1"],
      });
  }
  stream.write("one ");
  await wait();
  if (event.rawPath === "/late") throw new Error("late");
  stream.end("two");
});
"""


@needs_node
def test_streamed_responses(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    client.create_function(
        FunctionName="streaming-url",
        Runtime="nodejs22.x",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": zipped({"index.mjs": STREAMING})},
    )
    shared_endpoint.settle("streaming-url")
    url = open_url(shared_endpoint, "streaming-url", InvokeMode="RESPONSE_STREAM")
    for mode in ("RESPONSE_STREAM", "BUFFERED"):
        client.update_function_url_config(FunctionName="streaming-url", InvokeMode=mode)
        full = fetch(url)
        assert (full.status, full.body, full.headers["x-one"]) == (201, b"one two", "1")
        assert full.headers["content-type"] == "text/html"
        assert full.headers.get_all("set-cookie") == ["a=1"]
        assert ("transfer-encoding" in full.headers) is (mode == "RESPONSE_STREAM")
        plain = fetch(url, "/plain")
        assert (plain.status, plain.body) == (200, b"one two")
        assert plain.headers["content-type"] == "text/plain"
        assert (fetch(url, "/empty").status, fetch(url, method="HEAD").status) == (204, 201)
        for path in ("/early", "/bad"):
            failed = fetch(url, path)
            assert (failed.status, failed.body) == (502, b"Internal Server Error")
    assert fetch(url, "/late").status == 502  # buffered: nothing has left yet
    client.update_function_url_config(FunctionName="streaming-url", InvokeMode="RESPONSE_STREAM")
    with pytest.raises(http.client.IncompleteRead) as broken:
        fetch(url, "/late")
    assert broken.value.partial == b"one "


def test_a_whole_result_is_not_interpreted_when_streaming(shared_endpoint: LocalEndpoint) -> None:
    """Recorded: a function that doesn't stream, behind a URL that does."""
    name = shared_endpoint.create("def handler(e, c): return {'statusCode': 201, 'body': 'x'}")
    reply = fetch(open_url(shared_endpoint, name, InvokeMode="RESPONSE_STREAM"))
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert json.loads(reply.body) == {"statusCode": 201, "body": "x"}


def test_requests_are_counted_and_kept_as_invocations(endpoint: LocalEndpoint) -> None:
    name = endpoint.create("def handler(e, c): return e['nothing']")
    url = open_url(endpoint, name)
    assert fetch(url, "/seen").status == 502
    endpoint.client().remove_permission(FunctionName=name, StatementId="url")
    assert fetch(url).status == 403
    now = datetime.datetime.now(datetime.UTC)

    def total(metric: str, unit: str = "Sum") -> float:
        points = endpoint.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=now - datetime.timedelta(minutes=5),
            EndTime=now + datetime.timedelta(minutes=5),
            Period=3600,
            Statistics=[unit],
        )["Datapoints"]
        return sum(point[unit] for point in points)

    wanted = {"UrlRequestCount": 2.0, "Url5xxCount": 1.0, "Url4xxCount": 1.0}
    assert {metric: total(metric) for metric in wanted} == wanted
    assert total("UrlRequestLatency", "SampleCount") == 2
    with contextlib.closing(History(endpoint.state / "history.db")) as history:
        [kept] = history.recent("local", name)
        assert json.loads(history.get(kept.id).event)["rawPath"] == "/seen"
