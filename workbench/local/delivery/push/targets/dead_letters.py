"""Queues of the embedded SQS for what could not be delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def to_queue(
    queue_arn: str,
    body: str,
    attributes: Mapping[str, str] | None = None,
    group: str | None = None,
) -> None:
    """Send a message to the queue, with string attributes. Raises moto's errors, for instance
    when there is no such queue."""
    from moto.sqs.models import sqs_backends

    _, _, _, region, account, name = queue_arn.split(":")
    given: dict[str, Any] = {
        key: {"DataType": "String", "StringValue": value}
        for key, value in (attributes or {}).items()
    }
    sqs_backends[account][region].send_message(name, body, message_attributes=given, group_id=group)
