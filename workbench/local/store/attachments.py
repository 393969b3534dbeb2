"""What operations attach to a function or to one of its versions and aliases, in `state.db`."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Literal

from workbench.local.store.records import LATEST

SCHEMA = """
CREATE TABLE IF NOT EXISTS attachments (
    function TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (function, qualifier, kind)
) WITHOUT ROWID;
"""

Kind = Literal[
    "policy",
    "code-signing-config",
    "runtime-management",
    "recursion",
    "event-invoke-config",
    "provisioned-concurrency",
    "function-url",
]


class Attachments:
    """JSON values by function, qualifier and kind; $LATEST stands for the function as a whole.

    They go with what they are attached to: `Functions` removes them. All calls belong to the
    event loop's thread.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, kind: Kind, function: str, qualifier: str = LATEST) -> Any:
        """The value, or None."""
        row = self._db.execute(
            "SELECT value FROM attachments WHERE function = ? AND qualifier = ? AND kind = ?",
            (function, qualifier, kind),
        ).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: Kind, function: str, value: object, qualifier: str = LATEST) -> None:
        """Attach `value`, in place of an earlier one."""
        self._db.execute(
            "INSERT OR REPLACE INTO attachments VALUES (?, ?, ?, ?)",
            (function, qualifier, kind, json.dumps(value)),
        )

    def remove(self, kind: Kind, function: str, qualifier: str = LATEST) -> None:
        """Detach the value; nothing happens when there is none."""
        self._db.execute(
            "DELETE FROM attachments WHERE function = ? AND qualifier = ? AND kind = ?",
            (function, qualifier, kind),
        )

    def of_function(
        self, kind: Kind, function: str, *, after: str = "", limit: int = 50
    ) -> list[tuple[str, Any]]:
        """(qualifier, value) of one function's, by qualifier, those after the qualifier `after`."""
        rows = self._db.execute(
            "SELECT qualifier, value FROM attachments"
            " WHERE function = ? AND kind = ? AND qualifier > ? ORDER BY qualifier LIMIT ?",
            (function, kind, after, limit),
        )
        return [(qualifier, json.loads(value)) for qualifier, value in rows]

    def everywhere(self, kind: Kind) -> list[tuple[str, str, Any]]:
        """All values of this kind, each with its function and qualifier."""
        rows = self._db.execute(
            "SELECT function, qualifier, value FROM attachments WHERE kind = ?", (kind,)
        )
        return [(function, qualifier, json.loads(value)) for function, qualifier, value in rows]

    def functions_with(self, kind: Kind, value: object) -> list[str]:
        """The functions, by name, that have this very value attached to the whole of them."""
        rows = self._db.execute(
            "SELECT function FROM attachments WHERE kind = ? AND value = ? AND qualifier = ?"
            " ORDER BY function",
            (kind, json.dumps(value), LATEST),
        )
        return [name for (name,) in rows]
