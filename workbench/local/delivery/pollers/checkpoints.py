"""How far each shard of a stream has been processed, on disk: it survives a kill of anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path

from workbench.local.store.database import open_database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shards (
    mapping TEXT NOT NULL,
    shard TEXT NOT NULL,
    progress TEXT NOT NULL,
    PRIMARY KEY (mapping, shard)
) WITHOUT ROWID;
"""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Window:
    """A tumbling window that is open: its start (epoch seconds) and the state so far, in JSON."""

    start: float
    state: str = "{}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one mapping is with one shard of the stream `stream` (see StreamReader.identity).

    Reading begins at `start` ("TRIM_HORIZON", "LATEST", or "AT_TIMESTAMP" with `since` in epoch
    seconds) until there is a sequence number: `at` is the first record that is not done, `after`
    the last of those that are all done. Records with the same key go to the same of `factor`
    lanes; `lanes` has the last sequence number that each finished, so that what a lane did ahead
    of the others is not done again. `windows` are the lanes' open tumbling windows.
    """

    stream: str
    start: str
    since: float = 0.0
    at: str | None = None
    after: str | None = None
    factor: int = 1
    lanes: dict[str, str] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    finished: bool = False

    @property
    def begins(self) -> float:
        """The time before which records do not count, 0 when sequence numbers say it."""
        by_time = self.at is None and self.after is None and self.start != "TRIM_HORIZON"
        return self.since if by_time else 0.0


class Checkpoints:
    """All mappings' progress, written at once. Any thread may call."""

    def __init__(self, path: Path) -> None:
        self._db = open_database(path, _SCHEMA, _VERSION)
        self._lock = threading.Lock()

    def of(self, mapping: str) -> dict[str, Progress]:
        """The progress of a mapping by shard."""
        with self._lock:
            rows = self._db.execute(
                "SELECT shard, progress FROM shards WHERE mapping = ?", (mapping,)
            ).fetchall()
        return {shard: _progress(text) for shard, text in rows}

    def put(self, mapping: str, shard: str, progress: Progress) -> None:
        """Keep the progress; durable when this returns."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO shards VALUES (?, ?, ?)",
                (mapping, shard, json.dumps(asdict(progress))),
            )

    def forget(self, mapping: str) -> None:
        """The mapping begins anew."""
        with self._lock:
            self._db.execute("DELETE FROM shards WHERE mapping = ?", (mapping,))

    def keep(self, mappings: Collection[str]) -> None:
        """Forget all mappings but these."""
        with self._lock:
            rows = self._db.execute("SELECT DISTINCT mapping FROM shards").fetchall()
            for (mapping,) in rows:
                if mapping not in mappings:
                    self._db.execute("DELETE FROM shards WHERE mapping = ?", (mapping,))


def _progress(text: str) -> Progress:
    values = json.loads(text)
    values["windows"] = {lane: Window(**window) for lane, window in values["windows"].items()}
    return Progress(**values)
