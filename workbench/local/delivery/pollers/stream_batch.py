"""Batches of stream records: what to do after one failed, and tumbling windows (§7.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from workbench.local.delivery.pollers.batch_failures import failed_items
from workbench.local.delivery.pollers.checkpoints import Window
from workbench.local.delivery.pollers.invoke import Outcome
from workbench.local.delivery.pollers.mapping import MAX_EVENT, PolledMapping
from workbench.local.delivery.pollers.shards import Record

MAX_STATE = 1_048_576  # bytes of a tumbling window's state
_ENVELOPE = 1024  # bytes of an event that are no records, without the state

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are invoked with together, `failures` times in vain, `invocations` times in
    all. The last batch of a window (`final`) has no records."""

    records: Sequence[Record]
    failures: int = 0
    invocations: int = 0
    final: bool = False


def fitting(records: Iterable[Record], most: int) -> int:
    """How many of the records, from the first on, make a batch of at most `most` and 6 MB."""
    size, number = _ENVELOPE, 0
    for record in records:
        size += len(record.text) + 1
        if number == most or (number and size > MAX_EVENT):
            break
        number += 1
    return number


def failed_records(batch: Batch, outcome: Outcome, mapping: PolledMapping) -> Sequence[Record]:
    """The records that are not done: from the first that failed on, as order must be kept."""
    if outcome.function_error is not None:
        return batch.records
    if not mapping.partial:
        return ()
    numbers = {record.sequence: number for number, record in enumerate(batch.records)}
    failed = failed_items(outcome.payload, numbers)
    if failed is None:
        return batch.records
    return batch.records[min(numbers[item] for item in failed) :] if failed else ()


def after_failure(
    batch: Batch, left: Sequence[Record], mapping: PolledMapping
) -> list[Batch] | None:
    """What to try next of a batch of which `left` failed, in order; None to give it up.

    Records that got further begin to count anew. Halving a batch is no retry.
    """
    if len(left) < len(batch.records):
        return [Batch(left)]
    if mapping.bisect and len(left) > 1:
        half = len(left) // 2
        return [Batch(left[:half], batch.failures), Batch(left[half:], batch.failures)]
    if mapping.max_retries is not None and batch.failures >= mapping.max_retries:
        return None
    return [replace(batch, failures=batch.failures + 1)]


def retry_pause(failures: int, time_scale: float) -> float:
    """Seconds before a batch is tried again that failed so often."""
    return min(_FIRST_PAUSE * 2.0 ** min(failures - 1, 20), _LONGEST_PAUSE) / time_scale


def window_start(arrival: float, length: float) -> float:
    """The start of the tumbling window that a record belongs to."""
    return arrival // length * length


def event(
    batch: Batch, mapping: PolledMapping, shard: str, window: Window | None, terminated: bool
) -> bytes:
    """The event of a batch, in JSON; with the window it belongs to, if there are windows."""
    records = b'{"Records":[' + b",".join(record.text for record in batch.records) + b"]"
    if window is None or mapping.tumbling is None:
        return records + b"}"
    span = {"start": _time(window.start), "end": _time(window.start + mapping.tumbling)}
    rest = {
        "shardId": shard,
        "eventSourceARN": mapping.source_arn,
        "isFinalInvokeForWindow": batch.final,
        "isWindowTerminatedEarly": terminated,
    }
    head = json.dumps({"window": span}, separators=(",", ":"))[1:-1].encode()
    tail = json.dumps(rest, separators=(",", ":"))[1:].encode()
    return records + b"," + head + b',"state":' + window.state.encode() + b"," + tail


def returned_state(outcome: Outcome) -> str | None:
    """The state that the function returned, in JSON; None when it returned none."""
    try:
        answer = json.loads(outcome.payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("state"), dict):
        return None
    return json.dumps(answer["state"], separators=(",", ":"), ensure_ascii=False)


def _time(epoch: float) -> str:
    moment = datetime.fromtimestamp(epoch, UTC)
    precision = "seconds" if epoch == int(epoch) else "milliseconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
