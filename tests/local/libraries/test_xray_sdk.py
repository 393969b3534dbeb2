"""The X-Ray SDK and Powertools' tracer, unchanged, in traced functions; read by boto3."""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint, zipped
from library_layer import publish
from npm_lab import install

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"

WITH_SDK = """
import os
from aws_xray_sdk.core import xray_recorder

@xray_recorder.capture("look up")
def look_up(event):
    xray_recorder.current_subsegment().put_annotation("plan", "pro")
    with xray_recorder.in_subsegment("remote", namespace="remote"):
        pass
    if event.get("fail"):
        raise ValueError("no luck")

def handler(event, context):
    look_up(event)
    return os.environ["_X_AMZN_TRACE_ID"]
"""

WITH_SDK_OF_NODE = """
const xray = require("aws-xray-sdk-core");
exports.handler = (event) => xray.captureAsyncFunc("look up", async (subsegment) => {
  subsegment.addAnnotation("plan", "pro");
  subsegment.close();
  return process.env._X_AMZN_TRACE_ID;
});
"""

WITH_TRACER = """
from aws_lambda_powertools import Tracer
tracer = Tracer(service="orders")

@tracer.capture_method
def pay():
    return 1

@tracer.capture_lambda_handler
def handler(event, context):
    return pay()
"""


@pytest.fixture(scope="module")
def layer(shared_endpoint: LocalEndpoint) -> str:
    return publish(
        shared_endpoint,
        f"tracing-{uuid.uuid4().hex[:8]}",
        *("aws-xray-sdk", "wrapt", "aws-lambda-powertools", "jmespath", "typing-extensions"),
    )


def _traced(endpoint: LocalEndpoint, layer: str, code: str) -> str:
    return endpoint.create(
        code, Runtime=RUNTIME, Layers=[layer], Timeout=30, TracingConfig={"Mode": "Active"}
    )


def _invoke(endpoint: LocalEndpoint, name: str, event: object = None, **headers: str) -> Any:
    client = endpoint.client()

    def add(params: dict[str, Any], **_: object) -> None:
        params["headers"].update({"X-Amzn-Trace-Id": headers["trace"]} if headers else {})

    client.meta.events.register("before-call.lambda.Invoke", add, unique_id="trace")
    try:
        payload = json.dumps(event or {}).encode()
        return client.invoke(FunctionName=name, Payload=payload, LogType="Tail")
    finally:
        client.meta.events.unregister("before-call.lambda.Invoke", unique_id="trace")


def _segments(endpoint: LocalEndpoint, trace_id: str, wanted: str = "") -> list[dict[str, Any]]:
    """The trace's segments, once the one that has `wanted` in it, sent by UDP, is there."""
    xray = endpoint.client("xray")
    limit = time.monotonic() + 30
    while True:
        traces = xray.batch_get_traces(TraceIds=[trace_id])["Traces"]
        documents = [s["Document"] for trace in traces for s in trace["Segments"]]
        if documents and wanted in "".join(documents):
            return [json.loads(document) for document in documents]
        assert time.monotonic() < limit, documents


def _root(answer: Any) -> str:
    header = answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"]
    assert header.endswith("sampled=1"), header
    return str(header.partition(";")[0].removeprefix("root="))


def _part(segment: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(each) for each in segment["subsegments"] if each["name"] == name)


def test_sdk_segments_hang_below_lambdas_own(shared_endpoint: LocalEndpoint, layer: str) -> None:
    import base64

    name = _traced(shared_endpoint, layer, WITH_SDK)
    answer = _invoke(shared_endpoint, name)
    trace_id = _root(answer)
    service, function = _segments(shared_endpoint, trace_id, "look up")
    assert [service["origin"], function["origin"]] == ["AWS::Lambda", "AWS::Lambda::Function"]
    assert [each["name"] for each in function["subsegments"]][:2] == ["Init", "Invocation"]
    invocation = _part(function, "Invocation")
    header = json.load(answer["Payload"])
    assert f"Root={trace_id};Parent={invocation['id']};Sampled=1" in header
    look_up = _part(invocation, "look up")
    assert look_up["annotations"] == {"plan": "pro"}
    assert [each["name"] for each in look_up["subsegments"]] == ["remote"]
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.endswith(
        f"\nXRAY TraceId: {trace_id}\tSegmentId: {invocation['id']}\tSampled: true\t\n"
    )
    found = shared_endpoint.client("xray").get_trace_summaries(
        StartTime=time.time() - 60,
        EndTime=time.time() + 60,
        FilterExpression=f'service("{name}") AND annotation.plan = "pro"',
    )
    [summary] = found["TraceSummaries"]
    assert (summary["Id"], summary["HasFault"]) == (trace_id, False)
    assert summary["Http"]["HttpStatus"] == 200


def test_a_failing_function_and_a_given_trace(shared_endpoint: LocalEndpoint, layer: str) -> None:
    name = _traced(shared_endpoint, layer, WITH_SDK)
    root = f"1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
    parent = uuid.uuid4().hex[:16]
    answer = _invoke(
        shared_endpoint, name, {"fail": 1}, trace=f"Root={root};Parent={parent};Sampled=1"
    )
    assert _root(answer) == root
    service, function = _segments(shared_endpoint, root, "look up")
    assert service["parent_id"] == parent and function["fault"]
    assert function["cause"]["exceptions"][0]["message"] == "no luck"
    assert _part(_part(function, "Invocation"), "look up")["fault"]
    unsampled = _invoke(shared_endpoint, name, trace=f"Root={root[:-1]}0;Sampled=0")
    assert "sampled=0" in unsampled["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"]


def test_throttles_and_powertools(shared_endpoint: LocalEndpoint, layer: str) -> None:
    name = _traced(shared_endpoint, layer, WITH_TRACER)
    trace_id = _root(_invoke(shared_endpoint, name))
    _, function = _segments(shared_endpoint, trace_id, "## index.pay")
    handler = _part(_part(function, "Invocation"), "## handler")
    assert handler["annotations"]["ColdStart"] is True
    assert [each["name"] for each in handler["subsegments"]] == ["## index.pay"]
    client = shared_endpoint.client()
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    root = f"1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
    with pytest.raises(ClientError):
        _invoke(shared_endpoint, name, trace=f"Root={root};Sampled=1")
    [service] = _segments(shared_endpoint, root)
    assert service["throttle"] and service["http"]["response"]["status"] == 429


def test_documents_put_by_the_api(shared_endpoint: LocalEndpoint) -> None:
    xray = shared_endpoint.client("xray")
    root = f"1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
    good = {
        "id": "53995c3f42cd8ad8",
        "name": "mine",
        "trace_id": root,
        "start_time": time.time(),
        "in_progress": True,
    }
    answer = xray.put_trace_segments(
        TraceSegmentDocuments=[json.dumps(good), json.dumps({**good, "trace_id": "x"}), "{"]
    )
    refused = [(s.get("Id"), s["ErrorCode"]) for s in answer["UnprocessedTraceSegments"]]
    assert refused == [("53995c3f42cd8ad8", "InvalidTraceId"), (None, "ParseError")]
    assert _segments(shared_endpoint, root) == [good]
    assert xray.get_sampling_rules()["SamplingRuleRecords"][0]["SamplingRule"]["FixedRate"] == 1
    with pytest.raises(ClientError) as caught:
        xray.batch_get_traces(TraceIds=[root] * 6)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    with pytest.raises(ClientError):
        xray.get_service_graph(StartTime=0, EndTime=1)


def test_the_sdk_of_node(shared_endpoint: LocalEndpoint, tmp_path: Path) -> None:
    install(tmp_path, "aws-xray-sdk-core@3")
    files: dict[str, str | bytes] = {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in (tmp_path / "node_modules").rglob("*")
        if path.is_file() and not path.name.endswith((".d.ts", ".md", ".map"))
    }
    name = shared_endpoint.create(
        Runtime="nodejs20.x",
        Code={"ZipFile": zipped({**files, "index.js": WITH_SDK_OF_NODE})},
        Timeout=30,
        TracingConfig={"Mode": "Active"},
    )
    _, function = _segments(shared_endpoint, _root(_invoke(shared_endpoint, name)), "look up")
    look_up = _part(_part(function, "Invocation"), "look up")
    assert look_up["annotations"] == {"plan": "pro"}
