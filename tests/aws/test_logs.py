"""Following and fetching logs of the real local Lambda, by live tail and by polling."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from workbench.aws.clients import Clients
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.logs import logs
from workbench.aws.records import LogEvent, Target


@contextmanager
def following(target: Target, group: str, since_ms: int) -> Iterator[queue.Queue[LogEvent]]:
    events: queue.Queue[LogEvent] = queue.Queue()
    stop = threading.Event()

    def follow() -> None:
        for batch in logs.tail(target, group, since_ms=since_ms, stop=stop):
            assert batch
            for event in batch:
                events.put(event)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield events
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until_report(events: queue.Queue[LogEvent], request_id: str) -> list[LogEvent]:
    found = []
    while True:
        event = events.get(timeout=20)
        found.append(event)
        if event.message.startswith(f"REPORT RequestId: {request_id}"):
            return found


@pytest.fixture(params=["live tail", "polling"])
def target(
    request: pytest.FixtureRequest,
    local: Target,
    aws_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Target:
    """The local Lambda; and as AWS without STS, where only polling is left."""
    if request.param == "live tail":
        return local
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    return Target("aws", "us-east-1", endpoint_url=local.endpoint_url)


def test_tells_every_line_once_before_and_after_it_began(
    target: Target, client: LambdaClient
) -> None:
    since = int(time.time() * 1000) - 1
    before = client.invoke("Count", b'{"lines": 150}')
    with following(target, "/aws/lambda/Count", since) as events:
        found = until_report(events, before.request_id)
        after = client.invoke("Count", b'{"lines": 150}')
        found += until_report(events, after.request_id)
    lines = [event.message for event in found if event.message.startswith("line")]
    assert lines == [f"line {number}\n" for number in range(150)] * 2
    assert all(event.stream for event in found)


def test_waits_for_a_group_that_does_not_exist_yet(target: Target, client: LambdaClient) -> None:
    group = f"/aws/lambda/later-{target.kind}"
    with following(target, group, 0) as events:
        from workbench.aws.clients import Clients

        writer = Clients(client.target).logs
        writer.create_log_group(logGroupName=group)
        writer.create_log_stream(logGroupName=group, logStreamName="s")
        now = int(time.time() * 1000)
        writer.put_log_events(
            logGroupName=group,
            logStreamName="s",
            logEvents=[
                {"timestamp": now, "message": "same"},
                {"timestamp": now, "message": "same"},
            ],
        )
        assert [events.get(timeout=20).message for _ in range(2)] == ["same", "same"]


def test_fetch_gives_what_lies_between(local: Target, client: LambdaClient) -> None:
    start = int(time.time() * 1000)
    client.invoke("Count", b'{"lines": 3}')
    with following(local, "/aws/lambda/Count", start) as events:
        until_report(events, "")
    end = int(time.time() * 1000) + 1
    found = logs.fetch(local, "/aws/lambda/Count", start, end)
    assert [event.message for event in found if event.message.startswith("line")] == [
        "line 0\n",
        "line 1\n",
        "line 2\n",
    ]
    assert len(logs.fetch(local, "/aws/lambda/Count", start, end, limit=2)) == 2
    assert logs.fetch(local, "/aws/lambda/none", start, end) == []


class _HalfTold:
    """CloudWatch Logs whose live tail does not tell all: of three events the first is told."""

    def __init__(self, *, sampled: bool, kind: Literal["local", "aws"] = "aws") -> None:
        self.target = Target(kind, "us-east-1", account="123456789012", profile="nobody")
        self.logs = self
        self.sessions = 0
        self._sampled = sampled
        self._now = int(time.time() * 1000) - 60_000
        self._begun = False

    @property
    def events(self) -> list[dict[str, Any]]:
        return [
            {"timestamp": self._now + number, "message": f"line {number}", "logStreamName": "s"}
            for number in range(3)
        ]

    def start_live_tail(self, logGroupIdentifiers: list[str]) -> dict[str, Any]:
        self.sessions += 1
        return {"responseStream": self}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield {"sessionStart": {}}
        self._begun = True
        metadata = {"sampled": self._sampled}
        told = {"sessionMetadata": metadata, "sessionResults": self.events[:1]}
        yield {"sessionUpdate": told}
        while True:
            time.sleep(0.01)
            yield {"sessionUpdate": {"sessionMetadata": metadata, "sessionResults": []}}

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        assert request["startTime"] < request.get("endTime", self._now + 60_000)
        return {"events": self.events if self._begun else []}

    def close(self) -> None:
        pass


@pytest.mark.parametrize("sampled", [True, False])
def test_what_a_live_tail_leaves_out_is_polled(
    sampled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_FIRST_CHECK", 0.02)
    service, stop = _HalfTold(sampled=sampled), threading.Event()
    clients = cast("Clients", service)
    told: list[str] = []
    for batch in logs.tail(service.target, "g", since_ms=0, stop=stop, clients=clients):
        told += [event.message for event in batch]
        if len(told) >= 3:
            stop.set()
    assert told == ["line 0", "line 1", "line 2"]


def test_what_the_local_lambda_leaves_out_is_read_by_the_next_session() -> None:
    """A flood that was polled would be told when it is over."""
    service, stop = _HalfTold(sampled=True, kind="local"), threading.Event()
    clients = cast("Clients", service)
    told: list[str] = []
    for batch in logs.tail(service.target, "g", since_ms=0, stop=stop, clients=clients):
        told += [event.message for event in batch]
        if len(told) >= 3:
            stop.set()
    assert told == ["line 0", "line 1", "line 2"]
    assert service.sessions == 2
