"""Records of the embedded Kinesis on disk, under the sequence numbers that consumers know."""

from __future__ import annotations

import pickle
import threading
import time
from collections import OrderedDict
from typing import Any

from workbench.local.services.keeping import keep, pickles

_trimming = threading.Lock()


def teach() -> None:
    """Have shards written without their records, which are kept one by one."""
    pickles.teach("moto.kinesis.models", "Shard", _shard)


def keep_record(shard: Any, record: Any) -> None:
    """A record was put into moto's shard."""
    owner = keep.owner_of(shard)
    if owner is not None:
        keep.put((owner, record.sequence_number, _part(record)))


def _part(record: Any) -> bytes:
    return pickle.dumps(record.__dict__, 5)


def _shard(shard: Any, owners: set[str]) -> pickles.Reduced:
    name = keep.owner_of(shard)
    if name is None:
        name = keep.name_owner(shard)
        for record in list(shard.records.values()):  # that came before the shard was kept
            keep_record(shard, record)
    owners.add(name)
    state = {**shard.__dict__, "records": OrderedDict()}
    return pickles.blank, (type(shard),), state, None, None, shard_again


def shard_again(shard: Any, state: dict[str, Any]) -> None:
    """Make it as it was kept."""
    from moto.kinesis import models

    shard.__dict__.update(state)
    keep.name_owner(shard, state["kept_as"])
    kept = keep.current()
    for number, value in kept.parts(state["kept_as"]) if kept is not None else ():
        record = object.__new__(models.Record)
        record.__dict__.update(pickles.loads(value))
        shard.records[number] = record


def trim() -> None:
    """Remove what streams retain no longer."""
    from moto.kinesis.models import kinesis_backends

    backend: Any
    for _, _, backend in kinesis_backends.iter_backends():
        for stream in backend.streams.values():
            for shard in stream.shards.values():
                trim_shard(stream, shard)


def trim_shard(stream: Any, shard: Any) -> None:
    """Remove what a stream retains no longer of a shard, but for the last record: sequence numbers
    go on from there."""
    oldest = time.time() - stream.retention_period_hours * 3600
    owner = keep.owner_of(shard)
    with _trimming:
        while len(shard.records) > 1:
            number = next(iter(shard.records))
            if shard.records[number].created_at >= oldest:
                break
            del shard.records[number]
            if owner is not None:
                keep.put((owner, number, None))
