"""Opening the SQLite files: write-ahead log, so a kill at any moment loses nothing committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StateError(Exception):
    """The local Lambda's state cannot be used; the message is one sentence for a person."""


def open_database(path: Path, schema: str, version: int) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any one thread at a time.

    `version` is the schema's number, kept in the file. Raises StateError when the file is no
    database, is of a newer schema or cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            # NORMAL loses nothing when the process is killed; only a power cut may.
            db.execute("PRAGMA synchronous = NORMAL")
            found = db.execute("PRAGMA user_version").fetchone()[0]
            if found > version:
                raise StateError(
                    f"{path} was written by a newer version of workbench; update workbench, "
                    "or move the file away to start afresh."
                )
            if found < version:
                db.executescript(f"BEGIN; {schema}; PRAGMA user_version = {version}; COMMIT;")
        except BaseException:
            db.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise StateError(
            f"{path} cannot be used ({error}); move it away to start afresh."
        ) from error
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All the writes inside happen, or none."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
