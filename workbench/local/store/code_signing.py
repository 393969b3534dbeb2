"""Code signing configurations in `state.db`."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from workbench.local.store.records import CodeSigningConfig

SCHEMA = """
CREATE TABLE IF NOT EXISTS code_signing_configs (
    id TEXT PRIMARY KEY,
    publishers TEXT NOT NULL,
    policy TEXT NOT NULL,
    modified TEXT NOT NULL,
    description TEXT,
    tags TEXT NOT NULL
) WITHOUT ROWID;
"""


class CodeSigningConfigs:
    """Reads and writes them. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, id: str) -> CodeSigningConfig | None:
        """The configuration with the id `csc-…`, or None."""
        row = self._db.execute("SELECT * FROM code_signing_configs WHERE id = ?", (id,)).fetchone()
        return _config(row) if row else None

    def all(self, after: str = "") -> list[CodeSigningConfig]:
        """All configurations by id, those after the id `after`."""
        rows = self._db.execute(
            "SELECT * FROM code_signing_configs WHERE id > ? ORDER BY id", (after,)
        )
        return [_config(row) for row in rows]

    def put(self, config: CodeSigningConfig) -> None:
        """Insert or replace one."""
        self._db.execute(
            "INSERT OR REPLACE INTO code_signing_configs VALUES (?, ?, ?, ?, ?, ?)",
            (
                config.id,
                json.dumps(config.publishers),
                config.policy,
                config.modified,
                config.description,
                json.dumps(dict(config.tags)),
            ),
        )

    def delete(self, id: str) -> None:
        """Remove one; nothing happens when it is not there."""
        self._db.execute("DELETE FROM code_signing_configs WHERE id = ?", (id,))


def _config(row: tuple[Any, ...]) -> CodeSigningConfig:
    id, publishers, policy, modified, description, tags = row
    return CodeSigningConfig(
        id, tuple(json.loads(publishers)), policy, modified, description, json.loads(tags)
    )
