"""What happens to batches of streams that fail (lambda-facts §7.3)."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from endpoint_lab import LocalEndpoint
from sources_lab import (
    FROM_START,
    Fails,
    Queue,
    Stream,
    Table,
    asking_function,
    batches,
    body_of,
    data,
    unique,
    until,
)

from workbench.aws.workbench_surface import WorkbenchSurface

PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def test_a_failing_batch_holds_up_its_shard_until_it_succeeds(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)
    seen: list[str] = []

    def answer(event: Any) -> None:
        if not seen:
            raise Fails("not yet")

    with asking_function(hurried, answer) as function:
        first, *_ = stream.put("1", "2", "3", key="k")
        mapping = function.mapped(stream.arn, BatchSize=2, **FROM_START)
        surface = WorkbenchSurface(hurried.url)

        def stalled() -> Any:
            (source,) = [s for s in surface.sources() if s["Id"] == mapping["UUID"]]
            assert source["EventSourceArn"] == stream.arn and source["State"] == "Enabled"
            return source["Stalled"]

        (stall,) = until(stalled)
        assert stall.pop("Failures") >= 1 and abs(stall.pop("NextTry") - time.time()) < 60
        assert stall == {
            "Shard": "shardId-000000000000",
            "FirstRecord": first,
            "Records": 2,
            "Behind": 1,
        }
        seen.append("what holds it up")
        function.wait(lambda events: batches(events)[-1] == ["3"])
        until(lambda: not stalled())
        tried = batches(function.events)
        assert tried == [["1", "2"]] * (len(tried) - 1) + [["3"]] and len(tried) > 2


def test_a_given_up_batch_goes_to_the_destination(hurried: LocalEndpoint) -> None:
    stream, queue = Stream(hurried), Queue(hurried)

    def answer(event: Any) -> None:
        if "bad" in data([event]):
            raise Fails("no")

    with asking_function(hurried, answer) as function:
        bad, good = stream.put("bad", "good", key="k")
        function.mapped(
            stream.arn,
            BatchSize=1,
            MaximumRetryAttempts=1,
            DestinationConfig={"OnFailure": {"Destination": queue.arn}},
            **FROM_START,
        )
        function.records(3)
        told = json.loads(queue.receive()["Body"])
    assert data(function.events) == ["bad", "bad", "good"] and bad < good
    context, info = told.pop("requestContext"), told.pop("KinesisBatchInfo")
    assert len(context.pop("requestId")) == 36
    assert context == {
        "functionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{function.name}",
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 2,
    }
    first, last = (info.pop(f"approximateArrivalOf{which}Record") for which in ("First", "Last"))
    assert first == last == told["timestamp"][:0] + first and len(first) == 24
    datetime.strptime(told.pop("timestamp"), "%Y-%m-%dT%H:%M:%S.%fZ")
    assert info == {
        "shardId": "shardId-000000000000",
        "startSequenceNumber": bad,
        "endSequenceNumber": bad,
        "batchSize": 1,
        "streamArn": stream.arn,
    }
    assert told == {
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
    }


def test_destinations_of_tables_topics_and_buckets(hurried: LocalEndpoint) -> None:
    table, queue = Table(hurried), Queue(hurried)
    sns, s3 = hurried.client("sns"), hurried.client("s3")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    bucket = unique("bucket")
    s3.create_bucket(Bucket=bucket)

    def answer(event: Any) -> None:
        raise Fails("no")

    table.put("x")
    for destination in (topic, f"arn:aws:s3:::{bucket}"):
        with asking_function(hurried, answer) as function:
            mapping = function.mapped(
                table.arn,
                MaximumRetryAttempts=0,
                DestinationConfig={"OnFailure": {"Destination": destination}},
                **FROM_START,
            )
            function.records(1)
            if destination == topic:
                told = json.loads(json.loads(queue.receive()["Body"])["Message"])
                assert "payload" not in told
            else:
                (found,) = until(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
                shard = function.events[0]["Records"][0]["eventID"] and found["Key"].split("/")[3]
                prefix = f"aws/lambda/{mapping['UUID']}/{shard}/{datetime.now():%Y/}"
                assert found["Key"].startswith(prefix)
                body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"]
                with body:
                    told = json.load(body)
                assert told.pop("payload") == function.events[0]
            info = told["DDBStreamBatchInfo"]
            assert info["batchSize"] == 1 and info["streamArn"] == table.arn
            assert len(info["approximateArrivalOfFirstRecord"]) == 20  # no milliseconds
            assert told["requestContext"]["approximateInvokeCount"] == 1


def test_bisecting_isolates_the_record_that_fails(hurried: LocalEndpoint) -> None:
    stream, queue = Stream(hurried), Queue(hurried)

    def answer(event: Any) -> None:
        if "poison" in data([event]):
            raise Fails("no")

    sent = ["0", "1", "2", "3", "4", "poison", "6", "7"]
    with asking_function(hurried, answer) as function:
        stream.put(*sent, key="k")
        function.mapped(
            stream.arn,
            BisectBatchOnFunctionError=True,
            MaximumRetryAttempts=1,
            DestinationConfig={"OnFailure": {"Destination": queue.arn}},
            **FROM_START,
        )
        info = json.loads(queue.receive()["Body"])["KinesisBatchInfo"]
        function.wait(lambda events: bool(events) and data([events[-1]])[-1] == "7")
    assert info["batchSize"] == 1
    tried = batches(function.events)
    assert tried[0] == sent and tried[1] == sent[:4] and tried[2] == sent[4:]
    done = [batch for batch in tried if "poison" not in batch]
    assert [item for batch in done for item in batch] == [x for x in sent if x != "poison"]
    assert tried.count(["poison"]) == 2  # halving was no retry


def test_records_before_the_reported_one_are_done(hurried: LocalEndpoint) -> None:
    stream, queue = Stream(hurried), Queue(hurried)

    def answer(event: Any) -> Any:
        failed = [
            {"itemIdentifier": record["kinesis"]["sequenceNumber"]}
            for record in event["Records"]
            if body_of(record) == "5"
        ]
        return {"batchItemFailures": failed}

    with asking_function(hurried, answer) as function:
        stream.put(*"012345", key="k")
        function.mapped(
            stream.arn,
            BatchSize=3,
            MaximumRetryAttempts=3,
            DestinationConfig={"OnFailure": {"Destination": queue.arn}},
            **FROM_START,
            **PARTIAL,
        )
        told = json.loads(queue.receive()["Body"])
    assert batches(function.events) == [list("012"), list("345"), *[["5"]] * 4]
    assert told["responseContext"]["functionError"] is None
    assert told["requestContext"]["approximateInvokeCount"] == 4


def test_records_that_are_too_old_are_given_up(hurried: LocalEndpoint) -> None:
    stream, queue = Stream(hurried), Queue(hurried)

    def answer(event: Any) -> None:
        if "old" in data([event]):
            raise Fails("no")

    with asking_function(hurried, answer) as function:
        stream.put("old")
        function.mapped(
            stream.arn,
            MaximumRecordAgeInSeconds=60,  # three seconds here
            DestinationConfig={"OnFailure": {"Destination": queue.arn}},
            **FROM_START,
        )
        function.records(3)
        told = json.loads(queue.receive()["Body"])
        assert told["requestContext"]["condition"] == "RecordAgeExceeded"
        assert told["requestContext"]["approximateInvokeCount"] >= 3
        assert "responseContext" not in told
        stream.put("new")
        function.wait(lambda events: data([events[-1]]) == ["new"])


def test_records_that_grow_too_old_while_throttled_are_given_up(hurried: LocalEndpoint) -> None:
    stream, queue = Stream(hurried), Queue(hurried)
    client = hurried.client()
    with asking_function(hurried) as function:
        client.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)
        stream.put("old")
        function.mapped(
            stream.arn,
            MaximumRecordAgeInSeconds=60,  # three seconds here
            MaximumRetryAttempts=0,  # throttles are no attempts
            DestinationConfig={"OnFailure": {"Destination": queue.arn}},
            **FROM_START,
        )
        told = json.loads(queue.receive()["Body"])
        assert told["requestContext"]["condition"] == "RecordAgeExceeded"
        assert told["KinesisBatchInfo"]["batchSize"] == 1 and not function.events
        client.delete_function_concurrency(FunctionName=function.name)
        stream.put("new")
        function.records(1)
        assert data(function.events) == ["new"]
