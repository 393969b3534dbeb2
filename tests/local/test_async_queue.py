"""Retries of asynchronous invocations, with time made short (lambda-facts §6)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from endpoint_lab import local_lambda


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.01)


def test_a_failing_event_is_tried_three_times_with_one_request_id(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    with local_lambda(tmp_path / "project", time_scale=600.0) as endpoint:
        name = endpoint.create(
            "def handler(event, context):\n"
            f"    with open({str(tries)!r}, 'a') as f: f.write(context.aws_request_id + chr(10))\n"
            "    raise ValueError('again')\n"
        )
        answer = endpoint.client().invoke(FunctionName=name, InvocationType="Event")
        request_id = answer["ResponseMetadata"]["RequestId"]
        events = endpoint.server._store.async_events
        wait_for(lambda: tries.exists() and tries.read_text().count("\n") == 3)
        wait_for(lambda: endpoint.call(events.count) == 0)
        assert tries.read_text().splitlines() == [request_id] * 3


def test_a_throttled_event_waits_and_a_deleted_function_ends_it(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with local_lambda(tmp_path / "project", time_scale=100.0) as endpoint:
        client, events = endpoint.client(), endpoint.server._store.async_events
        name = endpoint.create(f"def handler(event, context): open({str(ran)!r}, 'w').close()")
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        client.invoke(FunctionName=name, InvocationType="Event")
        assert endpoint.call(events.count) == 1 and not ran.exists()
        client.delete_function_concurrency(FunctionName=name)
        wait_for(ran.exists)
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        client.invoke(FunctionName=name, InvocationType="Event")
        client.delete_function(FunctionName=name)
        wait_for(lambda: endpoint.call(events.count) == 0)
