"""Sending a record or dead letter to what its ARN names (lambda-facts §6)."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from workbench.local.services.settings import ServiceError
from workbench.local.store.records import Delivery


class Services(Protocol):
    """The AWS services, as `local/services` offers them."""

    async def call(
        self, service: str, operation: str, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        """An operation's output. Raises ServiceError."""


Invoke = Callable[[Delivery], None]
"""Invokes the function that is a record's destination. Raises ApiError."""


async def send(services: Services, invoke: Invoke, delivery: Delivery) -> None:
    """Return when it was taken. Raises ServiceError, and ApiError for a function."""
    service = delivery.arn.split(":")[2]
    if service == "lambda":
        invoke(delivery)
        return
    await _SENDERS[service](services, delivery)


async def _to_queue(services: Services, delivery: Delivery) -> None:
    _, _, _, _, account, name = delivery.arn.split(":", 5)
    asked = {"QueueName": name, "QueueOwnerAWSAccountId": account}
    queue = await services.call("sqs", "GetQueueUrl", asked)
    message: dict[str, Any] = {
        "QueueUrl": queue["QueueUrl"],
        "MessageBody": _text(delivery),
        "MessageSystemAttributes": {
            "AWSTraceHeader": {"DataType": "String", "StringValue": delivery.trace_header}
        },
    }
    if delivery.kind == "dead-letter":
        message["MessageAttributes"] = _message_attributes(delivery)
    await services.call("sqs", "SendMessage", message)


async def _to_topic(services: Services, delivery: Delivery) -> None:
    message: dict[str, Any] = {"TopicArn": delivery.arn, "Message": _text(delivery)}
    if delivery.kind == "dead-letter":
        message["MessageAttributes"] = _message_attributes(delivery)
    await services.call("sns", "Publish", message)


async def _to_event_bus(services: Services, delivery: Delivery) -> None:
    entry = {
        "EventBusName": delivery.arn,
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {delivery.attributes['Result']}",
        "Resources": [delivery.arn, delivery.attributes["FunctionArn"]],
        "Detail": _text(delivery),
        "TraceHeader": delivery.trace_header,
    }
    answer = await services.call("events", "PutEvents", {"Entries": [entry]})
    if answer.get("FailedEntryCount"):
        failed = answer["Entries"][0]
        raise ServiceError(
            "events", "PutEvents", failed.get("ErrorCode", ""), failed.get("ErrorMessage", "")
        )


async def _to_bucket(services: Services, delivery: Delivery) -> None:
    now = datetime.datetime.now(datetime.UTC)
    key = f"aws/lambda/async/{delivery.function}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
    bucket = delivery.arn.rpartition(":")[2]
    await services.call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": delivery.body})


_SENDERS = {"sqs": _to_queue, "sns": _to_topic, "events": _to_event_bus, "s3": _to_bucket}


def _text(delivery: Delivery) -> str:
    return delivery.body.decode("utf-8", "replace")


def _message_attributes(delivery: Delivery) -> dict[str, dict[str, str]]:
    return {
        name: {"DataType": "Number" if name == "ErrorCode" else "String", "StringValue": value}
        for name, value in delivery.attributes.items()
    }
