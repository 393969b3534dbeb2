"""Items of the embedded DynamoDB and the records of its streams on disk."""

from __future__ import annotations

import json
import pickle
import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import cache, wraps
from typing import Any

from workbench.local.services.keeping import keep, pickles

_RETENTION = timedelta(hours=24)  # of stream records

_changing = threading.RLock()


def teach() -> None:
    """Have tables written without their items, and streams without their records."""
    pickles.teach("moto.dynamodb.models.table", "Table", _table)
    pickles.teach("moto.dynamodb.models.table", "StreamShard", _shard)


@cache
def correct() -> None:
    """Make moto's tables keep what changes, one change at a time: that also makes the conditions
    of concurrent writes hold, which moto checks and forgets. Loads that part of moto."""
    from moto.dynamodb import models
    from moto.dynamodb.models import table

    tables: Any = table.Table
    backend: Any = models.DynamoDBBackend
    tables.put_item = _putting(tables.put_item)
    tables.delete_item = _deleting(tables.delete_item)
    backend.put_item = _alone(backend.put_item)
    backend.delete_item = _alone(backend.delete_item)
    backend.update_item = _updating(backend.update_item)
    backend.transact_write_items = _transacting(backend.transact_write_items)


def _alone(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def change(*given: Any, **named: Any) -> Any:
        with _changing:
            return original(*given, **named)

    return change


def _putting(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def put_item(self: Any, *given: Any, **named: Any) -> Any:
        with _changing:
            item = original(self, *given, **named)
            _keep_item(self, item)
            return item

    return put_item


def _deleting(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def delete_item(self: Any, hash_key: Any, range_key: Any) -> Any:
        with _changing:
            item = original(self, hash_key, range_key)
            owner = _owner(self)
            if item is not None and owner is not None:
                keep.put((owner, _key(item), None))
            return item

    return delete_item


def _updating(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def update_item(self: Any, table_name: str, *given: Any, **named: Any) -> Any:
        with _changing:
            item = original(self, table_name, *given, **named)
            _keep_item(self.get_table(table_name), item)
            return item

    return update_item


def _transacting(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def transact_write_items(self: Any, *given: Any, **named: Any) -> Any:
        with _changing:
            try:
                return original(self, *given, **named)
            except BaseException:  # tables that it had changed are copies of before now
                for table in self.tables.values():
                    _owner(table)
                    if table.stream_shard is not None:
                        _owner(table.stream_shard)
                raise

    return transact_write_items


def _owner(holder: Any) -> str | None:
    """The name that a table or stream is kept by. One that took the place of what it was copied
    from gets one of its own, with all that it has."""
    owner = keep.owner_of(holder)
    kept = keep.current()
    if owner is None and kept is not None and holder.__dict__.pop("kept_as", None):
        kept.changed("dynamodb")  # writing it gives it a name
    return owner


# -- items


def _keep_item(table: Any, item: Any) -> None:
    owner = _owner(table)
    if owner is not None:
        keep.put((owner, _key(item), _part(item)))


def _part(item: Any) -> bytes:
    return pickle.dumps({name: _plain(value) for name, value in item.attrs.items()}, 5)


def _plain(value: Any) -> Any:
    """A DynamoType, with those inside, as pairs of type and value."""
    kind = getattr(value, "type", None)
    if kind is None:
        return value
    match value.value:
        case dict() as inside:
            return kind, {name: _plain(item) for name, item in inside.items()}
        case list() as inside:
            return kind, [_plain(item) for item in inside]
    return kind, value.value


def _typed(pair: Any) -> Any:
    """The DynamoType of such a pair."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    if not isinstance(pair, tuple):
        return pair
    made = object.__new__(DynamoType)
    made.type, made.value = pair
    match made.value:
        case dict() as inside:
            made.value = {name: _typed(item) for name, item in inside.items()}
        case list() as inside:
            made.value = [_typed(item) for item in inside]
    return made


def _key(item: Any) -> str:
    keys = [item.hash_key, item.range_key] if item.range_key is not None else [item.hash_key]
    return json.dumps([_key_part(key) for key in keys])


def _key_part(key: Any) -> list[str]:
    # 1 and 1.0 are one number.
    return [key.type, str(Decimal(key.value).normalize() if key.type == "N" else key.value)]


def _items(table: Any) -> list[Any]:
    if not table.has_range_key:
        return list(table.items.values())
    return [item for found in list(table.items.values()) for item in list(found.values())]


def _table(table: Any, owners: set[str]) -> pickles.Reduced | None:
    name = keep.owner_of(table)
    if name is None:
        if "kept_as" in table.__dict__:
            return None  # a copy, of a backup: it is written with all it has
        with _changing:
            name = keep.name_owner(table)
            keep.put(*((name, _key(item), _part(item)) for item in _items(table)))
    owners.add(name)
    state = {**table.__dict__, "items": None}
    return pickles.blank, (type(table),), state, None, None, table_again


def table_again(table: Any, state: dict[str, Any]) -> None:
    """Make it as it was kept."""
    from moto.dynamodb.models.dynamo_type import Item

    table.__dict__.update(state)
    table.items = defaultdict(dict)
    keep.name_owner(table, state["kept_as"])
    kept = keep.current()
    for _, value in kept.parts(state["kept_as"]) if kept is not None else ():
        attributes = {name: _typed(pair) for name, pair in pickles.loads(value).items()}
        hash_key = attributes[table.hash_key_attr]
        range_key = attributes[table.range_key_attr] if table.has_range_key else None
        item = Item(hash_key, range_key, {})
        dict.update(item.attrs, attributes)  # their size was checked when they were written
        if range_key is not None:
            table.items[hash_key][range_key] = item
        else:
            table.items[hash_key] = item


# -- streams


def keep_record(shard: Any, record: Any) -> None:
    """A record was added to a table's stream."""
    owner = _owner(shard)
    if owner is not None:
        keep.put((owner, *_record(record)))


def _record(record: Any) -> tuple[str, bytes]:
    # As a text: the number has more than 64 bits. All have the same length.
    return record.record["dynamodb"]["SequenceNumber"], pickle.dumps(record.record, 5)


def _shard(shard: Any, owners: set[str]) -> pickles.Reduced | None:
    name = keep.owner_of(shard)
    if name is None:
        if "kept_as" in shard.__dict__:
            return None
        with _changing:
            name = keep.name_owner(shard)
            keep.put(*((name, *_record(record)) for record in shard.items))
    owners.add(name)
    state = {**shard.__dict__, "items": []}
    return pickles.blank, (type(shard),), state, None, None, shard_again


def shard_again(shard: Any, state: dict[str, Any]) -> None:
    """Make it as it was kept."""
    from moto.dynamodb.models.table import StreamRecord

    shard.__dict__.update(state)
    keep.name_owner(shard, state["kept_as"])
    kept = keep.current()
    for _, value in kept.parts(state["kept_as"]) if kept is not None else ():
        record = object.__new__(StreamRecord)
        record.record = pickles.loads(value)
        shard.items.append(record)


def trim(kept: keep.Keep) -> None:
    """Remove stream records that AWS would not have any more."""
    from moto.core.utils import utcnow
    from moto.dynamodb.models import dynamodb_backends

    oldest = utcnow() - _RETENTION
    backend: Any
    for _, _, backend in dynamodb_backends.iter_backends():
        for table in backend.tables.values():
            shard = table.stream_shard
            while shard and shard.items and _arrival(shard.items[0]) < oldest:
                kept.put((shard.kept_as, _record(shard.items.pop(0))[0], None))
                shard.starting_sequence_number += 1
                kept.changed("dynamodb")


def _arrival(record: Any) -> Any:
    return record.record["dynamodb"]["ApproximateCreationDateTime"]
