"""The local Lambda's own surface: status, events, and a server that goes away."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import pytest

from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.workbench_surface import WorkbenchEvent, WorkbenchSurface


def test_status(surface: WorkbenchSurface, project: Path) -> None:
    status = surface.status()
    assert status["Project"] == str(project)
    assert status["Region"] == "us-east-1"
    assert status["Problems"] == []


def test_environments(surface: WorkbenchSurface, client: LambdaClient) -> None:
    client.invoke("Echo", b"{}")
    assert any(each["FunctionName"] == "Echo" for each in surface.environments())


def test_events_come_as_things_happen_and_end_when_told(
    surface: WorkbenchSurface, client: LambdaClient
) -> None:
    events: queue.Queue[WorkbenchEvent] = queue.Queue()
    stop = threading.Event()

    def listen() -> None:
        for event in surface.events(stop):
            events.put(event)

    thread = threading.Thread(target=listen)
    thread.start()
    assert events.get(timeout=30).kind == "connected"
    invocation = client.invoke("Echo", b"{}", token="t-1")
    seen = []
    while "finished" not in seen:
        event = events.get(timeout=30)
        if event.kind == "invocation" and event.data["RequestId"] == invocation.request_id:
            seen.append(event.data["Phase"])
    assert seen == ["started", "finished"]
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_server_that_is_not_there() -> None:
    surface = WorkbenchSurface("http://127.0.0.1:1")
    with pytest.raises(LambdaError, match="cannot be reached"):
        surface.status()
    stop = threading.Event()
    events = surface.events(stop)
    assert next(events).kind == "disconnected"
    stop.set()
    assert list(events) == []
