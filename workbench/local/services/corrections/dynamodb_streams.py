"""Records of DynamoDB streams as AWS writes them.

moto writes one for a change that changes nothing, measures items by their JSON, calls every region
us-east-1, and may give two records that are written at the same moment one number. It remembers
each iterator it ever gave: here an iterator says itself where it is, also after a restart.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from workbench.local.services.keeping.tables import keep_record

_EVENT_VERSION = "1.1"


@cache
def correct() -> None:
    """Make moto's tables do so. Loads that part of moto."""
    from moto.dynamodb.models import table

    shard: Any = table.StreamShard
    shard.add = _adding(shard.add)
    from moto.dynamodbstreams import models

    backend: Any = models.DynamoDBStreamsBackend
    backend.get_shard_iterator = _get_shard_iterator
    backend.get_records = _get_records


def _adding(original: Callable[..., None]) -> Callable[..., None]:
    lock = threading.Lock()

    def add(self: Any, old: Any, new: Any) -> None:
        if old is not None and new is not None and _attributes(old) == _attributes(new):
            return
        with lock:
            before = len(self.items)
            original(self, old, new)
            for item in self.items[before:]:
                record, change = item.record, item.record["dynamodb"]
                record["eventVersion"] = _EVENT_VERSION
                record["awsRegion"] = self.table.region_name
                images = (change.get(name, {}) for name in ("Keys", "NewImage", "OldImage"))
                change["SizeBytes"] = sum(map(item_size, images))
                keep_record(self, item)

    return add


@dataclass(frozen=True, slots=True)
class _Iterator:
    """Where to read a stream: `arn` is the iterator as it is told."""

    arn: str


def _iterator(stream: str, number: int) -> _Iterator:
    place = base64.urlsafe_b64encode(json.dumps(number).encode()).decode()
    return _Iterator(f"{stream}|1|{place}")


def _get_shard_iterator(
    self: Any, arn: str, shard_id: str, shard_iterator_type: str, sequence_number: int | None = None
) -> _Iterator:
    shard = self._get_table_from_arn(arn).stream_shard
    if shard is None or shard.id != shard_id:
        raise _error("ResourceNotFoundException", f"Shard {shard_id} does not exist")
    first: int = shard.starting_sequence_number
    match shard_iterator_type:
        case "TRIM_HORIZON":
            return _iterator(arn, first)
        case "LATEST":
            return _iterator(arn, first + len(shard.items))
    number = (sequence_number or 0) + (shard_iterator_type == "AFTER_SEQUENCE_NUMBER")
    if number < first:
        raise _error(
            "TrimmedDataAccessException",
            f"The operation attempted to read past the oldest stream record in shard {shard_id}.",
        )
    return _iterator(arn, number)


def _get_records(self: Any, iterator_arn: str, limit: int) -> dict[str, Any]:
    stream, _, place = iterator_arn.rpartition("|1|")
    try:
        number = int(json.loads(base64.urlsafe_b64decode(place)))
    except (TypeError, ValueError):
        raise _error("ValidationException", "Invalid ShardIterator") from None
    shard = self._get_table_from_arn(stream).stream_shard
    if shard is None:
        raise _error("ResourceNotFoundException", "Requested resource not found: Stream not found")
    number = max(number, shard.starting_sequence_number)
    found = shard.get(number, limit)
    return {"NextShardIterator": _iterator(stream, number + len(found)).arn, "Records": found}


def _error(code: str, message: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    return JsonRESTError(code, message)


def _attributes(item: Any) -> Any:
    return item.to_json()["Attributes"]


def item_size(attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """The bytes of attributes (by name, with type letters), as DynamoDB counts them."""
    return sum(len(name.encode()) + _size(value) for name, value in attributes.items())


def _size(value: Mapping[str, Any]) -> int:
    kind: str
    content: Any
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits: str = content.lstrip("+-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + 1 + int(content.startswith("-"))
        case "B":
            return len(content) * 3 // 4 if isinstance(content, str) else len(content)
        case "BOOL" | "NULL":
            return 1
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(item) for name, item in content.items())
        case "L":
            return 3 + sum(1 + _size(item) for item in content)
    return sum(_size({kind[0]: item}) for item in content)  # SS, NS, BS
