"""Segments in `traces.db`, the newest of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from workbench.local.store.database import open_database, transaction
from workbench.local.xray.documents import Document, Segment

SCHEMA_VERSION = 1
MAX_SEGMENTS = 50_000
_SWEEP_AFTER = 1_000  # segments written

SCHEMA = """
CREATE TABLE IF NOT EXISTS segments (
    number INTEGER PRIMARY KEY,
    trace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    start REAL NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (trace_id, id)
);
CREATE INDEX IF NOT EXISTS segments_start ON segments (start);
"""


class TracesDatabase:
    """Reads and writes `traces.db`; raises StateError when it cannot be used.

    One process writes; each object belongs to one thread.
    """

    def __init__(self, path: Path) -> None:
        self._db = open_database(path, SCHEMA, SCHEMA_VERSION)
        self._written = _SWEEP_AFTER

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def add(self, segments: Iterable[Segment]) -> None:
        """Keep segments; one that is sent again takes the place of what it was before."""
        rows = [(s.trace_id, s.id, s.start, json.dumps(s.document)) for s in segments]
        with transaction(self._db):
            self._db.executemany(
                "INSERT OR REPLACE INTO segments (trace_id, id, start, document)"
                " VALUES (?, ?, ?, ?)",
                rows,
            )
            self._written += len(rows)
            if self._written >= _SWEEP_AFTER:
                self._written = 0
                self._db.execute(
                    "DELETE FROM segments WHERE number <= (SELECT max(number) FROM segments) - ?",
                    (MAX_SEGMENTS,),
                )

    def documents(self, trace_id: str) -> list[Document]:
        """All documents of a trace, in the order in which they came."""
        rows = self._db.execute(
            "SELECT document FROM segments WHERE trace_id = ? ORDER BY number", (trace_id,)
        )
        return [json.loads(document) for (document,) in rows]

    def trace_ids(self, start: float, end: float, limit: int, offset: int = 0) -> list[str]:
        """The traces that began from `start` to `end` (epoch seconds), the newest first."""
        rows = self._db.execute(
            "SELECT trace_id, min(start) AS began FROM segments WHERE trace_id IN"
            " (SELECT trace_id FROM segments WHERE start BETWEEN ? AND ?)"
            " GROUP BY trace_id HAVING began BETWEEN ? AND ?"
            " ORDER BY began DESC, trace_id LIMIT ? OFFSET ?",
            (start, end, start, end, limit, offset),
        )
        return [trace_id for trace_id, _ in rows]
