"""Functions invoked with the messages of a queue (lambda-facts §7.2)."""

from __future__ import annotations

from endpoint_lab import LocalEndpoint
from sources_lab import Queue, asking_function, body_of, until


def test_messages_arrive_as_records_and_are_deleted(hurried: LocalEndpoint) -> None:
    queue = Queue(hurried)
    with asking_function(hurried) as function:
        mapping = function.mapped(queue.arn)
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
    assert mapping["State"] == "Enabled"
    assert body_of({"body": "x"}) == "x"
