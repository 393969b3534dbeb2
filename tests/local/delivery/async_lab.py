"""What tests of asynchronous invocations share: functions that tell of themselves, and waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from endpoint_lab import LocalEndpoint


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Return what `condition` returns once it is true."""
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.01)
    return found


def telling(file: Path, after: str = "pass") -> str:
    """Code of a function that writes its event and request id to `file`, a line each time."""
    return (
        "import json\n"
        "def handler(event, context):\n"
        f"    with open({str(file)!r}, 'a') as f:\n"
        "        f.write(json.dumps([context.aws_request_id, event]) + chr(10))\n"
        f"    {after}\n"
    )


def told(file: Path) -> list[Any]:
    """What a `telling` function wrote."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def send(endpoint: LocalEndpoint, name: str, event: Any = None, **named: Any) -> str:
    """Invoke asynchronously; the request id."""
    answer = endpoint.client().invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **named
    )
    assert answer["StatusCode"] == 202
    request_id: str = answer["ResponseMetadata"]["RequestId"]
    return request_id


def queued(endpoint: LocalEndpoint) -> int:
    """How many events wait or run, or are told to somebody."""
    store = endpoint.server._store
    count: int = endpoint.call(lambda: store.async_events.count() + store.deliveries.count())
    return count
