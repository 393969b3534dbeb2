"""Every invocation made from this project: its event, answer and logs, across restarts.

One SQLite file (WAL), written by the local Lambda and by screens and commands, several processes
at once. Bounded: the oldest invocations go when there are more than `MAX_ENTRIES` of them or
their bodies take more than `MAX_BYTES`.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from workbench.project.cost import Cost, cost_of

MAX_ENTRIES = 20_000
MAX_BYTES = 512 * 1024 * 1024

_PRUNE_AFTER_ENTRIES = 1_000
_PRUNE_AFTER_BYTES = 32 * 1024 * 1024
_COMPRESS_ABOVE = 4096
_WAIT_S = 5.0
_SCHEMA_VERSION = 2

# The bodies have their own table so that lists and sums read small rows only.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS invocation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL, function TEXT NOT NULL, qualifier TEXT, executed_version TEXT,
    invocation_type TEXT NOT NULL, source TEXT NOT NULL, request_id TEXT NOT NULL,
    started REAL NOT NULL, status_code INTEGER, function_error TEXT, error_type TEXT,
    error_message TEXT, duration_ms REAL, billed_ms INTEGER, init_ms REAL, memory_size INTEGER,
    max_memory_used INTEGER, size INTEGER NOT NULL,
    architecture TEXT, ephemeral_storage INTEGER, trace_id TEXT
);
CREATE INDEX IF NOT EXISTS invocation_function ON invocation (target, function, id);
CREATE INDEX IF NOT EXISTS invocation_target ON invocation (target, id);
CREATE TABLE IF NOT EXISTS body (
    id INTEGER PRIMARY KEY, event BLOB NOT NULL, payload BLOB NOT NULL, log_text BLOB NOT NULL
);
"""

# Columns that a file of version 1 lacks.
_ADDED = ("architecture TEXT", "ephemeral_storage INTEGER", "trace_id TEXT")


class HistoryError(Exception):
    """The history cannot be read or written. The message is one sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One invocation without its bodies.

    `id` grows with time (0: not stored yet). `target` is "local" or "aws:<account>:<region>".
    `source` says what made it: "invoke", later an event source. `started` is epoch seconds,
    times are in ms, sizes in MB; what is not known is None. `trace_id` is that of a sampled
    X-Ray trace.
    """

    id: int = 0
    target: str
    function: str
    qualifier: str | None = None
    executed_version: str | None = None
    invocation_type: str = "RequestResponse"
    source: str = "invoke"
    request_id: str
    started: float
    status_code: int | None = None
    function_error: str | None = None
    error_type: str | None = None
    error_message: str | None = None
    duration_ms: float | None = None
    billed_ms: int | None = None
    init_ms: float | None = None
    memory_size: int | None = None
    max_memory_used: int | None = None
    architecture: str | None = None
    ephemeral_storage: int | None = None
    trace_id: str | None = None

    @property
    def cost(self) -> Cost | None:
        """What it costs on AWS, None when its figures are not known."""
        if self.billed_ms is None or not self.memory_size:
            return None
        sizes = (self.billed_ms, self.memory_size)
        return cost_of(*sizes, self.architecture, self.ephemeral_storage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Summary):
    """One invocation with its event, its answer and its START…REPORT log text."""

    event: bytes = b""
    payload: bytes = b""
    log_text: str = ""


_COLUMNS = tuple(field.name for field in fields(Summary))
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM invocation"
_INSERT = (
    f"INSERT INTO invocation ({', '.join(_COLUMNS[1:])}, size) "
    f"VALUES ({', '.join('?' * len(_COLUMNS))})"
)


class History:
    """The invocation history in the SQLite file `path`, made when missing.

    Safe to share between threads, and between processes that each have their own. Every method
    raises HistoryError when the file is damaged, locked for long, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._entries_since_prune = 0
        self._bytes_since_prune = 0
        with self._clear_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        """Let go of the file. No method may be called afterwards."""
        with self._lock:
            self._db.close()

    def add(self, entry: Entry) -> int:
        """Store one invocation (its `id` is ignored) and return the id it got."""
        return self.add_many([entry])[0]

    def add_many(self, entries: Sequence[Entry]) -> list[int]:
        """Store invocations in one transaction; returns their ids, in the same order."""
        packed = [
            (entry, _pack(entry.event), _pack(entry.payload), _pack(entry.log_text.encode()))
            for entry in entries
        ]
        ids: list[int] = []
        with self._lock, self._clear_errors(), self._transaction():
            for entry, *bodies in packed:
                size = sum(map(len, bodies))
                values = [getattr(entry, name) for name in _COLUMNS[1:]]
                row = self._db.execute(_INSERT, (*values, size)).lastrowid
                assert row is not None
                self._db.execute("INSERT INTO body VALUES (?, ?, ?, ?)", (row, *bodies))
                ids.append(row)
                self._bytes_since_prune += size
            self._entries_since_prune += len(ids)
            if (
                self._entries_since_prune >= _PRUNE_AFTER_ENTRIES
                or self._bytes_since_prune >= _PRUNE_AFTER_BYTES
            ):
                self._prune()
        return ids

    def recent(
        self,
        target: str,
        function: str | None = None,
        limit: int = 200,
        before_id: int | None = None,
    ) -> list[Summary]:
        """The newest invocations on `target` first; `before_id` gives the page after that id."""
        where, values = _condition(target, function)
        if before_id is not None:
            where += " AND id < ?"
            values.append(before_id)
        return self._summaries(f"{where} ORDER BY id DESC LIMIT ?", [*values, limit])

    def get(self, entry_id: int) -> Entry:
        """One invocation with its bodies. Raises HistoryError when it is not there (any more)."""
        with self._lock, self._clear_errors():
            row = self._db.execute(
                f"SELECT {', '.join(_COLUMNS)}, event, payload, log_text "
                "FROM invocation JOIN body USING (id) WHERE id = ?",
                [entry_id],
            ).fetchone()
            if row is None:
                raise HistoryError(f"Invocation {entry_id} is no longer in the history.")
            event, payload, log_text = map(_unpack, row[-3:])
        return Entry(
            **dict(zip(_COLUMNS, row, strict=False)),
            event=event,
            payload=payload,
            log_text=log_text.decode(errors="replace"),
        )

    def with_request_id(self, target: str, request_id: str) -> Summary | None:
        """The invocation with this request id; its last attempt, if it had several."""
        found = self._summaries(
            "target = ? AND request_id = ? ORDER BY id DESC LIMIT 1", [target, request_id]
        )
        return found[0] if found else None

    def last_results(self, target: str) -> dict[str, Summary]:
        """The newest invocation of every function on `target`, by function name."""
        newest = self._summaries(
            "id IN (SELECT max(id) FROM invocation WHERE target = ? GROUP BY function)", [target]
        )
        return {summary.function: summary for summary in newest}

    def count(self, target: str, function: str | None = None) -> int:
        """How many invocations are kept for `target` (and `function`)."""
        where, values = _condition(target, function)
        with self._lock, self._clear_errors():
            query = f"SELECT count(*) FROM invocation WHERE {where}"
            return int(self._db.execute(query, values).fetchone()[0])

    def _summaries(self, where: str, values: Sequence[object]) -> list[Summary]:
        with self._lock, self._clear_errors():
            rows = self._db.execute(f"{_SELECT} WHERE {where}", values).fetchall()
        return [Summary(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    def _prepare(self) -> None:
        # Two processes changing to WAL at once: SQLite tells one of them "locked" without
        # waiting, so the waiting is done here.
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError as error:
                if not _is_locked(error) or time.monotonic() >= deadline:
                    raise
                time.sleep(0.01)
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self._transaction():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > _SCHEMA_VERSION:
                raise HistoryError(
                    f"{self.path} was written by a newer workbench: update this one."
                )
            if version < _SCHEMA_VERSION:
                for column in _ADDED if version == 1 else ():
                    self._db.execute(f"ALTER TABLE invocation ADD COLUMN {column}")
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    def _prune(self) -> None:
        self._entries_since_prune = self._bytes_since_prune = 0
        total = self._db.execute("SELECT sum(size) FROM invocation").fetchone()[0] or 0
        row = self._db.execute(
            "SELECT id FROM invocation ORDER BY id DESC LIMIT 1 OFFSET ?", [MAX_ENTRIES]
        ).fetchone()
        last_gone = row[0] if row else 0
        if total > MAX_BYTES:
            newest_first = self._db.execute("SELECT id, size FROM invocation ORDER BY id DESC")
            kept = 0
            for entry_id, size in newest_first.fetchall():
                kept += size
                if kept > MAX_BYTES:
                    last_gone = max(last_gone, entry_id)
                    break
        self._db.execute("DELETE FROM invocation WHERE id <= ?", [last_gone])
        self._db.execute("DELETE FROM body WHERE id <= ?", [last_gone])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if _is_locked(error):
                message = f"The history {self.path} is locked by another program: try again."
            elif getattr(error, "sqlite_errorname", "").startswith(
                ("SQLITE_CORRUPT", "SQLITE_NOTADB")
            ):
                message = (
                    f"The history {self.path} is damaged ({error}): "
                    "move it away to begin a new one."
                )
            else:
                message = f"The history {self.path} cannot be used: {error}."
            raise HistoryError(message) from error
        except zlib.error as error:
            raise HistoryError(f"A body in the history {self.path} is damaged.") from error
        except OSError as error:
            raise HistoryError(
                f"The history {self.path} cannot be used: {error.strerror or error}."
            ) from error


def _condition(target: str, function: str | None) -> tuple[str, list[object]]:
    if function is None:
        return "target = ?", [target]
    return "target = ? AND function = ?", [target, function]


def _is_locked(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


# A stored body begins with one byte that says how it is kept.
_PLAIN, _ZLIB = b"\0", b"\1"


def _pack(body: bytes) -> bytes:
    if len(body) > _COMPRESS_ABOVE:
        # Level 1: a 6 MB answer takes some 40 ms instead of 150.
        return _ZLIB + zlib.compress(body, 1)
    return _PLAIN + body


def _unpack(stored: bytes) -> bytes:
    return zlib.decompress(stored[1:]) if stored[:1] == _ZLIB else stored[1:]
