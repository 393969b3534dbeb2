"""Layers and their versions in `state.db`; what they contain is in the code store."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from workbench.local.store.database import transaction
from workbench.local.store.records import LayerVersion

SCHEMA = """
CREATE TABLE IF NOT EXISTS layers (
    name TEXT PRIMARY KEY,
    last_version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS layer_versions (
    layer TEXT NOT NULL,
    number INTEGER NOT NULL,
    code TEXT NOT NULL,
    size INTEGER NOT NULL,
    created TEXT NOT NULL,
    description TEXT NOT NULL,
    license TEXT,
    architectures TEXT NOT NULL,
    runtimes TEXT NOT NULL,
    statements TEXT NOT NULL,
    policy_revision TEXT NOT NULL,
    PRIMARY KEY (layer, number)
) WITHOUT ROWID;
"""


class Layers:
    """Reads and writes layer versions. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def next_number(self, layer: str) -> int:
        """The number the layer's next version will have; never one that was given before."""
        row = self._db.execute("SELECT last_version FROM layers WHERE name = ?", (layer,))
        found = row.fetchone()
        return 1 + (found[0] if found else 0)

    def put(self, version: LayerVersion) -> None:
        """Insert or replace one version."""
        with transaction(self._db) as db:
            db.execute(
                "INSERT INTO layers VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET"
                " last_version = max(last_version, ?2)",
                (version.layer, version.version),
            )
            db.execute(
                "INSERT OR REPLACE INTO layer_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    version.layer,
                    version.version,
                    version.code,
                    version.size,
                    version.created,
                    version.description,
                    version.license,
                    json.dumps(version.architectures),
                    json.dumps(version.runtimes),
                    json.dumps(version.statements),
                    version.policy_revision,
                ),
            )

    def get(self, layer: str, number: int) -> LayerVersion | None:
        """One version, or None."""
        row = self._db.execute(
            "SELECT * FROM layer_versions WHERE layer = ? AND number = ?",
            (layer, min(number, 2**63 - 1)),
        ).fetchone()
        return _version(row) if row else None

    def versions(self, layer: str) -> list[LayerVersion]:
        """The layer's versions, the newest first."""
        rows = self._db.execute(
            "SELECT * FROM layer_versions WHERE layer = ? ORDER BY number DESC", (layer,)
        )
        return [_version(row) for row in rows]

    def names(self, after: str = "") -> list[str]:
        """Layers that have a version, by name; those after the name `after`."""
        rows = self._db.execute(
            "SELECT DISTINCT layer FROM layer_versions WHERE layer > ? ORDER BY layer", (after,)
        )
        return [name for (name,) in rows]

    def delete(self, layer: str, number: int) -> None:
        """Remove one version; nothing happens when it is not there."""
        self._db.execute(
            "DELETE FROM layer_versions WHERE layer = ? AND number = ?",
            (layer, min(number, 2**63 - 1)),
        )

    def code_in_use(self) -> set[str]:
        """The SHA-256 (hex) of every archive that some layer version is."""
        return {code for (code,) in self._db.execute("SELECT DISTINCT code FROM layer_versions")}

    def total_code_size(self) -> int:
        """Bytes of all versions' archives, each version counted (lambda-facts §4.3)."""
        row = self._db.execute("SELECT coalesce(sum(size), 0) FROM layer_versions").fetchone()
        return int(row[0])


def _version(row: tuple[Any, ...]) -> LayerVersion:
    layer, number, code, size, created, description, license, *lists, revision = row
    architectures, runtimes, statements = map(json.loads, lists)
    return LayerVersion(
        layer,
        number,
        code,
        size,
        created,
        description,
        license,
        None if architectures is None else tuple(architectures),
        None if runtimes is None else tuple(runtimes),
        tuple(statements),
        revision,
    )
