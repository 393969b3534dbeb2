"""The process that writes history and metrics, so that writing never takes the GIL from an
invocation.

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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from workbench.local.leftovers import end_leftovers
from workbench.local.metrics.catalogue import Series
from workbench.local.metrics.database import MetricsDatabase
from workbench.local.metrics.datapoints import points
from workbench.local.recording.invocations import InvocationRecord, history_entry, metric_values
from workbench.local.store.database import StateError
from workbench.project.history import History, HistoryError
from workbench.project.state_dir import HISTORY_DB, METRICS_DB

INVOCATION, METRICS, SYNC = range(3)
"""Kinds: an `InvocationRecord`'s values; a minute and values by `Series`; nothing."""

Counted = tuple[int, Mapping[Series, Sequence[float]]]


def frame(items: Sequence[bytes]) -> bytes:
    """The frame of some items (each `pickle.dumps((kind, *values))`)."""
    body = b"".join(items)
    return len(body).to_bytes(4, "big") + body


def main(folder: Path, source: BinaryIO, answers: BinaryIO) -> None:
    """Write all that comes in; what can no longer be kept is said once."""
    writers: list[_Writer] = [_HistoryWriter(folder), _MetricsWriter(folder)]
    try:
        for items in _frames(source):
            invocations = [InvocationRecord(*item[1:]) for item in items if item[0] == INVOCATION]
            counted: list[Counted] = [(item[1], item[2]) for item in items if item[0] == METRICS]
            for writer in tuple(writers):
                try:
                    writer.write(invocations, counted)
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


class _Writer(Protocol):
    """Keeps what it wants of a frame; its file is opened when there is something."""

    what: str

    def write(self, invocations: list[InvocationRecord], counted: list[Counted]) -> None: ...

    def close(self) -> None: ...


class _HistoryWriter:
    what = "invocations"

    def __init__(self, folder: Path) -> None:
        self._path = folder / HISTORY_DB
        self._history: History | None = None

    def write(self, invocations: list[InvocationRecord], counted: list[Counted]) -> None:
        if invocations:
            self._history = self._history or History(self._path)
            self._history.add_many([history_entry(record) for record in invocations])

    def close(self) -> None:
        if self._history is not None:
            self._history.close()


class _MetricsWriter:
    what = "metrics"

    def __init__(self, folder: Path) -> None:
        self._path = folder / METRICS_DB
        self._database: MetricsDatabase | None = None

    def write(self, invocations: list[InvocationRecord], counted: list[Counted]) -> None:
        for minute, values in (*metric_values(invocations).items(), *counted):
            self._database = self._database or MetricsDatabase(self._path)
            self._database.add(minute, points(values))

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


if __name__ == "__main__":
    os.nice(5)
    main(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
