"""Functions invoked with the messages of a queue (lambda-facts §7.2)."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import Any

import pytest
from endpoint_lab import LocalEndpoint
from sources_lab import Fails, Queue, asking_function, until, wait_state

PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def bodies(events: list[Any]) -> list[str]:
    return [record["body"] for event in events for record in event["Records"]]


def test_messages_arrive_as_records_and_are_deleted(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried)
    with asking_function(hurried) as function:
        function.mapped(queue.arn)
        (id,) = queue.send(
            "hello", MessageAttributes={"n": {"DataType": "Number", "StringValue": "6"}}
        )
        (record,) = function.records(1)
        until(lambda: queue.left == (0, 0))
    attributes = record.pop("attributes")
    assert set(attributes) == {
        "ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp",
    }  # fmt: skip
    assert attributes["ApproximateReceiveCount"] == "1"
    assert record.pop("receiptHandle") and len(record.pop("md5OfMessageAttributes")) == 32
    assert record == {
        "messageId": id,
        "body": "hello",
        "messageAttributes": {
            "n": {
                "stringValue": "6",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Number",
            }
        },
        "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": "us-east-1",
    }


def test_a_failed_batch_comes_again_and_then_to_the_dead_letter_queue(
    hurried: LocalEndpoint,
) -> None:
    dead = Queue(hurried)
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    queue = Queue(hurried, visibility=1, RedrivePolicy=policy)

    def fail(event: Any) -> None:
        raise Fails("no")

    with asking_function(hurried, fail, Timeout=1) as function:
        function.mapped(queue.arn)
        queue.send("poison")
        assert dead.receive()["Body"] == "poison"
        counts = [
            event["Records"][0]["attributes"]["ApproximateReceiveCount"]
            for event in function.events
        ]
    assert counts == ["1", "2"]


def test_only_the_reported_messages_come_again(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried, visibility=1)

    def answer(event: Any) -> Any:
        bad = [
            record["messageId"]
            for record in event["Records"]
            if record["body"] == "bad" and record["attributes"]["ApproximateReceiveCount"] == "1"
        ]
        return {"batchItemFailures": [{"itemIdentifier": id} for id in bad]}

    with asking_function(hurried, answer, Timeout=1) as function:
        function.mapped(queue.arn, **PARTIAL)
        queue.send("good", "bad", "fine")
        function.records(4)
        until(lambda: queue.left == (0, 0))
        assert sorted(bodies(function.events)) == ["bad", "bad", "fine", "good"]


def test_filtered_messages_are_deleted(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried)
    criteria = {"Filters": [{"Pattern": '{"body": {"n": [{"numeric": [">", 5]}]}}'}]}
    with asking_function(hurried) as function:
        function.mapped(queue.arn, FilterCriteria=criteria)
        queue.send(*(json.dumps({"n": n}) for n in range(10)), "text")
        function.records(4)
        until(lambda: queue.left == (0, 0))
        assert sorted(json.loads(body)["n"] for body in bodies(function.events)) == [6, 7, 8, 9]


def test_a_window_gathers_large_batches(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried, visibility=20)
    sent = [f"message {number}" for number in range(45)]
    with asking_function(hurried) as function:
        # Twenty seconds, of which there is one here.
        function.mapped(queue.arn, BatchSize=30, MaximumBatchingWindowInSeconds=20)
        queue.send(*sent)
        function.records(45)
        assert max(len(event["Records"]) for event in function.events) == 30
        assert sorted(bodies(function.events)) == sorted(sent)
        assert function.events[0]["Records"][0]["md5OfMessageAttributes"] is None


@pytest.mark.parametrize(("settings", "expected"), [
    ({"ScalingConfig": {"MaximumConcurrency": 2}}, 2), ({}, 5),
])  # fmt: skip
def test_how_many_run_at_once(
    hurried: LocalEndpoint, settings: dict[str, Any], expected: int
) -> None:
    queue = Queue(hurried)
    full = threading.Event()
    running = threading.Semaphore(0)

    def answer(event: Any) -> None:
        running.release()
        full.wait(20)

    with asking_function(hurried, answer) as function:
        queue.send(*(str(number) for number in range(4 * expected)))
        function.mapped(queue.arn, BatchSize=1, **settings)
        for _ in range(expected):
            assert running.acquire(timeout=20)
        full.set()
        function.records(4 * expected)
        until(lambda: queue.left == (0, 0))
        if settings:
            assert function.most_running == expected


def test_fifo_messages_keep_their_order_within_a_group(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried, visibility=2, FifoQueue="true", ContentBasedDeduplication="true")
    failed: set[str] = set()

    def answer(event: Any) -> Any:
        """The third message of group b fails once, and with it all that follow in the batch."""
        ids = [record["messageId"] for record in event["Records"]]
        for number, record in enumerate(event["Records"]):
            if record["body"] == "b3" and not failed:
                failed.add("b3")
                return {"batchItemFailures": [{"itemIdentifier": id} for id in ids[number:]]}
        return None

    with asking_function(hurried, answer, Timeout=1) as function:
        function.mapped(queue.arn, BatchSize=3, **PARTIAL)
        for number in range(6):
            for group in "ab":
                queue.send(f"{group}{number}", MessageGroupId=group)
        until(lambda: len(set(bodies(function.events))) == 12 and queue.left == (0, 0))
        for group in "ab":
            seen = [body for body in bodies(function.events) if body[0] == group]
            last = list(dict.fromkeys(reversed(seen)))[::-1]  # where each came for the last time
            assert last == [f"{group}{number}" for number in range(6)]
        assert failed


def test_throttled_messages_wait(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried, visibility=20)
    client = hurried.client()
    with asking_function(hurried) as function:
        client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
        mapping = function.mapped(queue.arn)
        queue.send("patient")
        until(lambda: queue.left == (0, 1))
        client.delete_function_concurrency(FunctionName=function.name)
        (record,) = function.records(1)
        assert record["attributes"]["ApproximateReceiveCount"] == "1"
        until(lambda: queue.left == (0, 0))
        assert "LastProcessingResult" not in mapping


def test_a_disabled_mapping_takes_nothing(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried)
    client = hurried.client()
    with asking_function(hurried) as function:
        mapping = function.mapped(queue.arn)
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        wait_state(hurried, mapping["UUID"], "Disabled")
        queue.send("later")
        assert queue.left == (1, 0)
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        function.records(1)


def test_a_mapping_follows_the_alias_it_names(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried)
    client = hurried.client()
    with asking_function(hurried, Publish=True) as function:
        name = function.name
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        made = client.create_event_source_mapping(
            EventSourceArn=queue.arn, FunctionName=f"{name}:live"
        )
        wait_state(hurried, made["UUID"], "Enabled")
        queue.send("to the alias")
        function.records(1)
        logs = hurried.client("logs")

        def version() -> Any:
            found = logs.filter_log_events(
                logGroupName=f"/aws/lambda/{name}", filterPattern='"START RequestId"'
            )
            return [event["message"] for event in found["events"]]

        assert until(version)[0].endswith("Version: 1\n")


def test_a_killed_poller_loses_nothing(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried, visibility=2)
    sent = [str(number) for number in range(60)]
    pollers = hurried.server._endpoint.event_sources._pollers
    with asking_function(hurried, Timeout=2) as function:
        function.mapped(queue.arn, BatchSize=5)
        queue.send(*sent[:30])
        function.records(1)
        killed = until(lambda: pollers.pid)
        os.kill(killed, signal.SIGKILL)
        queue.send(*sent[30:])
        until(lambda: set(bodies(function.events)) == set(sent))
        until(lambda: queue.left == (0, 0))
        assert pollers.pid != killed
