"""Records of asynchronous invocations on their way to a destination or dead-letter queue, in
`state.db` until they are there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any

from workbench.local.store.records import Delivery

SCHEMA = """
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    function TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    arn TEXT NOT NULL,
    trace_header TEXT NOT NULL,
    attributes TEXT NOT NULL,
    due REAL NOT NULL,
    tries INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due);
"""


class Deliveries:
    """The rows. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def due(self, before: float, limit: int, excluding: Collection[int]) -> list[Delivery]:
        """At most `limit` deliveries whose time has come, oldest first, but not `excluding`."""
        rows = self._db.execute(
            "SELECT id FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?",
            (before, limit + len(excluding)),
        )
        wanted = [id for (id,) in rows if id not in excluding][:limit]
        marks = ",".join("?" * len(wanted))
        return [
            _delivery(row)
            for row in self._db.execute(f"SELECT * FROM deliveries WHERE id IN ({marks})", wanted)
        ]

    def next_due(self, after: float) -> float | None:
        """When the next delivery after `after` comes due (epoch seconds), or None."""
        row = self._db.execute("SELECT min(due) FROM deliveries WHERE due > ?", (after,))
        found: float | None = row.fetchone()[0]
        return found

    def postpone(self, id: int, due: float, tries: int) -> None:
        """Try again at `due`, `tries` having been made."""
        self._db.execute("UPDATE deliveries SET due = ?, tries = ? WHERE id = ?", (due, tries, id))

    def remove(self, id: int) -> None:
        """The delivery is over."""
        self._db.execute("DELETE FROM deliveries WHERE id = ?", (id,))

    def count(self) -> int:
        """How many are on their way."""
        return int(self._db.execute("SELECT count(*) FROM deliveries").fetchone()[0])


def insert(db: sqlite3.Connection, delivery: Delivery) -> None:
    """Keep a new delivery, as a part of the caller's transaction."""
    db.execute(
        "INSERT INTO deliveries (kind, function, qualifier, arn, trace_header, attributes, due,"
        " tries, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            delivery.kind,
            delivery.function,
            delivery.qualifier,
            delivery.arn,
            delivery.trace_header,
            json.dumps(dict(delivery.attributes)),
            delivery.due,
            delivery.tries,
            delivery.body,
        ),
    )


def _delivery(row: tuple[Any, ...]) -> Delivery:
    id, kind, function, qualifier, arn, trace_header, attributes, due, tries, body = row
    return Delivery(
        kind, function, qualifier, arn, trace_header, json.loads(attributes), body, due, tries, id
    )
