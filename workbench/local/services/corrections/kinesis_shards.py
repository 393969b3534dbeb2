"""Kinesis shards that hold many records and are split or merged as AWS's are.

moto looks through all records of a shard for each that is put or read, and loses one of two that
are put at the same moment. It goes on writing to a closed shard, and moves what it had to its
children under new sequence numbers: whoever had read it would read it again. With AWS records stay
where they are, new ones go to the children, and reading a closed shard comes to an end. moto keeps
records for ever; here those that are older than the stream's retention go when a shard is used.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any

from workbench.local.services.keeping.shards import keep_record, trim_shard

_LARGEST_PAGE = 10_000


@cache
def correct() -> None:
    """Make moto's Kinesis do so. Loads that part of moto (4 ms)."""
    from moto.kinesis import models

    stream: Any = models.Stream
    backend: Any = models.KinesisBackend
    shard: Any = models.Shard
    shard.get_min_sequence_number = lambda self: next(iter(self.records), 0)
    shard.get_max_sequence_number = lambda self: next(reversed(self.records), 0)
    shard.get_records = _records
    shard.put_record = _one_at_a_time(shard.put_record)
    stream.split_shard = _split(stream.split_shard)
    stream.merge_shards = _merge(stream.merge_shards)
    stream.get_shard_for_key = _shard_for_key(stream.get_shard_for_key)
    backend.get_records = _read(backend.get_records)


def _one_at_a_time(original: Callable[..., str]) -> Callable[..., str]:
    lock = threading.Lock()

    def put_record(self: Any, partition_key: str, data: str, explicit_hash_key: str) -> str:
        with lock:
            number = original(self, partition_key, data, explicit_hash_key)
            keep_record(self, self.records[int(number)])
            return number

    return put_record


def _records(self: Any, last_sequence_id: str, limit: int | None) -> tuple[list[Any], int, int]:
    """The records after one, the last of them and how far behind the newest that is, in ms."""
    records, last = self.records, int(last_sequence_id)
    first = max(last + 1, self.get_min_sequence_number())
    newest = self.get_max_sequence_number()
    most = min(newest, first + (limit or _LARGEST_PAGE) - 1)
    every = map(records.get, range(first, most + 1))  # no gaps, but they may be trimmed meanwhile
    found = [record for record in every if record is not None]
    if not found:
        return [], last, 0
    behind = records[newest].created_at - found[-1].created_at
    return found, most, int(behind * 1000)


def _split(original: Callable[..., None]) -> Callable[..., None]:
    def split_shard(self: Any, shard_to_split: str, new_starting_hash_key: str) -> None:
        _keeping(self, [shard_to_split], original, shard_to_split, new_starting_hash_key)

    return split_shard


def _merge(original: Callable[..., None]) -> Callable[..., None]:
    def merge_shards(self: Any, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
        shards = [shard_to_merge, adjacent_shard_to_merge]
        _keeping(self, shards, original, *shards)

    return merge_shards


def _keeping(stream: Any, shards: list[str], change: Callable[..., None], *values: str) -> None:
    """Carry out a change that takes the shards' records away, and give them back."""
    kept = {id: stream.shards[id].records for id in shards if id in stream.shards}
    for id in kept:
        stream.shards[id].records = OrderedDict()
    try:
        change(stream, *values)
    finally:
        for id, records in kept.items():
            stream.shards[id].records = records


def _shard_for_key(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_shard_for_key(self: Any, partition_key: str, explicit_hash_key: str) -> Any:
        found = original(self, partition_key, explicit_hash_key)  # it checks the values
        if found is not None and found.is_open:
            trim_shard(self, found)
            return found
        digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).hexdigest()
        number = int(explicit_hash_key or int(digest, 16))
        shards = (shard for shard in self.shards.values() if shard.is_open)
        return next((s for s in shards if s.starting_hash <= number <= s.ending_hash), None)

    return get_shard_for_key


def _read(original: Callable[..., Any]) -> Callable[..., Any]:
    from moto.kinesis.utils import decompose_shard_iterator

    def get_records(
        self: Any, stream_arn: str | None, shard_iterator: str, limit: int | None
    ) -> tuple[str | None, list[Any], int]:
        name, id, _ = decompose_shard_iterator(shard_iterator)
        stream = self.describe_stream(stream_arn=stream_arn, stream_name=name)
        shard = stream.get_shard(id)
        trim_shard(stream, shard)
        following, records, behind = original(self, stream_arn, shard_iterator, limit)
        _, _, last = decompose_shard_iterator(following)
        over = not shard.is_open and int(last) >= shard.get_max_sequence_number()
        return None if over else following, records, behind

    return get_records
