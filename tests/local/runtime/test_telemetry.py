"""Telemetry as a subscribed extension gets it, over HTTP and TCP (lambda-facts §1.6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from extensions_lab import Call, Told, recording
from runtime_lab import Lab, until

from workbench.local.runtime.domain.extensions_api import ExtensionsApi
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.telemetry.extension_events import LogsDropped
from workbench.local.runtime.telemetry.output import Event
from workbench.local.runtime.telemetry.platform_events import PlatformEvent
from workbench.local.runtime.telemetry.telemetry import Telemetry
from workbench.local.runtime.telemetry.telemetry_api import (
    Subscription,
    ValidationError,
    parse_subscription,
)

SPEAKS = """
    import logging
    def handler(event, context):
        print("printed")
        logging.warning("logged")
"""
SPEC = FunctionSpec("fn", "arn", "3", "i", "python3.13", "a.b", Path("/nowhere"))
ALL = {"schemaVersion": "2022-07-01", "types": ["platform", "function", "extension"]}
QUICK = {"buffering": {"timeoutMs": 25}}


def wants(**subscription: Any) -> dict[str, str]:
    return {"SUBSCRIBE": json.dumps({**ALL, **QUICK, **subscription})}


@pytest.mark.parametrize("protocol", ["HTTP", "TCP"])
async def test_everything_that_happens_in_order(lab: Lab, told: Told, protocol: str) -> None:
    environment = wants(destination={"protocol": protocol})
    spec = recording(lab, told, SPEAKS, environment=environment)
    _, done = await lab.invoke(spec, request_id="the-id")
    line = "TELEMETRY\tName: recorder\tState: Subscribed\tTypes: [Platform, Function, Extension]\n"
    assert line in done.log_text
    assert told.of("subscribed") == [[200, '"OK"']]
    await until(lambda: any(event["type"] == "platform.report" for event in told.telemetry()))
    events = told.telemetry()
    platform = [event["type"] for event in events if event["type"].startswith("platform.")]
    # The runtime starts while the extension subscribes: either may be done first.
    platform.remove("platform.initRuntimeDone")
    assert platform == [
        "platform.initStart", "platform.telemetrySubscription", "platform.extension",
        "platform.initReport", "platform.start", "platform.runtimeDone", "platform.report",
    ]  # fmt: skip
    records = {event["type"]: event["record"] for event in events}
    assert records["platform.initStart"]["functionName"] == "fn"
    assert records["platform.telemetrySubscription"] == {
        "name": "recorder", "state": "Subscribed", "types": ALL["types"],
    }  # fmt: skip
    assert records["platform.initRuntimeDone"] == {
        "initializationType": "on-demand", "phase": "init", "status": "success",
    }  # fmt: skip
    assert records["platform.extension"] == {
        "name": "recorder", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"],
    }  # fmt: skip
    assert records["platform.initReport"]["metrics"]["durationMs"] > 0
    runtime_done = records["platform.runtimeDone"]
    assert runtime_done["requestId"] == "the-id" and runtime_done["status"] == "success"
    assert runtime_done["metrics"]["producedBytes"] == len("null")
    assert [span["name"] for span in runtime_done["spans"]] == [
        "responseLatency", "responseDuration", "runtimeOverhead",
    ]  # fmt: skip
    report = records["platform.report"]
    assert report["metrics"]["billedDurationMs"] == done.report.billed_ms
    assert [span["name"] for span in report["spans"]] == ["extensionOverhead"]
    function = [event["record"] for event in events if event["type"] == "function"]
    assert function[0] == "printed" and function[1].endswith("\tlogged")
    assert "told of INVOKE" in [e["record"] for e in events if e["type"] == "extension"]
    if protocol == "HTTP":
        assert told.of("path")[0] == "/here?a=b"


async def test_an_extension_listens_at_sandbox_localdomain(lab: Lab, told: Told) -> None:
    spec = recording(
        lab, told, environment={**wants(types=["platform"]), "LISTEN_AT": "sandbox.localdomain"}
    )
    await lab.invoke(lab.spec(handler="app.handler"))
    if lab.runtime.file_systems != "private":
        pytest.skip("the name is only known in private file systems, which this kernel refuses")
    await lab.invoke(spec)
    await until(lambda: any(event["type"] == "platform.report" for event in told.telemetry()))


async def test_what_is_buffered_arrives_before_the_end(lab: Lab, told: Told) -> None:
    environment = wants(buffering={"timeoutMs": 30000}, types=["platform"])
    spec = recording(lab, told, environment={**environment, "LINGER": "0.3"})
    await lab.invoke(spec)
    assert not told.telemetry()
    await lab.runtime.stop()
    assert [event["type"] for event in told.telemetry()][-1] == "platform.report"


async def test_json_logs_arrive_as_objects(lab: Lab, told: Told) -> None:
    environment = wants(types=["function"])
    spec = recording(lab, told, SPEAKS, environment=environment, log_format="JSON")
    await lab.invoke(spec)
    await until(lambda: len(told.telemetry()) >= 2)
    plain, logged = [event["record"] for event in told.telemetry()]
    assert plain == "printed" and logged["message"] == "logged" and logged["level"] == "WARNING"


async def test_the_logs_api(lab: Lab, told: Told) -> None:
    logs = {"types": ["platform", "function"], "buffering": {"timeoutMs": 25}}
    environment = {"SUBSCRIBE": json.dumps({"logs": logs})}
    code = SPEAKS + "        import os; os._exit(3)\n"
    spec = recording(lab, told, code, environment={**environment, "LINGER": "0.3"})
    _, done = await lab.invoke(spec, request_id="the-id")
    assert "LOGS\tName: recorder\tState: Subscribed\tTypes: [Platform, Function]\n" in done.log_text
    await until(lambda: any(event["type"] == "platform.report" for event in told.telemetry()))
    records = {event["type"]: event["record"] for event in told.telemetry()}
    assert records["platform.logsSubscription"]["name"] == "recorder"
    assert records["platform.start"] == {"requestId": "the-id", "version": "$LATEST"}
    assert records["platform.end"] == {"requestId": "the-id"}
    assert records["platform.runtimeDone"] == {"requestId": "the-id", "status": "error"}
    assert records["platform.fault"] == (
        "RequestId: the-id Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n"
    )
    assert set(records["platform.report"]) == {"requestId", "metrics"}


async def test_a_wrong_subscription_is_refused(lab: Lab, told: Told) -> None:
    spec = recording(lab, told, environment=wants(types=[]))
    result, _ = await lab.invoke(spec)
    assert result.payload == b"{}"
    [[status, body]] = told.of("subscribed")
    assert status == 400
    assert json.loads(body) == {
        "errorMessage": "types should not be empty",
        "errorType": "ValidationError",
    }


async def test_subscribing_ends_with_initialisation(lab: Lab) -> None:
    spec = lab.python(
        """
        import json, os, urllib.error, urllib.request
        API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
        def call(method, path, body=None, **headers):
            headers = {"Lambda-Extension-" + name: value for name, value in headers.items()}
            request = urllib.request.Request(API + path, body, headers, method=method)
            try:
                with urllib.request.urlopen(request) as reply:
                    return reply.headers["Lambda-Extension-Identifier"]
            except urllib.error.HTTPError as error:
                with error:
                    return json.loads(error.read())
        me = call("POST", "/2020-01-01/extension/register", b'{"events": []}', Name="inside")
        import threading
        next = ("GET", "/2020-01-01/extension/event/next")
        threading.Thread(target=call, args=next, kwargs={"Identifier": me}, daemon=True).start()
        def handler(event, context):
            return [
                call("PUT", "/2022-07-01/telemetry", b"{}", Identifier=me),
                call("PUT", "/2020-08-15/logs", b"{}", Identifier=me),
                call("POST", "/2020-01-01/extension/register", b"{}", Name="late"),
            ]
        """
    )
    result, _ = await lab.invoke(spec)
    assert json.loads(result.payload) == [
        {
            "errorMessage": "Telemetry API subscription is closed already",
            "errorType": "Telemetry.SubscriptionClosed",
        },
        {
            "errorMessage": "Logs API subscription is closed already",
            "errorType": "Logs.SubscriptionClosed",
        },
        {
            "errorMessage": "Extension registration closed already",
            "errorType": "Extension.RegistrationClosed",
        },
    ]


URI = {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243"}


def test_a_subscription_and_its_defaults() -> None:
    body = {"schemaVersion": "2022-12-13", "types": ["platform", "platform"], "destination": URI}
    assert parse_subscription("Telemetry", json.dumps(body).encode()) == Subscription(
        "Telemetry", ("platform",), 4243, "/", "POST", 10_000, 262_144, 1.0
    )
    tcp = {"types": ["function"], "destination": {"protocol": "TCP", "port": 7}}
    found = parse_subscription("Logs", json.dumps(tcp).encode())
    assert (found.port, found.path) == (7, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"types": [], "destination": {**URI, "URI": "http://sandbox.localdomain"}},
            "URI port is not provided; types should not be empty",
        ),
        ({"types": ["lunch"]}, "types should be among platform, function, extension"),
        ({"types": None}, "types should not be empty"),
        (
            {"schemaVersion": "1"},
            "schemaVersion should be one of 2022-07-01, 2022-12-13, 2025-01-29",
        ),
        ({"destination": None}, "destination is not provided"),
        ({"destination": {"protocol": "UDP"}}, "protocol should be one of HTTP, TCP"),
        ({"destination": {"protocol": "TCP", "port": "1"}}, "port is not provided"),
        ({"destination": {"protocol": "TCP", "port": 70000}}, "port is not provided"),
        ({"destination": {**URI, "URI": "http://sandbox:99999"}}, "URI is not valid"),
        (
            {"destination": {**URI, "URI": "http://example.com:80"}},
            "URI should begin with http://sandbox.localdomain",
        ),
        ({"destination": {**URI, "method": "GET"}}, "method should be one of POST, PUT"),
        ({"buffering": {"maxItems": 1}}, "maxItems should be between 1000 and 10000"),
        ({"buffering": {"timeoutMs": True}}, "timeoutMs should be between 25 and 30000"),
        ({"buffering": []}, "buffering should be an object"),
    ],
)
def test_what_cannot_be_subscribed(change: dict[str, Any], message: str) -> None:
    body = {**ALL, "destination": URI, **change}
    with pytest.raises(ValidationError) as raised:
        parse_subscription("Telemetry", json.dumps(body).encode())
    assert str(raised.value) == message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_a_subscription_that_is_no_json_object(body: bytes) -> None:
    with pytest.raises(ValidationError, match="failed to parse JSON"):
        parse_subscription("Telemetry", body)


class Reader:
    """A subscriber over TCP that reads only when it is told to."""

    def __init__(self) -> None:
        self.connected: asyncio.Future[asyncio.StreamReader] = asyncio.Future()
        self.writer: asyncio.StreamWriter | None = None

    async def listen(self) -> None:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self.server.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.connected.set_result(reader)

    async def close(self) -> None:
        self.server.close()
        if self.writer is not None:
            self.writer.close()
        await self.server.wait_closed()


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    reader = Reader()
    await reader.listen()
    yield reader
    await reader.close()


def subscribed(port: int, **more: Any) -> tuple[Telemetry, list[PlatformEvent]]:
    """Telemetry with one subscriber for function logs, and what is reported of it."""
    extensions = ExtensionsApi(SPEC, lambda: None, lambda error_type: None)
    reported: list[PlatformEvent] = []
    telemetry = Telemetry(extensions, reported.append, parse_json=False)
    extension = extensions.expect("outside")
    body = {
        "schemaVersion": "2022-07-01",
        "types": ["function"],
        "destination": {"protocol": "TCP", "port": port},
        **more,
    }
    call = Call("PUT", "", json.dumps(body).encode(), identifier=extension.identifier)
    call.path = "/2022-07-01/telemetry/"
    assert telemetry.handle(call) and call.status == 200
    reported.clear()
    return telemetry, reported


def lines(count: int, size: int = 1) -> list[Event]:
    return [(0, "x" * size + "\n")] * count


@pytest.mark.parametrize(
    ("count", "size", "batches"), [(1000, 1, 1), (999, 1, 0), (100, 3000, 1), (20, 3000, 0)]
)
async def test_a_batch_is_sent_when_it_is_full(
    reader: Reader, count: int, size: int, batches: int
) -> None:
    buffering = {"maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 30_000}
    telemetry, _ = subscribed(reader.port, buffering=buffering)
    telemetry.logged("function", lines(count, size))
    if batches:
        async with asyncio.timeout(10):
            first = json.loads(await (await reader.connected).readline())
        assert first == {
            "time": "1970-01-01T00:00:00.000Z",
            "type": "function",
            "record": "x" * size,
        }
        reader.writer.close()
    else:
        await asyncio.sleep(0)
        assert not reader.connected.done()
    telemetry.end()


async def test_what_nobody_takes_is_dropped_and_that_is_told(reader: Reader) -> None:
    await reader.close()  # nobody listens there any more
    telemetry, reported = subscribed(reader.port, buffering={"timeoutMs": 25})
    telemetry.logged("function", lines(3))
    await until(lambda: reported)
    [event] = reported
    assert isinstance(event, LogsDropped)
    assert event.dropped_records == 3 and event.dropped_bytes > 100
    assert event.reason.startswith("could not send events: ")
    telemetry.end()


async def test_a_slow_subscriber_loses_what_is_too_much(reader: Reader) -> None:
    telemetry, reported = subscribed(reader.port, buffering={"maxItems": 1000})
    for _ in range(20):
        telemetry.logged("function", lines(1000))
    assert len(reported) == 16, "four batches wait"
    assert "slower than the logs production rate" in str(reported[0].record())
    telemetry.end()
