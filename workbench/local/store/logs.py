"""CloudWatch log groups, streams and events in `logs.db` (lambda-facts §3.3).

Events are taken in memory and written by a thread in batches: at thousands of invocations a
second a commit for each would cost more than the invocations. Whoever reads writes what is
pending first, so a reader always finds what was appended. A group keeps at most `group_bytes`
of text; its oldest events go first.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.local.store.database import open_database, transaction

SCHEMA = """
CREATE TABLE groups (
    name TEXT PRIMARY KEY, created INTEGER NOT NULL, bytes INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    group_name TEXT NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    first INTEGER, last INTEGER, ingested INTEGER,
    bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (group_name, name)
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    ingested INTEGER NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX events_by_stream ON events (stream, timestamp, id);
"""

BATCH_SECONDS = 0.05
OVERHEAD = 26  # bytes CloudWatch counts for each event besides its text
MAX_PENDING = 50_000  # events in memory before the appender itself has to write

Events = Sequence[tuple[int, str]]
Subscriber = Callable[[str, str, Events], None]


@dataclass(frozen=True, slots=True)
class LogGroup:
    """`created` is epoch ms, `stored` bytes."""

    name: str
    created: int
    stored: int


@dataclass(frozen=True, slots=True)
class LogStream:
    """Times are epoch ms, None while the stream is empty."""

    id: int
    group: str
    name: str
    created: int
    first: int | None
    last: int | None
    ingested: int | None
    stored: int


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event; `id` orders events of one time as they came in."""

    id: int
    stream: str
    timestamp: int
    ingested: int
    message: str


class LogStore:
    """The log database; a `LogSink` for the runtime. Safe to use from several threads, but
    subscribers are called in the thread that appends."""

    def __init__(self, path: Path, *, group_bytes: int) -> None:
        self._db = open_database(path, SCHEMA, 1)
        self._group_bytes = group_bytes
        self._db_lock = threading.Lock()
        self._pending: list[tuple[str, str, Events]] = []
        self._pending_count = 0
        self._wake = threading.Event()
        self._closed = False
        self._streams: dict[tuple[str, str], int] = {}
        self._subscribers: list[Subscriber] = []
        self._writer = threading.Thread(target=self._write_batches, name="log writer", daemon=True)
        self._writer.start()

    # -- writing ---------------------------------------------------------------------------

    def append(self, group: str, stream: str, events: list[tuple[int, str]]) -> None:
        """Take events, (epoch ms, text) in order; makes the group and stream if need be."""
        if not events:
            return
        self._pending.append((group, stream, events))
        self._pending_count += len(events)
        if not self._wake.is_set():
            self._wake.set()
        for subscriber in self._subscribers:
            subscriber(group, stream, events)
        if self._pending_count > MAX_PENDING:
            self.flush()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have `subscriber(group, stream, events)` called for all that is appended; returns how
        to end it."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def flush(self) -> None:
        """Write everything appended so far."""
        with self._db_lock:
            if self._pending and not self._closed:
                batch, self._pending = self._pending, []
                self._pending_count = 0
                self._write(batch)

    def close(self) -> None:
        """Write what is pending and close the file."""
        self.flush()
        with self._db_lock:
            self._closed = True
            self._db.close()
        self._wake.set()
        self._writer.join(5)

    def _write_batches(self) -> None:
        while not self._closed:
            self._wake.wait()
            if not self._closed:
                time.sleep(BATCH_SECONDS)
            self._wake.clear()  # before reading `_closed`, which `close` sets before waking us
            self.flush()

    def _write(self, batch: list[tuple[str, str, Events]]) -> None:
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

    # -- groups and streams ----------------------------------------------------------------

    def create_group(self, name: str) -> bool:
        """Make a group; False when it is there already."""
        self.flush()
        with self._db_lock:
            done = self._db.execute(
                "INSERT OR IGNORE INTO groups (name, created) VALUES (?, ?)",
                (name, int(time.time() * 1000)),
            )
            return done.rowcount > 0

    def create_stream(self, group: str, name: str) -> bool:
        """Make a stream in an existing group; False when it is there already."""
        self.flush()
        with self._db_lock:
            done = self._db.execute(
                "INSERT OR IGNORE INTO streams (group_name, name, created) VALUES (?, ?, ?)",
                (group, name, int(time.time() * 1000)),
            )
            return done.rowcount > 0

    def delete_group(self, name: str) -> bool:
        """Remove a group with everything in it; False when there is none."""
        return self._delete("SELECT id FROM streams WHERE group_name = ?", (name,), group=name)

    def delete_stream(self, group: str, name: str) -> bool:
        """Remove a stream with its events; False when there is none."""
        return self._delete(
            "SELECT id FROM streams WHERE group_name = ? AND name = ?", (group, name), group=None
        )

    def _delete(self, query: str, values: tuple[str, ...], *, group: str | None) -> bool:
        self.flush()
        with self._db_lock, transaction(self._db) as db:
            self._streams.clear()
            found = db.execute(query, values).fetchall()
            for (number,) in found:
                db.execute("DELETE FROM events WHERE stream = ?", (number,))
                db.execute(
                    "UPDATE groups SET bytes = bytes - (SELECT bytes FROM streams WHERE id = ?1)"
                    " WHERE name = (SELECT group_name FROM streams WHERE id = ?1)",
                    (number,),
                )
                db.execute("DELETE FROM streams WHERE id = ?", (number,))
            if group is None:
                return bool(found)
            return db.execute("DELETE FROM groups WHERE name = ?", (group,)).rowcount > 0

    def has_group(self, name: str) -> bool:
        """Whether there is such a group."""
        return bool(self._all("SELECT 1 FROM groups WHERE name = ?", (name,)))

    def groups(
        self, *, prefix: str = "", part: str = "", after: str = "", limit: int = 50
    ) -> list[LogGroup]:
        """Groups by name: those that begin with `prefix` and contain `part` (any case)."""
        rows = self._all(
            "SELECT name, created, bytes FROM groups WHERE name > ? AND substr(name, 1, ?) = ?"
            " AND instr(lower(name), lower(?)) ORDER BY name LIMIT ?",
            (after, len(prefix), prefix, part, limit),
        )
        return [LogGroup(*row) for row in rows]

    def streams(
        self,
        group: str,
        *,
        prefix: str = "",
        by_time: bool = False,
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> list[LogStream]:
        """A group's streams by name, or by the time of their last event."""
        direction = "DESC" if descending else "ASC"
        order = f"last {direction}, name {direction}" if by_time else f"name {direction}"
        rows = self._all(
            "SELECT id, group_name, name, created, first, last, ingested, bytes FROM streams"
            f" WHERE group_name = ? AND substr(name, 1, ?) = ? ORDER BY {order} LIMIT ? OFFSET ?",
            (group, len(prefix), prefix, limit, offset),
        )
        return [LogStream(*row) for row in rows]

    def stream(self, group: str, name: str) -> LogStream | None:
        """One stream, or None."""
        rows = self._all(
            "SELECT id, group_name, name, created, first, last, ingested, bytes FROM streams"
            " WHERE group_name = ? AND name = ?",
            (group, name),
        )
        return LogStream(*rows[0]) if rows else None

    # -- events ----------------------------------------------------------------------------

    def events(
        self,
        streams: Iterable[LogStream],
        *,
        start: int | None = None,
        end: int | None = None,
        after: tuple[int, int] | None = None,
        before: tuple[int, int] | None = None,
        newest_first: bool = False,
        limit: int = 10_000,
    ) -> list[LogEvent]:
        """Events of `streams` in the order of (timestamp, id), or the other way round.

        From `start` up to but not including `end` (epoch ms), and strictly between the places
        `after` and `before`, each a (timestamp, id).
        """
        names = {stream.id: stream.name for stream in streams}
        where = [f"stream IN ({','.join(map(str, names))})"]
        values: list[object] = []
        for condition, value in (("timestamp >= ?", start), ("timestamp < ?", end)):
            if value is not None:
                where.append(condition)
                values.append(value)
        for condition, place in (
            ("(timestamp, id) > (?, ?)", after),
            ("(timestamp, id) < (?, ?)", before),
        ):
            if place is not None:
                where.append(condition)
                values += place
        direction = "DESC" if newest_first else "ASC"
        rows = self._all(
            "SELECT id, stream, timestamp, ingested, message FROM events"
            f" WHERE {' AND '.join(where)}"
            f" ORDER BY timestamp {direction}, id {direction} LIMIT ?",
            (*values, limit),
        )
        return [LogEvent(row[0], names[row[1]], *row[2:]) for row in rows]

    def _all(self, query: str, values: tuple[object, ...]) -> list[tuple]:  # type: ignore[type-arg]
        self.flush()
        with self._db_lock:
            return self._db.execute(query, values).fetchall()
