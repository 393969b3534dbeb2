"""SQS messages as records of an event (lambda-facts §8.1)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from workbench.local.delivery.pollers.mapping import PolledMapping

# In the order in which events have them.
_ATTRIBUTES = (
    "ApproximateReceiveCount", "AWSTraceHeader", "SentTimestamp", "SequenceNumber",
    "MessageGroupId", "SenderId", "MessageDeduplicationId", "ApproximateFirstReceiveTimestamp",
    "DeadLetterQueueSourceArn",
)  # fmt: skip


def sqs_record(mapping: PolledMapping, message: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a message as boto3 returns it."""
    found = message.get("Attributes", {})
    given = message.get("MessageAttributes", {})
    record: dict[str, Any] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {name: found[name] for name in _ATTRIBUTES if name in found},
        "messageAttributes": {name: _attribute(value) for name, value in given.items()},
    }
    # With a batching window the member is there even when there is nothing to tell.
    if given or mapping.window:
        record["md5OfMessageAttributes"] = message.get("MD5OfMessageAttributes")
    return {
        **record,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source_arn,
        "awsRegion": mapping.region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute: dict[str, Any] = {}
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return {
        **attribute,
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
