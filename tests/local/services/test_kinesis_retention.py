"""Records of the embedded Kinesis that are older than their stream retains them."""

from __future__ import annotations

import time
from typing import Any

from workbench.local.services.corrections import kinesis_shards


def test_records_are_trimmed_while_a_stream_is_used() -> None:
    from moto.kinesis.models import Stream

    kinesis_shards.correct()
    stream: Any = Stream("s", 1, None, 24, "123456789012", "us-east-1")
    (shard,) = stream.shards.values()
    for _ in range(3):
        stream.put_record("k", "", "ZGF0YQ==")
    for number in (1, 2, 3):
        shard.records[number].created_at = time.time() - 25 * 3600
    stream.put_record("k", "", "ZGF0YQ==")
    assert list(shard.records) == [3, 4]  # the last one is kept for its number
    stream.put_record("k", "", "ZGF0YQ==")
    assert list(shard.records) == [4, 5]
    found, last, _ = shard.get_records("0", None)
    assert [record.sequence_number for record in found] == [4, 5]
    assert last == 5
