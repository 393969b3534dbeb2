"""Functions invoked with the records of Kinesis and DynamoDB streams (lambda-facts §7.3)."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
from datetime import datetime
from typing import Any

from endpoint_lab import ROLE, LocalEndpoint
from sources_lab import FROM_START, Stream, Table, asking_function, body_of, data, until


def test_kinesis_records(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)
    with asking_function(hurried) as function:
        sequences = stream.put("one", "two", "three", key="k")
        mapping = function.mapped(stream.arn, **FROM_START)
        records = function.records(3)
        client = hurried.client()

        def result() -> bool:
            found = client.get_event_source_mapping(UUID=mapping["UUID"])
            return bool(found["LastProcessingResult"] == "OK")

        until(result)
    assert data(function.events) == ["one", "two", "three"]
    arrival = records[0]["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrival, float) and abs(time.time() - arrival) < 60
    assert records[0] == {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "k",
            "sequenceNumber": sequences[0],
            "data": base64.b64encode(b"one").decode(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequences[0]}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE,
        "awsRegion": "us-east-1",
        "eventSourceARN": stream.arn,
    }
    assert mapping["LastProcessingResult"] == "No records processed"


def test_dynamodb_records(hurried: LocalEndpoint) -> None:
    table = Table(hurried)
    with asking_function(hurried) as function:
        function.mapped(table.arn, **FROM_START)
        table.put("a", n={"N": "1"}, b={"B": b"\x00\xff"}, s={"BS": [b"x"]})
        table.put("a", n={"N": "2"})
        table.put("a", n={"N": "2"})  # changes nothing
        table.dynamodb.delete_item(TableName=table.name, Key={"id": {"S": "a"}})
        records = function.records(3)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    first = records[0]
    change = first.pop("dynamodb")
    assert len(first.pop("eventID")) == 32
    assert first == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": table.arn,
    }
    image = {"id": {"S": "a"}, "n": {"N": "1"}, "b": {"B": "AP8="}, "s": {"BS": ["eA=="]}}
    assert change["Keys"] == {"id": {"S": "a"}} and change["NewImage"] == image
    assert isinstance(change["ApproximateCreationDateTime"], float)
    assert change["SizeBytes"] == len("id" + "a") + len("id" + "a" + "n" + "b" + "s") + 2 + 2 + 1
    assert change["StreamViewType"] == "NEW_AND_OLD_IMAGES" and "OldImage" not in change
    assert records[1]["dynamodb"]["OldImage"] == image


def test_starting_positions(hurried: LocalEndpoint) -> None:
    stream, table = Stream(hurried), Table(hurried)
    stream.put("early")
    table.put("early")
    time.sleep(0.01)
    middle = time.time()
    with asking_function(hurried) as latest, asking_function(hurried) as since:
        latest.mapped(stream.arn, StartingPosition="LATEST")
        latest.mapped(table.arn, StartingPosition="LATEST")
        stream.put("late")
        table.put("late")
        records = latest.records(2)
        seen = {r["eventSource"]: r for r in records}
        assert body_of(seen["aws:kinesis"]) == "late"
        assert seen["aws:dynamodb"]["dynamodb"]["Keys"] == {"id": {"S": "late"}}
        since.mapped(stream.arn, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=middle)
        since.records(1)
        assert data(since.events) == ["late"]


def test_latest_is_the_same_place_after_a_kill(hurried: LocalEndpoint) -> None:
    stream, table = Stream(hurried), Table(hurried)
    pollers = hurried.server._endpoint.event_sources._pollers
    stream.put("early")
    table.put("early")
    with asking_function(hurried) as function:
        time.sleep(1)  # DynamoDB tells whole seconds
        function.mapped(stream.arn, StartingPosition="LATEST")
        function.mapped(table.arn, StartingPosition="LATEST")
        os.kill(pollers.pid, signal.SIGKILL)
        stream.put("late")
        table.put("late")
        records = function.records(2)
        assert sorted(r["eventSource"] for r in records) == ["aws:dynamodb", "aws:kinesis"]
        assert "ZWFybHk=" not in (text := json.dumps(function.events)) and "early" not in text


def test_parallel_batches_keep_each_keys_order(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)
    with asking_function(hurried, lambda event: time.sleep(0.05)) as function:
        for number in range(12):
            records = [{"Data": f"{key}{number}".encode(), "PartitionKey": key} for key in "abcdef"]
            stream.kinesis.put_records(StreamName=stream.name, Records=records)
        function.mapped(stream.arn, ParallelizationFactor=4, BatchSize=3, **FROM_START)
        function.records(72)
        seen = data(function.events)
        for key in "abcdef":
            assert [item for item in seen if item[0] == key] == [f"{key}{n}" for n in range(12)]
        assert function.most_running > 1


def test_filtered_records_are_passed_over(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)
    criteria = {"Filters": [{"Pattern": '{"data": {"n": [3, 4]}}'}]}
    with asking_function(hurried) as function:
        stream.put(*(json.dumps({"n": number}) for number in range(6)), "text", key="k")
        function.mapped(stream.arn, FilterCriteria=criteria, **FROM_START)
        function.records(2)
        assert [json.loads(item)["n"] for item in data(function.events)] == [3, 4]


def test_tumbling_windows_carry_a_state(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)

    def answer(event: Any) -> Any:
        count = event["state"].get("count", 0) + len(event["Records"])
        return {"state": {"count": count}}

    def final(events: list[Any]) -> list[Any]:
        return [event for event in events if event["isFinalInvokeForWindow"]]

    with asking_function(hurried, answer) as function:
        function.mapped(stream.arn, BatchSize=2, TumblingWindowInSeconds=40, **FROM_START)
        for number in range(7):
            stream.put(str(number), key="k")
        events = function.wait(
            lambda events: sum(e["state"].get("count", 0) for e in final(events)) == 7
        )
        first = events[0]
        assert set(first) == {
            "Records", "window", "state", "shardId", "eventSourceARN", "isFinalInvokeForWindow",
            "isWindowTerminatedEarly",
        }  # fmt: skip
        assert first["state"] == {} and not first["isWindowTerminatedEarly"]
        start, end = (datetime.fromisoformat(first["window"][name]) for name in ("start", "end"))
        assert (end - start).total_seconds() == 2  # forty seconds, a twentieth of it
        assert all(not event["Records"] for event in final(events))


def test_a_state_that_grows_too_large_ends_its_window(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)

    def answer(event: Any) -> Any:
        return {"state": {} if event["isFinalInvokeForWindow"] else {"x": "x" * 1_100_000}}

    with asking_function(hurried, answer) as function:
        stream.put("1")
        function.mapped(stream.arn, TumblingWindowInSeconds=900, **FROM_START)
        events = function.wait(lambda events: len(events) == 2)
    assert [event["isFinalInvokeForWindow"] for event in events] == [False, True]
    assert events[1]["isWindowTerminatedEarly"] and len(events[1]["state"]["x"]) == 1_100_000


def test_children_of_a_split_shard_come_after_it(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)
    held = threading.Event()

    def answer(event: Any) -> None:
        if data([event])[0] < "10":
            held.wait(20)

    with asking_function(hurried, answer) as function:
        mapping = function.mapped(stream.arn, BatchSize=5, **FROM_START)
        before = [f"{number:02}" for number in range(10)]
        stream.put(*before)
        shards = stream.kinesis.list_shards(StreamName=stream.name)["Shards"]
        stream.kinesis.split_shard(
            StreamName=stream.name,
            ShardToSplit=shards[0]["ShardId"],
            NewStartingHashKey=str(2**127),
        )
        after = [f"{number:02}" for number in range(10, 30)]
        stream.put(*after)
        held.set()
        function.records(30)
        seen = data(function.events)
        assert seen[:10] == before and sorted(seen[10:]) == after
        stream.kinesis.merge_shards(
            StreamName=stream.name,
            ShardToMerge="shardId-000000000001",
            AdjacentShardToMerge="shardId-000000000002",
        )
        stream.put("merged")
        function.records(31)
        assert function.events[-1]["Records"][0]["eventID"].startswith("shardId-000000000003:")
        assert mapping["State"] == "Enabled"


def test_a_killed_poller_goes_on_where_it_was(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)
    pollers = hurried.server._endpoint.event_sources._pollers
    with asking_function(hurried, lambda event: time.sleep(0.02)) as function:
        function.mapped(stream.arn, BatchSize=1, StartingPosition="LATEST")
        sent = [f"{number:02}" for number in range(40)]
        stream.put(*sent[:20], key="k")
        function.records(5)
        os.kill(pollers.pid, signal.SIGKILL)
        stream.put(*sent[20:], key="k")
        function.wait(lambda events: "39" in data(events))
        seen = data(function.events)
        assert list(dict.fromkeys(seen)) == sent  # nothing lost, in order
        assert len(seen) <= len(sent) + 2  # at most what was in flight came twice


def test_disabling_keeps_the_place(hurried: LocalEndpoint) -> None:
    stream = Stream(hurried)
    client = hurried.client()
    with asking_function(hurried) as function:
        mapping = function.mapped(stream.arn, StartingPosition="LATEST")
        stream.put("1")
        function.records(1)
        for enabled, state in ((False, "Disabled"), (True, "Enabled")):
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
            until(
                lambda state=state: (
                    client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == state
                )
            )
            stream.put(state)
        function.records(3)
        assert data(function.events) == ["1", "Disabled", "Enabled"]
