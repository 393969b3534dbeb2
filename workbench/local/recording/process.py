"""The process that writes history, metrics and traces, so that writing never takes the GIL
from an invocation.

`python -m workbench.local.recording.process FOLDER` reads frames from its standard input until
that ends: a length (4 bytes, big-endian), then that many bytes of pickled tuples, each a kind and
its values. A frame becomes one transaction of each file. One that holds a `SYNC` is answered with
a byte when all of it is on disk. Measured: a thread in the server instead triples p99 of a warm
invoke.

Being there when the server is killed, it also ends the functions that would outlive it.
"""

from __future__ import annotations

import io
import os
import pickle
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from workbench.local.leftovers import end_leftovers
from workbench.local.recording.invocations import InvocationRecord
from workbench.local.recording.writers import (
    Batch,
    HistoryWriter,
    MetricsWriter,
    TracesWriter,
    Writer,
)
from workbench.local.store.database import StateError
from workbench.project.history import HistoryError

INVOCATION, METRICS, SEGMENT, SYNC = range(4)
"""Kinds: an `InvocationRecord`'s values; a minute and values by `Series`; a segment document;
nothing."""


def frame(items: Sequence[bytes]) -> bytes:
    """The frame of some items (each `pickle.dumps((kind, *values))`)."""
    body = b"".join(items)
    return len(body).to_bytes(4, "big") + body


def main(folder: Path, source: BinaryIO, answers: BinaryIO) -> None:
    """Write all that comes in; what can no longer be kept is said once."""
    writers: list[Writer] = [HistoryWriter(folder), MetricsWriter(folder), TracesWriter(folder)]
    try:
        for items in _frames(source):
            batch = Batch(
                [InvocationRecord(*item[1:]) for item in items if item[0] == INVOCATION],
                [(item[1], item[2]) for item in items if item[0] == METRICS],
                [item[1] for item in items if item[0] == SEGMENT],
            )
            for writer in tuple(writers):
                try:
                    writer.write(batch)
                except (HistoryError, StateError, sqlite3.Error) as error:
                    writers.remove(writer)
                    writer.close()
                    _say(f"{writer.what} are no longer kept: {error}")
            if any(item[0] == SYNC for item in items):
                answers.write(b".")
                answers.flush()
        for writer in writers:
            writer.close()
    finally:
        end_leftovers(folder)


def _say(message: str) -> None:
    print(f"workbench: {message}", file=sys.stderr, flush=True)


def _frames(source: BinaryIO) -> Iterator[list[tuple[Any, ...]]]:
    while len(head := source.read(4)) == 4:
        body = io.BytesIO(source.read(int.from_bytes(head, "big")))
        items: list[tuple[Any, ...]] = []
        while body.tell() < len(body.getbuffer()):
            items.append(pickle.load(body))
        yield items


if __name__ == "__main__":
    os.nice(5)
    main(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
