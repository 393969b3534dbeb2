"""Accepted asynchronous invocations in `state.db`: there before the 202 goes out."""

from __future__ import annotations

import sqlite3

from workbench.local.store.records import AsyncEvent

SCHEMA = """
CREATE TABLE IF NOT EXISTS async_events (
    request_id TEXT PRIMARY KEY,
    function TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    payload BLOB NOT NULL,
    trace_header TEXT NOT NULL,
    accepted REAL NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS async_events_due ON async_events (due);
"""


class AsyncEvents:
    """The queue's rows. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, event: AsyncEvent) -> None:
        """Keep an event; durable when this returns."""
        self._db.execute(
            "INSERT INTO async_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.request_id,
                event.function,
                event.qualifier,
                event.payload,
                event.trace_header,
                event.accepted,
                event.due,
                event.attempts,
            ),
        )

    def due(
        self, before: float, limit: int, *, excluding: set[str], functions: set[str]
    ) -> list[AsyncEvent]:
        """At most `limit` events whose time has come, the oldest first; not those whose request
        id is among `excluding`, nor those of `functions`."""
        marks = ",".join("?" * len(functions))
        rows = self._db.execute(
            f"SELECT * FROM async_events WHERE due <= ? AND function NOT IN ({marks})"
            " ORDER BY due LIMIT ?",
            (before, *functions, limit + len(excluding)),
        )
        return [AsyncEvent(*row) for row in rows if row[0] not in excluding][:limit]

    def next_due(self, after: float) -> float | None:
        """When the next event after `after` comes due (epoch seconds), or None."""
        row = self._db.execute(
            "SELECT min(due) FROM async_events WHERE due > ?", (after,)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def postpone(self, request_id: str, due: float, attempts: int) -> None:
        """Try the event again at `due`, `attempts` having been made."""
        self._db.execute(
            "UPDATE async_events SET due = ?, attempts = ? WHERE request_id = ?",
            (due, attempts, request_id),
        )

    def remove(self, request_id: str) -> None:
        """The event is over."""
        self._db.execute("DELETE FROM async_events WHERE request_id = ?", (request_id,))

    def count(self) -> int:
        """How many events wait or run."""
        return int(self._db.execute("SELECT count(*) FROM async_events").fetchone()[0])
