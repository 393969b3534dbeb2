"""Records of asynchronous invocations and dead letters, as they arrive (lambda-facts §6)."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from async_lab import queued, send, telling, told, wait_for
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint, local_lambda

FAILS_AT_WILL = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("on purpose")
    return {"got": event}
"""
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
OBJECT = re.compile(
    r"/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f]{8}(-[0-9a-f]+){4}$"
)
TRACE = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=.+")


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """A local Lambda with its embedded services, whose retries come at once."""
    with local_lambda(tmp_path_factory.mktemp("destinations"), time_scale=1000.0) as endpoint:
        yield endpoint


class Inbox:
    """A new SQS queue and what is in it."""

    def __init__(self, endpoint: LocalEndpoint) -> None:
        name = f"queue-{uuid.uuid4().hex[:8]}"
        self._sqs = endpoint.client("sqs")
        self.url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def message(self) -> dict[str, Any]:
        """The next message, which is taken out."""
        [message] = wait_for(self._receive)
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        found: dict[str, Any] = message
        return found

    def record(self) -> dict[str, Any]:
        """The next message's body."""
        body: dict[str, Any] = json.loads(self.message()["Body"])
        return body

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self.url, MessageAttributeNames=["All"], AttributeNames=["All"]
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found


def destinations(endpoint: LocalEndpoint, name: str, **named: Any) -> None:
    """Set OnSuccess and OnFailure to ARNs; the rest as the API has it."""
    sides = {
        side: {"Destination": named.pop(side)}
        for side in ("OnSuccess", "OnFailure")
        if side in named
    }
    endpoint.client().put_function_event_invoke_config(
        FunctionName=name, DestinationConfig=sides, **named
    )


def test_records_of_success_and_failure_in_a_queue(quick: LocalEndpoint) -> None:
    queue, name = Inbox(quick), quick.create(FAILS_AT_WILL)
    destinations(quick, name, OnSuccess=queue.arn, OnFailure=queue.arn)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:$LATEST"
    request_id = send(quick, name, {"n": 1})
    message = queue.message()
    assert TRACE.fullmatch(message["Attributes"]["AWSTraceHeader"])
    assert "MessageAttributes" not in message
    record = json.loads(message["Body"])
    assert MOMENT.fullmatch(record.pop("timestamp"))
    assert list(record) == [
        "version", "requestContext", "requestPayload", "responseContext", "responsePayload"
    ]  # fmt: skip
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": arn,
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"n": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"got": {"n": 1}},
    }
    request_id = send(quick, name, {"fail": 1})
    record = queue.record()
    assert record["requestContext"] == {
        "requestId": request_id,
        "functionArn": arn,
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "on purpose"
    assert record["responsePayload"]["requestId"] == request_id


def test_an_alias_is_named_and_so_is_the_version_that_ran(quick: LocalEndpoint) -> None:
    queue, name = Inbox(quick), quick.create(FAILS_AT_WILL, Publish=True)
    quick.settle(name, "1")
    client = quick.client()
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    destinations(quick, name, OnSuccess=queue.arn, Qualifier="live")
    send(quick, name, {}, Qualifier="live")
    record = queue.record()
    assert record["requestContext"]["functionArn"].endswith(f":{name}:live")
    assert record["responseContext"]["executedVersion"] == "1"


def test_events_that_never_ran(quick: LocalEndpoint) -> None:
    client = quick.client()
    queue, letters = Inbox(quick), Inbox(quick)
    name = quick.create(FAILS_AT_WILL, DeadLetterConfig={"TargetArn": letters.arn})
    destinations(quick, name, OnFailure=queue.arn, MaximumRetryAttempts=0)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    request_id = send(quick, name, {})
    record = queue.record()
    record.pop("timestamp")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:$LATEST",
            "condition": "ZeroReservedConcurrency",
            "approximateInvokeCount": 0,
        },
        "requestPayload": {},
    }
    assert letters.message()["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"


def test_an_event_that_would_be_too_old(quick: LocalEndpoint) -> None:
    queue, name = Inbox(quick), quick.create(FAILS_AT_WILL)
    destinations(quick, name, OnFailure=queue.arn, MaximumEventAgeInSeconds=60)
    send(quick, name, {"fail": 1})
    context = queue.record()["requestContext"]
    assert context["condition"] == "EventAgeExceeded"
    assert context["approximateInvokeCount"] == 1


def test_a_dead_letter_is_the_event_with_what_went_wrong(quick: LocalEndpoint) -> None:
    queue = Inbox(quick)
    name = quick.create(FAILS_AT_WILL, DeadLetterConfig={"TargetArn": queue.arn})
    request_id = send(quick, name, {"fail": "ünd"})
    message = queue.message()
    assert json.loads(message["Body"]) == {"fail": "ünd"}
    attributes = {
        key: (value["DataType"], value["StringValue"])
        for key, value in message["MessageAttributes"].items()
    }
    assert attributes == {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "on purpose"),
    }


def test_topics_take_records_and_dead_letters(quick: LocalEndpoint) -> None:
    queue, sns = Inbox(quick), quick.client("sns")
    topic = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    name = quick.create(FAILS_AT_WILL)
    destinations(quick, name, OnSuccess=topic)
    send(quick, name, {})
    notification = queue.record()
    assert notification["TopicArn"] == topic and "MessageAttributes" not in notification
    assert json.loads(notification["Message"])["requestContext"]["condition"] == "Success"
    failing = quick.create(FAILS_AT_WILL, DeadLetterConfig={"TargetArn": topic})
    request_id = send(quick, failing, {"fail": 1})
    notification = queue.record()
    assert json.loads(notification["Message"]) == {"fail": 1}
    attributes = notification["MessageAttributes"]
    assert attributes["RequestID"] == {"Type": "String", "Value": request_id}
    assert attributes["ErrorCode"] == {"Type": "Number", "Value": "200"}


def test_a_failure_too_large_for_a_topic_is_told_without_payloads(quick: LocalEndpoint) -> None:
    queue, sns = Inbox(quick), quick.client("sns")
    topic = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    name = quick.create(FAILS_AT_WILL)
    destinations(quick, name, OnFailure=topic, MaximumRetryAttempts=0)
    send(quick, name, {"fail": "x" * 300_000})
    record = json.loads(queue.record()["Message"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert list(record) == ["version", "timestamp", "requestContext", "responseContext"]


def test_a_bucket_takes_failures(quick: LocalEndpoint) -> None:
    s3, bucket = quick.client("s3"), f"bucket-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    name = quick.create(FAILS_AT_WILL)
    destinations(quick, name, OnFailure=f"arn:aws:s3:::{bucket}", MaximumRetryAttempts=0)
    send(quick, name, {"fail": 1})
    [found] = wait_for(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    assert found["Key"].startswith(f"aws/lambda/async/{name}/")
    assert OBJECT.search(found["Key"])
    record = json.loads(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read())
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_an_event_bus_takes_records(quick: LocalEndpoint) -> None:
    queue, events = Inbox(quick), quick.client("events")
    bus = f"bus-{uuid.uuid4().hex[:8]}"
    arn = events.create_event_bus(Name=bus)["EventBusArn"]
    events.put_rule(Name="all", EventBusName=bus, EventPattern='{"source": ["lambda"]}')
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue.arn}])
    name = quick.create(FAILS_AT_WILL)
    destinations(quick, name, OnSuccess=arn, OnFailure=arn, MaximumRetryAttempts=0)
    for event, word in (({}, "Success"), ({"fail": 1}, "Failure")):
        send(quick, name, event)
        got = queue.record()
        assert got["source"] == "lambda"
        assert got["detail-type"] == f"Lambda Function Invocation Result - {word}"
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:$LATEST"
        assert got["resources"] == [arn, function]
        assert got["detail"]["requestPayload"] == event


def test_a_function_is_invoked_with_the_record(quick: LocalEndpoint, tmp_path: Path) -> None:
    name, keeper = quick.create(FAILS_AT_WILL), quick.create(telling(tmp_path / "records"))
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{keeper}"
    destinations(quick, name, OnSuccess=arn)
    request_id = send(quick, name, {"n": 1})
    [[other_id, record]] = wait_for(lambda: told(tmp_path / "records"))
    assert other_id != request_id
    assert record["requestContext"]["requestId"] == request_id
    wait_for(lambda: queued(quick) == 0)


def test_what_nobody_takes_is_told(quick: LocalEndpoint) -> None:
    gone = f"arn:aws:sqs:{REGION}:{ACCOUNT}:gone"
    name = quick.create(FAILS_AT_WILL, DeadLetterConfig={"TargetArn": gone})
    destinations(quick, name, OnFailure=gone, MaximumRetryAttempts=0)
    send(quick, name, {"fail": 1})
    wait_for(lambda: queued(quick) == 0)
    notices = [n["Message"] for n in quick.server.broadcaster.notices]
    for what in ("The record", "The dead letter"):
        assert any(
            notice.startswith(f"{what} of an event of {name} was dropped: {gone} did not take it")
            and "NonExistentQueue" in notice
            for notice in notices
        ), notices


def test_metrics_tell_of_it_all(quick: LocalEndpoint) -> None:
    gone = f"arn:aws:sqs:{REGION}:{ACCOUNT}:gone"
    name = quick.create(FAILS_AT_WILL, DeadLetterConfig={"TargetArn": gone})
    destinations(quick, name, OnFailure=gone, MaximumRetryAttempts=1)
    send(quick, name, {"fail": 1})
    wait_for(lambda: queued(quick) == 0)
    cloudwatch, now = quick.client("cloudwatch"), time.time()

    def sums() -> dict[str, float]:
        return {
            metric: sum(
                point["Sum"]
                for point in cloudwatch.get_metric_statistics(
                    Namespace="AWS/Lambda",
                    MetricName=metric,
                    Dimensions=[{"Name": "FunctionName", "Value": name}],
                    StartTime=now - 600,
                    EndTime=now + 600,
                    Period=60,
                    Statistics=["Sum"],
                )["Datapoints"]
            )
            for metric in (
                "AsyncEventsReceived", "AsyncEventsDropped", "DestinationDeliveryFailures",
                "DeadLetterErrors", "Invocations", "Errors",
            )
        }  # fmt: skip

    wait_for(lambda: list(sums().values()) == [1, 1, 1, 1, 2, 2])
