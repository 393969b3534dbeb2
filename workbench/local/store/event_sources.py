"""Event source mappings in `state.db`."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from workbench.local.store.records import EventSourceMapping

SCHEMA = """
CREATE TABLE IF NOT EXISTS event_source_mappings (
    uuid TEXT PRIMARY KEY,
    configuration TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    tags TEXT NOT NULL
) WITHOUT ROWID;
"""


class EventSourceMappings:
    """Reads and writes them. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, uuid: str) -> EventSourceMapping | None:
        """The mapping, or None."""
        row = self._db.execute(
            "SELECT * FROM event_source_mappings WHERE uuid = ?", (uuid,)
        ).fetchone()
        return _mapping(row) if row else None

    def all(self, after: str = "") -> list[EventSourceMapping]:
        """All mappings by UUID, those after the UUID `after`."""
        rows = self._db.execute(
            "SELECT * FROM event_source_mappings WHERE uuid > ? ORDER BY uuid", (after,)
        )
        return [_mapping(row) for row in rows]

    def put(self, mapping: EventSourceMapping) -> None:
        """Insert or replace one."""
        self._db.execute(
            "INSERT OR REPLACE INTO event_source_mappings VALUES (?, ?, ?, ?)",
            (
                mapping.uuid,
                json.dumps(dict(mapping.configuration)),
                mapping.enabled,
                json.dumps(dict(mapping.tags)),
            ),
        )

    def delete(self, uuid: str) -> None:
        """Remove one; nothing happens when it is not there."""
        self._db.execute("DELETE FROM event_source_mappings WHERE uuid = ?", (uuid,))


def _mapping(row: tuple[Any, ...]) -> EventSourceMapping:
    uuid, configuration, enabled, tags = row
    return EventSourceMapping(uuid, json.loads(configuration), bool(enabled), json.loads(tags))
