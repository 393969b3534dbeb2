"""Members that AWS's answers have and moto's lack, or the other way round: tables and batches."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

_OMITTED_WHEN_EMPTY = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")


@cache
def correct() -> None:
    """Make moto's answers have AWS's members. Loads its parts for DynamoDB and SQS."""
    from moto.dynamodb.models import table
    from moto.sqs import responses

    tables: Any = table.Table
    tables.describe = _describing(tables.describe)
    queues: Any = responses.SQSResponse
    for name in ("send_message_batch", "delete_message_batch", "change_message_visibility_batch"):
        setattr(queues, name, _without_empty_failures(getattr(queues, name)))


def _describing(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe(self: Any, base_key: str = "TableDescription") -> Any:
        """A table has an id; lists of indexes are there when there are indexes. Its throughput, and
        since when it is paid by request, are told from the second answer on: it is active then."""
        described = original(self, base_key=base_key)
        members = described[base_key]
        seen_before = hasattr(self, "table_id")
        if not seen_before:
            self.table_id = str(uuid.uuid4())
            members.pop("WarmThroughput", None)
        members["TableId"] = self.table_id
        for name in _OMITTED_WHEN_EMPTY:
            if not members.get(name):
                members.pop(name, None)
        billing = members.get("BillingModeSummary", {})
        if seen_before and billing.get("BillingMode") == "PAY_PER_REQUEST":
            billing["LastUpdateToPayPerRequestDateTime"] = members["CreationDateTime"]
        return described

    return describe


def _without_empty_failures(original: Callable[..., Any]) -> Callable[..., Any]:
    def batch(self: Any) -> Any:
        answer = original(self)
        if not answer.result["Failed"]:
            del answer.result["Failed"]
        return answer

    return batch
