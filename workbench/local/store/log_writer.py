"""Writing log events to `logs.db`: many in one transaction, each group kept within its bound."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from workbench.local.store.database import transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS groups (
    name TEXT PRIMARY KEY, created INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS streams (
    id INTEGER PRIMARY KEY,
    group_name TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    first INTEGER, last INTEGER, ingested INTEGER,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (group_name, name)
);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    ingested INTEGER NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_stream ON events (stream, timestamp, id);
CREATE TABLE IF NOT EXISTS group_settings (
    name TEXT PRIMARY KEY, retention INTEGER, tags TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
"""

SCHEMA_VERSION = 2

DAY_MS = 24 * 3600 * 1000
EXPIRY_MS = 3600 * 1000  # how often events too old for their group are looked for

OVERHEAD = 26  # bytes CloudWatch counts for each event besides its text

Events = Sequence[tuple[int, str]]
Appended = tuple[str, str, Events]  # group, stream, (epoch ms, text) in order


class LogWriter:
    """Writes to one open log database. `group_bytes` bounds the text kept for a group."""

    def __init__(self, db: sqlite3.Connection, *, group_bytes: int) -> None:
        self._db = db
        self._group_bytes = group_bytes
        self._streams: dict[tuple[str, str], int] = {}
        self._expired = 0

    def forget(self) -> None:
        """Streams were deleted: look each up again."""
        self._streams.clear()

    def write(self, batch: list[Appended]) -> None:
        """Write what was appended, in one transaction."""
        now = int(time.time() * 1000)
        rows: list[tuple[int, int, int, str]] = []
        streams: dict[int, list[int]] = {}  # id → first, last, bytes
        groups: dict[str, int] = {}
        with transaction(self._db) as db:
            for group, stream, events in batch:
                number = self._stream_id(db, group, stream, now)
                size = 0
                for timestamp, message in events:
                    if not message.isascii():  # half a surrogate pair must not lose the batch
                        message = message.encode("utf-8", "replace").decode()
                    rows.append((number, timestamp, now, message))
                    size += len(message) + OVERHEAD
                groups[group] = groups.get(group, 0) + size
                first, last = events[0][0], events[-1][0]
                known = streams.setdefault(number, [first, last, 0])
                known[0], known[1] = min(known[0], first), max(known[1], last)
                known[2] += size
            db.executemany(
                "INSERT INTO events (stream, timestamp, ingested, message) VALUES (?, ?, ?, ?)",
                rows,
            )
            db.executemany(
                "UPDATE streams SET first = min(coalesce(first, ?1), ?1),"
                " last = max(coalesce(last, ?2), ?2), bytes = bytes + ?3, ingested = ?4"
                " WHERE id = ?5",
                [(*values, now, number) for number, values in streams.items()],
            )
            for group, size in groups.items():
                self._grow(db, group, size)
            if now - self._expired >= EXPIRY_MS:
                self._expired = now
                self._expire(db, now)

    def _stream_id(self, db: sqlite3.Connection, group: str, stream: str, now: int) -> int:
        number = self._streams.get((group, stream))
        if number is None:
            db.execute("INSERT OR IGNORE INTO groups (name, created) VALUES (?, ?)", (group, now))
            db.execute(
                "INSERT OR IGNORE INTO streams (group_name, name, created) VALUES (?, ?, ?)",
                (group, stream, now),
            )
            number = int(
                db.execute(
                    "SELECT id FROM streams WHERE group_name = ? AND name = ?", (group, stream)
                ).fetchone()[0]
            )
            if len(self._streams) > 10_000:
                self._streams.clear()
            self._streams[group, stream] = number
        return number

    def _grow(self, db: sqlite3.Connection, group: str, size: int) -> None:
        row = db.execute(
            "UPDATE groups SET bytes = bytes + ? WHERE name = ? RETURNING bytes", (size, group)
        ).fetchone()
        if row is None or row[0] <= self._group_bytes:
            return
        # Down to nine tenths, so that this happens now and then and not with every batch.
        surplus = row[0] - self._group_bytes * 9 // 10
        oldest = db.execute(
            "SELECT id, stream, length(message) FROM events"
            " WHERE stream IN (SELECT id FROM streams WHERE group_name = ?) ORDER BY id",
            (group,),
        )
        freed, last, streams = 0, 0, dict[int, int]()
        for number, stream, length in oldest:
            if freed >= surplus:
                break
            freed += length + OVERHEAD
            streams[stream] = streams.get(stream, 0) + length + OVERHEAD
            last = number
        oldest.close()
        db.execute(
            "DELETE FROM events WHERE id <= ?"
            " AND stream IN (SELECT id FROM streams WHERE group_name = ?)",
            (last, group),
        )
        db.execute("UPDATE groups SET bytes = bytes - ? WHERE name = ?", (freed, group))
        db.executemany(
            "UPDATE streams SET bytes = bytes - ? WHERE id = ?",
            [(length, stream) for stream, length in streams.items()],
        )

    def _expire(self, db: sqlite3.Connection, now: int) -> None:
        """Remove what is older than its group's retention."""
        for group, days in db.execute(
            "SELECT name, retention FROM group_settings WHERE retention IS NOT NULL"
        ).fetchall():
            of_group = "SELECT id FROM streams WHERE group_name = ?"
            gone = db.execute(
                f"DELETE FROM events WHERE stream IN ({of_group}) AND timestamp < ?",
                (group, now - days * DAY_MS),
            )
            if gone.rowcount > 0:
                db.execute(
                    "UPDATE streams SET bytes = (SELECT coalesce(sum(length(message) + ?), 0)"
                    " FROM events WHERE stream = streams.id) WHERE group_name = ?",
                    (OVERHEAD, group),
                )
                db.execute(
                    "UPDATE groups SET bytes = (SELECT sum(bytes) FROM streams"
                    " WHERE group_name = groups.name) WHERE name = ?",
                    (group,),
                )
