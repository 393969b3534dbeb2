"""Subscription filters of log groups in `state.db`."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS subscription_filters (
    group_name TEXT NOT NULL,
    name TEXT NOT NULL,
    configuration TEXT NOT NULL,
    PRIMARY KEY (group_name, name)
) WITHOUT ROWID;
"""

Filter = dict[str, Any]
"""As DescribeSubscriptionFilters shows it."""


class SubscriptionFilters:
    """Reads and writes them. All calls belong to the event loop's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self) -> list[Filter]:
        """All of them, by group and name."""
        rows = self._db.execute(
            "SELECT configuration FROM subscription_filters ORDER BY group_name, name"
        )
        return [json.loads(text) for (text,) in rows]

    def put(self, filter: Filter) -> None:
        """Insert or replace one."""
        self._db.execute(
            "INSERT OR REPLACE INTO subscription_filters VALUES (?, ?, ?)",
            (filter["logGroupName"], filter["filterName"], json.dumps(filter)),
        )

    def delete(self, group: str, name: str) -> None:
        """Remove one; nothing happens when it is not there."""
        self._db.execute(
            "DELETE FROM subscription_filters WHERE group_name = ? AND name = ?", (group, name)
        )
