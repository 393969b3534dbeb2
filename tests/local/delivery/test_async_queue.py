"""Retries of asynchronous invocations, with time made short (lambda-facts §6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from async_lab import queued, send, telling, told, wait_for
from endpoint_lab import local_lambda


def test_a_failing_event_is_tried_three_times_with_one_request_id(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    with local_lambda(tmp_path / "project", time_scale=600.0) as endpoint:
        name = endpoint.create(telling(tries, "raise ValueError('again')"))
        request_id = send(endpoint, name, {"a": 1})
        wait_for(lambda: len(told(tries)) == 3)
        wait_for(lambda: queued(endpoint) == 0)
        assert told(tries) == [[request_id, {"a": 1}]] * 3


def test_the_older_operation_queues_events_too(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with local_lambda(tmp_path / "project") as endpoint:
        client, name = endpoint.client(), endpoint.create(telling(ran))
        assert client.invoke_async(FunctionName=name, InvokeArgs=b"[1]")["Status"] == 202
        assert wait_for(lambda: told(ran))[0][1] == [1]
        with pytest.raises(client.exceptions.InvalidRequestContentException):
            client.invoke_async(FunctionName=name, InvokeArgs=b"[1")
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.invoke_async(FunctionName="gone", InvokeArgs=b"[1]")


def test_attempts_and_age_are_those_of_the_qualifier_invoked(tmp_path: Path) -> None:
    once, aged = tmp_path / "once", tmp_path / "aged"
    with local_lambda(tmp_path / "project", time_scale=600.0) as endpoint:
        client = endpoint.client()
        put = client.put_function_event_invoke_config
        name = endpoint.create(telling(once, "raise ValueError"), Publish=True)
        endpoint.settle(name, "1")
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        put(FunctionName=name, Qualifier="live", MaximumRetryAttempts=0)
        other = endpoint.create(telling(aged, "raise ValueError"))
        # The first retry would be after a minute: it is too late, and nobody waits for it.
        put(FunctionName=other, MaximumEventAgeInSeconds=60)
        send(endpoint, name, Qualifier="live")
        send(endpoint, other)
        wait_for(lambda: queued(endpoint) == 0)
        assert (len(told(once)), len(told(aged))) == (1, 1)
        send(endpoint, name, Qualifier="1")
        wait_for(lambda: len(told(once)) == 1 + 3)


def test_a_throttled_event_waits_and_others_go_on(tmp_path: Path) -> None:
    gate, slow, quick = (tmp_path / part for part in ("gate", "slow", "quick"))
    code = telling(
        slow, f"import os, time\n    while not os.path.exists({str(gate)!r}): time.sleep(.01)"
    )
    with local_lambda(tmp_path / "project", time_scale=20.0) as endpoint:
        name = endpoint.create(code, Timeout=60)
        endpoint.client().put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=1
        )
        other = endpoint.create(telling(quick))
        for number in range(5):
            send(endpoint, name, number)
        wait_for(lambda: len(told(slow)) == 1)
        send(endpoint, other)
        wait_for(lambda: told(quick))
        waiting, total = endpoint.call(endpoint.server._endpoint.asynchronous.queue.waiting, 10)
        assert total == 5
        throttled = [event for event in waiting if event.waits_for]
        assert throttled and throttled[0].waits_for == (
            "ReservedFunctionConcurrentInvocationLimitExceeded"
        )
        gate.touch()
        wait_for(lambda: queued(endpoint) == 0)
        assert sorted(event for _, event in told(slow)) == [0, 1, 2, 3, 4]


def test_reserving_nothing_ends_events_and_so_does_deleting(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with local_lambda(tmp_path / "project", time_scale=0.001) as endpoint:
        client = endpoint.client()
        name = endpoint.create(telling(ran))
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        send(endpoint, name)
        wait_for(lambda: queued(endpoint) == 0)
        client.delete_function_concurrency(FunctionName=name)
        failing = endpoint.create(telling(ran, "raise ValueError"))
        send(endpoint, failing)
        queue = endpoint.server._endpoint.asynchronous.queue
        wait_for(lambda: [event.attempts for event in endpoint.call(queue.waiting, 10)[0]] == [1])
        client.delete_function(FunctionName=failing)
        assert queued(endpoint) == 0
        assert len(told(ran)) == 1


def test_a_queue_of_the_schema_before_is_taken_over(tmp_path: Path) -> None:
    import sqlite3

    ran, project = tmp_path / "ran", tmp_path / "project"
    with local_lambda(project) as endpoint:
        name = endpoint.create(telling(ran))
        state = endpoint.state
    with sqlite3.connect(state / "state.db") as db:
        db.executescript(
            "DROP TABLE event_queue; PRAGMA user_version = 2;"
            "CREATE TABLE async_events (request_id TEXT PRIMARY KEY, function TEXT NOT NULL,"
            " qualifier TEXT NOT NULL, payload BLOB NOT NULL, trace_header TEXT NOT NULL,"
            " accepted REAL NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL) WITHOUT ROWID;"
            f"INSERT INTO async_events VALUES ('r', '{name}', '', x'37', 'Root=1', 9e9, 1, 0)"
        )
    db.close()
    with local_lambda(project) as endpoint:
        wait_for(lambda: told(ran) == [["r", 7]])
        wait_for(lambda: queued(endpoint) == 0)
