"""The ports of front doors that a template or the command line declares, in `state.db`: a door
keeps its port over restarts."""

from __future__ import annotations

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS front_ports (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    port INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
"""


class FrontPorts:
    """The rows. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, kind: str, name: str) -> int:
        """The port a door had, 0 for one that never was."""
        row = self._db.execute(
            "SELECT port FROM front_ports WHERE kind = ? AND name = ?", (kind, name)
        ).fetchone()
        return row[0] if row else 0

    def put(self, kind: str, name: str, port: int) -> None:
        """Remember the port of a door."""
        self._db.execute("INSERT OR REPLACE INTO front_ports VALUES (?, ?, ?)", (kind, name, port))
