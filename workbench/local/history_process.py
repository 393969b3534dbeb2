"""The process that writes the history, so that writing never takes the GIL from an invocation.

`python -m workbench.local.history_process FILE` reads frames from its standard input until that
ends: a length (4 bytes, big-endian), then that many bytes of pickled `Record`s, which become one
transaction. Measured: a thread in the server instead triples p99 of a warm invoke.

Being there when the server is killed, it also ends the functions that would outlive it.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workbench.local.leftovers import end_leftovers
from workbench.project.history import Entry, History, HistoryError


class Record(NamedTuple):
    """A finished invocation as it is passed on: plain values, quick to pickle."""

    function: str
    version: str
    invoked_arn: str
    invocation_type: str
    request_id: str
    started: float
    event: bytes
    payload: bytes
    function_error: str | None
    log_text: str
    duration_ms: float
    billed_ms: int
    init_ms: float | None
    memory_size: int
    max_memory_used: int


def frame(records: list[bytes]) -> bytes:
    """The frame of some pickled records (each `pickle.dumps(tuple(record))`)."""
    body = b"".join(records)
    return len(body).to_bytes(4, "big") + body


def main(path: Path) -> int:
    """Write all records that come in; 1 when the history cannot be used."""
    frames = _frames(sys.stdin.buffer)
    try:
        history = History(path)
        for records in frames:
            history.add_many([_entry(record) for record in records])
        history.close()
    except HistoryError as error:
        print(f"workbench: invocations are no longer kept: {error}", file=sys.stderr, flush=True)
        for _ in frames:
            pass  # until the server is gone
        return 1
    finally:
        end_leftovers(path.parent)
    return 0


def _frames(source: BinaryIO) -> Iterator[list[Record]]:
    while len(head := source.read(4)) == 4:
        body = io.BytesIO(source.read(int.from_bytes(head, "big")))
        records: list[Record] = []
        while body.tell() < len(body.getbuffer()):
            records.append(Record(*pickle.load(body)))
        yield records


def _entry(record: Record) -> Entry:
    error_type, error_message = _error(record.payload) if record.function_error else (None, None)
    return Entry(
        target="local",
        function=record.function,
        qualifier=_qualifier(record.invoked_arn),
        executed_version=record.version,
        invocation_type=record.invocation_type,
        request_id=record.request_id,
        started=record.started,
        status_code=202 if record.invocation_type == "Event" else 200,
        function_error=record.function_error,
        error_type=error_type,
        error_message=error_message,
        duration_ms=record.duration_ms,
        billed_ms=record.billed_ms,
        init_ms=record.init_ms,
        memory_size=record.memory_size,
        max_memory_used=record.max_memory_used,
        event=record.event,
        payload=record.payload,
        log_text=record.log_text,
    )


def _qualifier(invoked_arn: str) -> str | None:
    """The eighth part of a function ARN, None when the caller named no qualifier."""
    parts = invoked_arn.split(":")
    return parts[7] if len(parts) > 7 else None


def _error(payload: bytes) -> tuple[str | None, str | None]:
    try:
        document = json.loads(payload)
    except ValueError:
        return None, None
    if not isinstance(document, dict):
        return None, None
    kind, message = document.get("errorType"), document.get("errorMessage")
    return (
        kind if isinstance(kind, str) else None,
        message if isinstance(message, str) else None,
    )


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main(Path(sys.argv[1])))
