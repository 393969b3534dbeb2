"""Accepted asynchronous invocations in `state.db`: there before the 202 goes out."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from workbench.local.store import deliveries
from workbench.local.store.database import transaction
from workbench.local.store.records import AsyncEvent, Delivery

# Rows in the order they came: keys in any other order make adding one take three times as long.
SCHEMA = """
CREATE TABLE IF NOT EXISTS event_queue (
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    function TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    trace_header TEXT NOT NULL,
    accepted REAL NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    waits_for TEXT NOT NULL DEFAULT '',
    last_version TEXT NOT NULL DEFAULT '',
    last_response BLOB NOT NULL DEFAULT x'',
    payload BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS event_queue_due ON event_queue (function, due);
-- The queue as schema 2 had it: made when it is not there, so that it can be read.
CREATE TABLE IF NOT EXISTS async_events (
    request_id, function, qualifier, payload, trace_header, accepted, due, attempts
);
INSERT INTO event_queue
    (request_id, function, qualifier, payload, trace_header, accepted, due, attempts)
    SELECT request_id, function, qualifier, payload, trace_header, accepted, due, attempts
    FROM async_events;
DROP TABLE async_events;
"""

_COLUMNS = (
    "id, request_id, function, qualifier, trace_header, accepted, due, attempts, waits_for,"
    " last_version, last_response"
)


class AsyncEvents:
    """The queue's rows. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(
        self,
        request_id: str,
        function: str,
        qualifier: str,
        trace_header: str,
        payload: bytes,
        accepted: float,
    ) -> int:
        """Keep an event that is due at once, and return its id; durable when this returns."""
        cursor = self._db.execute(
            "INSERT INTO event_queue (request_id, function, qualifier, trace_header, accepted,"
            " due, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (request_id, function, qualifier, trace_header, accepted, accepted, payload),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def get(self, id: int) -> AsyncEvent | None:
        """One event with its payload, or None."""
        row = self._db.execute(
            f"SELECT {_COLUMNS}, payload FROM event_queue WHERE id = ?", (id,)
        ).fetchone()
        return AsyncEvent(*row) if row else None

    def functions(self) -> list[str]:
        """The names of the functions that have events."""
        # From one name to the next: DISTINCT would read every event.
        rows = self._db.execute(
            "WITH RECURSIVE names(name) AS (SELECT min(function) FROM event_queue UNION ALL"
            " SELECT (SELECT min(function) FROM event_queue WHERE function > name) FROM names"
            " WHERE name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL"
        )
        return [name for (name,) in rows]

    def due(self, function: str, before: float, limit: int) -> list[int]:
        """The ids of at most `limit` events of a function whose time has come, oldest first."""
        rows = self._db.execute(
            "SELECT id FROM event_queue WHERE function = ? AND due <= ? ORDER BY due LIMIT ?",
            (function, before, limit),
        )
        return [id for (id,) in rows]

    def next_due(self, function: str, after: float) -> float | None:
        """When the function's next event after `after` comes due (epoch seconds), or None."""
        row = self._db.execute(
            "SELECT min(due) FROM event_queue WHERE function = ? AND due > ?", (function, after)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def postpone(self, event: AsyncEvent) -> None:
        """Keep when the event is due next, and what happened to it so far."""
        self._db.execute(
            "UPDATE event_queue SET due = ?, attempts = ?, waits_for = ?, last_version = ?,"
            " last_response = ? WHERE id = ?",
            (
                event.due,
                event.attempts,
                event.waits_for,
                event.last_version,
                event.last_response,
                event.id,
            ),
        )

    def finish(self, ids: Sequence[int], outgoing: Iterable[Delivery] = ()) -> None:
        """The events are over, and `outgoing` is to be delivered: both are kept, or neither."""
        with transaction(self._db) as db:
            db.executemany("DELETE FROM event_queue WHERE id = ?", [(id,) for id in ids])
            for delivery in outgoing:
                deliveries.insert(db, delivery)

    def remove_all(self, function: str, *, keeping: Collection[int]) -> None:
        """The function's events are over, but for those with the ids `keeping`."""
        marks = ",".join("?" * len(keeping))
        self._db.execute(
            f"DELETE FROM event_queue WHERE function = ? AND id NOT IN ({marks})",
            (function, *keeping),
        )

    def hasten(self, now: float) -> None:
        """Every event that waits is due at `now`."""
        self._db.execute("UPDATE event_queue SET due = ? WHERE due > ?", (now, now))

    def count(self) -> int:
        """How many events wait or run."""
        return int(self._db.execute("SELECT count(*) FROM event_queue").fetchone()[0])

    def waiting(self, limit: int) -> list[AsyncEvent]:
        """The events that come next, by the time they are due; their payloads are left out."""
        select = "SELECT due, id FROM event_queue WHERE function = ? ORDER BY due LIMIT ?"
        first = heapq.nsmallest(
            limit,
            (
                place
                for function in self.functions()
                for place in self._db.execute(select, (function, limit))
            ),
        )
        marks = ",".join("?" * len(first))
        rows = self._db.execute(
            f"SELECT {_COLUMNS}, x'' FROM event_queue WHERE id IN ({marks}) ORDER BY due",
            [id for _, id in first],
        )
        return [AsyncEvent(*row) for row in rows]
