"""InvokeWithResponseStream: chunks as they come, errors before and within the stream."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api_lab import NOT_FOUND, PARAMETER, VALIDATION, refused
from endpoint_lab import ROLE, LocalEndpoint, zipped
from stream_lab import create_streaming, events_of, release

from workbench.project import interpreters

needs_node = pytest.mark.skipif(
    interpreters.node_for("nodejs22.x") is None, reason="Node.js is not on this machine"
)


@pytest.fixture(scope="module")
def streaming(shared_endpoint: LocalEndpoint) -> str:
    """The name of a function on a custom runtime that streams."""
    name = f"streaming-{uuid.uuid4().hex[:8]}"
    create_streaming(shared_endpoint.client(), name)
    shared_endpoint.settle(name)
    return name


def invoke(endpoint: LocalEndpoint, name: str, event: object, **named: Any) -> dict[str, Any]:
    answer: dict[str, Any] = endpoint.client().invoke_with_response_stream(
        FunctionName=name, Payload=json.dumps(event).encode(), **named
    )
    return answer


def until(condition: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_chunks_come_while_the_function_runs(
    shared_endpoint: LocalEndpoint, streaming: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    event = {"chunks": 2, "text": "piece", "wait": str(gate)}
    answer = invoke(shared_endpoint, streaming, event, LogType="Tail")
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST"
    assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    assert answer["ResponseMetadata"]["RequestId"]
    chunks = iter(answer["EventStream"])
    for number in range(2):  # the function goes on only when we have got what it wrote
        assert next(chunks) == {"PayloadChunk": {"Payload": b"piece"}}
        release(gate, number)
    last = next(chunks)["InvokeComplete"]
    assert set(last) == {"LogResult"}
    log = base64.b64decode(last["LogResult"]).decode()
    assert answer["ResponseMetadata"]["RequestId"] in log and "REPORT RequestId" in log
    assert next(chunks, None) is None


def test_errors_in_the_stream(shared_endpoint: LocalEndpoint, streaming: str) -> None:
    error = {"errorType": "Function.Broken", "errorMessage": "mid"}
    payload, complete = events_of(invoke(shared_endpoint, streaming, {"error": error}))
    assert payload == b"x"
    assert complete["ErrorCode"] == "Unhandled"
    assert json.loads(complete["ErrorDetails"]) == error

    payload, complete = events_of(invoke(shared_endpoint, streaming, {"end": "crash"}))
    assert (payload, complete["ErrorCode"]) == (b"x", "Unhandled")
    details = json.loads(complete["ErrorDetails"])
    assert details["errorType"] == "Runtime.ExitError"
    assert details["errorMessage"].endswith("Runtime exited with error: exit status 3")

    shared_endpoint.client().update_function_configuration(FunctionName=streaming, Timeout=1)
    shared_endpoint.settle(streaming)
    payload, complete = events_of(invoke(shared_endpoint, streaming, {"end": "hang"}))
    assert payload == b"x"
    details = json.loads(complete["ErrorDetails"])
    assert details["errorType"] == "Sandbox.Timedout"
    assert details["errorMessage"].endswith("Task timed out after 1.00 seconds")
    shared_endpoint.client().update_function_configuration(FunctionName=streaming, Timeout=20)
    shared_endpoint.settle(streaming)


def test_invoke_gathers_a_streamed_answer(shared_endpoint: LocalEndpoint, streaming: str) -> None:
    client = shared_endpoint.client()

    def gathered(event: object) -> dict[str, Any]:
        answer: dict[str, Any] = client.invoke(
            FunctionName=streaming, Payload=json.dumps(event).encode()
        )
        return answer

    assert gathered({"chunks": 3, "text": "ab"})["Payload"].read() == b"ababab"
    failed = gathered({"error": {"errorType": "Function.Broken"}})
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads(failed["Payload"].read()) == {"errorType": "Function.Broken"}
    large = gathered({"chunks": 7, "times": 1024 * 1024})
    assert json.loads(large["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"
    # Streamed, it is not too large.
    payload, complete = events_of(
        invoke(shared_endpoint, streaming, {"chunks": 7, "times": 1024 * 1024})
    )
    assert (len(payload), complete) == (7 * 1024 * 1024, {})


def test_functions_that_do_not_stream(shared_endpoint: LocalEndpoint) -> None:
    name = shared_endpoint.create(
        "def handler(event, context):\n"
        "    if event: raise ValueError('no')\n"
        "    return {'a': 'x' * 1000}\n"
    )
    answer = invoke(shared_endpoint, name, {})
    chunks = list(answer["EventStream"])
    assert len(chunks) == 2 and chunks[1] == {"InvokeComplete": {}}
    assert json.loads(chunks[0]["PayloadChunk"]["Payload"]) == {"a": "x" * 1000}
    payload, complete = events_of(invoke(shared_endpoint, name, {"fail": True}))
    assert json.loads(payload)["errorMessage"] == "no"
    assert (complete["ErrorCode"], complete["ErrorDetails"]) == ("Unhandled", payload.decode())


def test_refusals_come_before_any_stream(known: LocalEndpoint) -> None:
    client = known.client()
    call = client.invoke_with_response_stream
    function = "arn:aws:lambda:us-east-1:123456789012:function"
    assert refused(call, FunctionName="nobody") == (
        NOT_FOUND,
        f"Function not found: {function}:nobody:$LATEST",
    )
    assert refused(call, FunctionName="known", Qualifier="nowhere") == (
        NOT_FOUND,
        f"Function not found: {function}:known:nowhere",
    )
    assert refused(call, FunctionName="known:live", Qualifier="other")[0] == PARAMETER
    error, text = refused(call, FunctionName="known", InvocationType="Event")
    assert error == VALIDATION and text is not None
    assert "Member must satisfy enum value set: [RequestResponse, DryRun]" in text
    assert refused(call, FunctionName="known", Payload=b"{")[0] == (
        "InvalidRequestContentException",
        400,
    )
    name = known.create()
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert refused(call, FunctionName=name)[0] == ("TooManyRequestsException", 429)


def raw_stream(endpoint: LocalEndpoint, name: str, body: bytes) -> http.client.HTTPConnection:
    """Send the request over a connection of our own, and read nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=60)
    connection.request(
        "POST",
        f"/2021-11-15/functions/{name}/response-streaming-invocations",
        body,
        {
            "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/lambda/aws4_request,"
            " SignedHeaders=host, Signature=00"
        },
    )
    return connection


def test_dry_run(known: LocalEndpoint) -> None:
    answer = known.client().invoke_with_response_stream(
        FunctionName="known", InvocationType="DryRun"
    )
    assert answer["StatusCode"] == 204


def test_the_function_goes_on_when_the_client_has_gone(
    shared_endpoint: LocalEndpoint, streaming: str, tmp_path: Path
) -> None:
    progress, gate = tmp_path / "progress", tmp_path / "gate"
    total = 32 * 1024 * 1024
    event = {
        "chunks": 32, "times": 1024 * 1024, "progress": str(progress), "wait": str(gate),
    }  # fmt: skip
    with contextlib.closing(raw_stream(shared_endpoint, streaming, json.dumps(event).encode())):
        until(progress.exists)
    for number in range(32):
        release(gate, number)
    until(lambda: progress.read_text() == str(total))


@needs_node
def test_node_handlers_stream(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    source = """
        export const handler = awslambda.streamifyResponse(async (event, stream) => {
          if (event.early) throw new TypeError("early");
          if (event.crash) setTimeout(() => { throw new RangeError("lost") }, 20);
          stream.write("one");
          if (event.crash) await new Promise(() => {});
          if (event.late) throw new TypeError("late");
          stream.end("two");
        });"""
    client.create_function(
        FunctionName="node-streams",
        Runtime="nodejs22.x",
        Role=ROLE,
        Handler="index.handler",
        Timeout=20,
        Code={"ZipFile": zipped({"index.mjs": source})},
    )
    shared_endpoint.settle("node-streams")

    def run(event: object) -> tuple[bytes, dict[str, str]]:
        return events_of(invoke(shared_endpoint, "node-streams", event))

    assert run({}) == (b"onetwo", {})
    for event, sent, kind in (
        ({"early": 1}, None, "TypeError"),
        ({"late": 1}, b"one", "TypeError"),
        ({"crash": 1}, b"one", "RangeError"),
    ):
        payload, complete = run(event)
        details = complete["ErrorDetails"]
        assert payload == (details.encode() if sent is None else sent)
        assert json.loads(details)["errorType"] == kind
