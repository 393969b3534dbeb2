"""Test messages for triggers: what a person fills in, and the request that is made of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.aws.errors import LambdaError
from workbench.aws.triggers.trigger import Trigger

_JSON = '{"test": true}'


@dataclass(frozen=True, slots=True)
class MessageField:
    """A value to fill in: its name, what a person reads, and what it begins with."""

    name: str
    label: str
    default: str
    kind: Literal["text", "json"] = "text"
    help: str = ""


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A call by boto3's names of service and operation."""

    service: str
    operation: str
    parameters: dict[str, Any]


def why_not_tested(trigger: Trigger) -> str | None:
    """The reason why no test message can be sent, None when one can."""
    if trigger.kind in ("SQS", "Kinesis", "DynamoDB", "SNS", "S3"):
        return None
    if trigger.kind == "Rule":
        if _pattern(trigger):
            return None
        return "A schedule takes no message: send the function the sample of one."
    if trigger.kind == "Schedule":
        return "A schedule takes no message: send the function the sample of one."
    if trigger.is_front:
        return "A front door takes requests: open it in the browser, or copy its address."
    if trigger.kind == "Unread":
        return "What could not be read takes no test message."
    return f"A test message cannot be sent for {trigger.kind}."


def fields(trigger: Trigger, key_names: Sequence[str] = ()) -> list[MessageField]:
    """What a test message for it takes. `key_names` are those of a DynamoDB table's key."""
    match trigger.kind:
        case "SQS":
            body = [MessageField("body", "Body", _JSON)]
            group = MessageField("group", "Message group", "test")
            return [*body, group] if trigger.name.endswith(".fifo") else body
        case "Kinesis":
            return [
                MessageField("data", "Data", _JSON),
                MessageField("key", "Partition key", "test", help="It decides on the shard."),
            ]
        case "DynamoDB":
            item = json.dumps(dict.fromkeys(key_names, "test"))
            words = "Plain JSON. The item is written into the table: an INSERT or MODIFY."
            return [MessageField("item", "Item", item, "json", words)]
        case "SNS":
            return [MessageField("message", "Message", _JSON)]
        case "S3":
            return [
                MessageField("key", "Key", "test.txt", help="The object is put into the bucket."),
                MessageField("body", "Content", "test"),
            ]
    pattern = _pattern(trigger)
    source, kind = _first(pattern, "source"), _first(pattern, "detail-type")
    return [
        MessageField("source", "Source", source or "workbench.test"),
        MessageField("type", "Detail type", kind or "test"),
        MessageField("detail", "Detail", _detail(pattern), "json", "It must fit the pattern."),
    ]


def request(trigger: Trigger, values: Mapping[str, Any], queue_url: str = "") -> MessageRequest:
    """The call that sends a message filled in so. Raises LambdaError for values that don't do."""
    match trigger.kind:
        case "SQS":
            message = {"QueueUrl": queue_url, "MessageBody": values["body"]}
            if "group" in values:
                message["MessageGroupId"] = values["group"]
                message["MessageDeduplicationId"] = str(uuid.uuid4())
            return MessageRequest("sqs", "send_message", message)
        case "Kinesis":
            record = {"Data": values["data"].encode(), "PartitionKey": values["key"]}
            return MessageRequest("kinesis", "put_record", {"StreamARN": trigger.arn, **record})
        case "DynamoDB":
            put = {"TableName": trigger.name, "Item": _attributes(values["item"])}
            return MessageRequest("dynamodb", "put_item", put)
        case "SNS":
            published = {"TopicArn": trigger.arn, "Message": values["message"]}
            return MessageRequest("sns", "publish", published)
        case "S3":
            thing = {"Key": values["key"], "Body": values["body"].encode()}
            return MessageRequest("s3", "put_object", {"Bucket": trigger.name, **thing})
    entry = {
        "Source": values["source"],
        "DetailType": values["type"],
        "Detail": json.dumps(values["detail"]),
        "EventBusName": _bus(trigger),
    }
    return MessageRequest("events", "put_events", {"Entries": [entry]})


def _bus(trigger: Trigger) -> str:
    resource = (trigger.arn or "").split(":", 5)[-1].removeprefix("rule/")
    return resource.rpartition("/")[0] or "default"


def _attributes(item: Any) -> dict[str, Any]:
    from decimal import Decimal

    from boto3.dynamodb.types import TypeSerializer

    if not isinstance(item, dict):
        raise LambdaError("Item", "An item is a JSON object", advice='Like {"id": "1"}.')
    exact = json.loads(json.dumps(item), parse_float=Decimal)
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in exact.items()}


def _pattern(trigger: Trigger) -> dict[str, Any]:
    """A rule's event pattern; {} when it has none but a schedule."""
    try:
        pattern = json.loads(trigger.detail)
    except ValueError:
        return {}
    return pattern if isinstance(pattern, dict) else {}


def _first(pattern: Mapping[str, Any], name: str) -> str | None:
    allowed = pattern.get(name)
    first = allowed[0] if isinstance(allowed, list) and allowed else None
    return first if isinstance(first, str) else None


def _detail(pattern: Mapping[str, Any]) -> str:
    """A detail that fits the pattern as far as it names values."""
    wanted = pattern.get("detail")
    found = _example(wanted) if isinstance(wanted, dict) else {}
    return json.dumps(found)


def _example(pattern: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, allowed in pattern.items():
        if isinstance(allowed, dict):
            found[name] = _example(allowed)
        elif isinstance(allowed, list) and allowed and not isinstance(allowed[0], dict):
            found[name] = allowed[0]
    return found
