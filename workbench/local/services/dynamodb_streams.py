"""Records of DynamoDB streams as AWS writes them.

moto writes one for a change that changes nothing, measures items by their JSON, calls every region
us-east-1, and may give two records that are written at the same moment one number.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

_EVENT_VERSION = "1.1"


@cache
def correct() -> None:
    """Make moto's tables do so. Loads that part of moto."""
    from moto.dynamodb.models import table

    shard: Any = table.StreamShard
    shard.add = _adding(shard.add)


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

    return add


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
