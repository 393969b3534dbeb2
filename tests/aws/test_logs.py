"""Following and fetching logs of the real local Lambda, by live tail and by polling."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workbench.aws import logs
from workbench.aws.lambda_client import LambdaClient
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
