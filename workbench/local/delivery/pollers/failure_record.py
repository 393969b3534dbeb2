"""Telling an on-failure destination of a batch that was given up (lambda-facts §7.3)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from workbench.local.delivery.pollers.invoke import Outcome
from workbench.local.delivery.pollers.mapping import PolledMapping
from workbench.local.delivery.pollers.shards import Record

EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"

_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


def failure_record(
    mapping: PolledMapping,
    shard: str,
    batch: Sequence[Record],
    condition: str,
    invocations: int,
    outcome: Outcome | None,
) -> dict[str, Any]:
    """The record of a batch that failed (EXHAUSTED, with its last outcome) or is TOO_OLD."""
    first, last = batch[0], batch[-1]
    # Kinesis tells of milliseconds, DynamoDB of whole seconds.
    precision = "milliseconds" if mapping.kind == "kinesis" else "seconds"
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": outcome.request_id if outcome else str(uuid.uuid4()),
            "functionArn": mapping.function,
            "condition": condition,
            "approximateInvokeCount": max(invocations, 1),
        }
    }
    if outcome is not None and condition == EXHAUSTED:
        record["responseContext"] = {
            "statusCode": outcome.status,
            "executedVersion": outcome.version,
            "functionError": outcome.function_error,
        }
    record["version"] = "1.0"
    record["timestamp"] = _time(datetime.now(UTC).timestamp(), "milliseconds")
    record[_INFO[mapping.kind]] = {
        "shardId": shard,
        "startSequenceNumber": first.sequence,
        "endSequenceNumber": last.sequence,
        "approximateArrivalOfFirstRecord": _time(first.arrival, precision),
        "approximateArrivalOfLastRecord": _time(last.arrival, precision),
        "batchSize": len(batch),
        "streamArn": mapping.source_arn,
    }
    return record


def send(
    client: Callable[[str, str], Any], mapping: PolledMapping, record: dict[str, Any], event: bytes
) -> None:
    """Send `record` to the mapping's destination; S3 gets the event with it. Raises botocore's
    exceptions."""
    arn = mapping.on_failure or ""
    service = arn.split(":")[2]
    if service == "sqs":
        *_, account, name = arn.split(":")
        queues = client("sqs", arn)
        url = queues.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        queues.send_message(QueueUrl=url, MessageBody=json.dumps(record))
    elif service == "sns":
        client("sns", arn).publish(TopicArn=arn, Message=json.dumps(record))
    elif service == "s3":
        info = record[_INFO[mapping.kind]]
        now = datetime.now(UTC)
        key = (
            f"aws/lambda/{mapping.uuid}/{info['shardId']}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-"
            f"{uuid.uuid4()}"
        )
        # The event as it was, not parsed and written again.
        body = json.dumps(record)[:-1].encode() + b', "payload": ' + event + b"}"
        client("s3", arn).put_object(Bucket=arn.rpartition(":")[2], Key=key, Body=body)


def _time(epoch: float, precision: str) -> str:
    text = datetime.fromtimestamp(epoch, UTC).isoformat(timespec=precision)
    return text.replace("+00:00", "Z")
