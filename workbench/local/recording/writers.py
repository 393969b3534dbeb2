"""What the recording process does with what it is given: one writer for each file.

A writer opens its file when there is something to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench.local.metrics.catalogue import Series
from workbench.local.metrics.database import MetricsDatabase
from workbench.local.metrics.datapoints import points
from workbench.local.recording.invocations import InvocationRecord, history_entry, metric_values
from workbench.local.xray.database import TracesDatabase
from workbench.local.xray.documents import BadSegment, Segment, checked, parse
from workbench.local.xray.segments import documents
from workbench.project.history import History
from workbench.project.state_dir import HISTORY_DB, METRICS_DB, TRACES_DB


@dataclass(frozen=True, slots=True)
class Batch:
    """What came in one frame: invocations, values by minute and series, segment documents."""

    invocations: Sequence[InvocationRecord]
    counted: Sequence[tuple[int, Mapping[Series, Sequence[float]]]]
    segments: Sequence[bytes]


class Writer(Protocol):
    """Keeps what it wants of a batch; `what` names it in the plural."""

    what: str

    def write(self, batch: Batch) -> None:
        """Have it on disk. Raises HistoryError, StateError and sqlite3.Error."""

    def close(self) -> None:
        """Let go of the file."""


class HistoryWriter:
    """Every invocation, whole."""

    what = "invocations"

    def __init__(self, folder: Path) -> None:
        self._path = folder / HISTORY_DB
        self._history: History | None = None

    def write(self, batch: Batch) -> None:
        if batch.invocations:
            self._history = self._history or History(self._path)
            self._history.add_many([history_entry(record) for record in batch.invocations])

    def close(self) -> None:
        if self._history is not None:
            self._history.close()


class MetricsWriter:
    """What was counted, and what is measured of invocations."""

    what = "metrics"

    def __init__(self, folder: Path) -> None:
        self._path = folder / METRICS_DB
        self._database: MetricsDatabase | None = None

    def write(self, batch: Batch) -> None:
        for minute, values in (*metric_values(batch.invocations).items(), *batch.counted):
            self._database = self._database or MetricsDatabase(self._path)
            self._database.add(minute, points(values))

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


class TracesWriter:
    """Segments that were sent, and Lambda's own of traced invocations."""

    what = "traces"

    def __init__(self, folder: Path) -> None:
        self._path = folder / TRACES_DB
        self._database: TracesDatabase | None = None

    def write(self, batch: Batch) -> None:
        segments = [
            checked(document)
            for record in batch.invocations
            if record.traced is not None
            for document in documents(record.traced)
        ]
        segments += [segment for sent in batch.segments if (segment := _understood(sent))]
        if segments:
            self._database = self._database or TracesDatabase(self._path)
            self._database.add(segments)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


def _understood(sent: bytes) -> Segment | None:
    """The daemon tells nobody of what it cannot take."""
    try:
        return parse(sent)
    except BadSegment:
        return None
