"""CloudWatch log groups, streams and events in `logs.db` (lambda-facts §3.3).

Events are taken in memory and handed in batches to a process that writes them (`log_process.py`):
at thousands of invocations a second, writing would cost more than the invocations. Whoever reads
waits for what is pending first, so a reader always finds what was appended. A group keeps at most
`group_bytes` of text; its oldest events go first.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.local.store.database import open_database, transaction
from workbench.local.store.log_process import LogProcess
from workbench.local.store.log_writer import SCHEMA, SCHEMA_VERSION, Appended, Events

BATCH_SECONDS = 0.05
# Each batch holds up an invocation or two by a millisecond: under load they are fewer and larger.
BUSY_BATCH = 100  # events in a batch from which on it counts as load
BUSY_BATCH_SECONDS = 0.5
MAX_PENDING = 50_000  # events in memory before the appender itself has to write

Subscriber = Callable[[str, str, Events], None]


@dataclass(frozen=True, slots=True)
class LogGroup:
    """`created` is epoch ms, `stored` bytes, `retention` days (None: for ever)."""

    name: str
    created: int
    stored: int
    retention: int | None


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
        self._db = open_database(path, SCHEMA, SCHEMA_VERSION)
        self._process = LogProcess(path, group_bytes=group_bytes)
        self._db_lock = threading.Lock()
        self._pending: list[Appended] = []
        self._pending_count = 0
        self._pause = BATCH_SECONDS
        self._wake = threading.Event()
        self._closed = False
        self._subscribers: list[Subscriber] = []
        self._writer = threading.Thread(target=self._hand_over_batches, name="logs", daemon=True)
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
        """Return when everything appended so far is written."""
        with self._db_lock:
            self._hand_over()
            if not self._closed:
                self._process.sync()

    def close(self) -> None:
        """Write what is pending and close the file."""
        with self._db_lock:
            self._hand_over()
            self._closed = True
            self._process.close()
            self._db.close()
        self._wake.set()
        self._writer.join(5)

    def _hand_over(self) -> None:
        if self._pending and not self._closed:
            batch, self._pending = self._pending, []
            self._pending_count = 0
            self._process.write(batch)

    def _hand_over_batches(self) -> None:
        while not self._closed:
            self._wake.wait()
            if not self._closed:
                time.sleep(self._pause)
            self._wake.clear()  # before reading `_closed`, which `close` sets before waking us
            busy = self._pending_count >= BUSY_BATCH
            self._pause = BUSY_BATCH_SECONDS if busy else BATCH_SECONDS
            with self._db_lock:
                self._hand_over()

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

    def set_retention(self, group: str, days: int | None) -> None:
        """Keep a group's events so long; None keeps them as long as there is room."""
        with self._db_lock:
            self._db.execute(
                "INSERT INTO group_settings (name, retention) VALUES (?1, ?2)"
                " ON CONFLICT (name) DO UPDATE SET retention = ?2",
                (group, days),
            )

    def tags(self, group: str) -> dict[str, str]:
        """A group's tags."""
        rows = self._all("SELECT tags FROM group_settings WHERE name = ?", (group,))
        found: dict[str, str] = json.loads(rows[0][0]) if rows else {}
        return found

    def tag_group(self, group: str, tags: Mapping[str, str]) -> None:
        """Add tags to a group, or give them other values."""
        self._put_tags(group, {**self.tags(group), **tags})

    def untag_group(self, group: str, keys: Collection[str]) -> None:
        """Remove tags from a group; those it does not have are none."""
        kept = {key: value for key, value in self.tags(group).items() if key not in keys}
        self._put_tags(group, kept)

    def _put_tags(self, group: str, tags: Mapping[str, str]) -> None:
        with self._db_lock:
            self._db.execute(
                "INSERT INTO group_settings (name, tags) VALUES (?1, ?2)"
                " ON CONFLICT (name) DO UPDATE SET tags = ?2",
                (group, json.dumps(tags)),
            )

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
            self._process.forget()
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
            db.execute("DELETE FROM group_settings WHERE name = ?", (group,))
            return db.execute("DELETE FROM groups WHERE name = ?", (group,)).rowcount > 0

    def has_group(self, name: str) -> bool:
        """Whether there is such a group."""
        return bool(self._all("SELECT 1 FROM groups WHERE name = ?", (name,)))

    def groups(
        self, *, prefix: str = "", part: str = "", after: str = "", limit: int = 50
    ) -> list[LogGroup]:
        """Groups by name: those that begin with `prefix` and contain `part` (any case)."""
        rows = self._all(
            "SELECT name, created, bytes, retention FROM groups LEFT JOIN group_settings"
            " USING (name) WHERE name > ? AND substr(name, 1, ?) = ?"
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
