"""The file that holds what the embedded services hold (`services.db`).

Two kinds of rows: `states`, one for each service, account and region, with all its resources; and
`parts`, one for each message, record, item or object, which belong to an owner (a queue, a shard, a
table, a bucket). Whoever changes a part puts it here; before a request is answered all that was put
is committed, so what was acknowledged survives a kill at any moment. Nothing is synced to the disk
for it: a power cut may lose the last seconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from workbench.local.services.keeping.forget import DATABASE
from workbench.local.store.database import open_database, transaction

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS states (
    module TEXT NOT NULL,
    service TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (module, service, account, region)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (
    owner TEXT NOT NULL,
    key NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""
_VERSION = 1

Key = int | str


class Place(NamedTuple):
    """Whose state a row of `states` has: moto's module ("moto.sqs.models") and its own name."""

    module: str
    service: str
    account: str
    region: str


class State(NamedTuple):
    """A service's state and the owners of parts that it names."""

    value: bytes
    owners: frozenset[str]


class Keep:
    """One file. Any thread may call.

    `states` is asked, while a commit is made, for the states of a service that was changed.
    """

    def __init__(self, folder: Path, states: Callable[[str], Mapping[Place, State]]) -> None:
        # A process that was told to end may still be at it: there is one writer at a time.
        self._sole = (folder / "services.lock").open("w")
        fcntl.flock(self._sole, fcntl.LOCK_EX)
        self.folder = folder
        self.lock = threading.RLock()
        """Held while a value is read and put: so the last put is the last value."""
        self._db = open_database(folder / DATABASE, _SCHEMA, _VERSION)
        self._states = states
        self._known: dict[Place, State] = {}
        self._parts: dict[tuple[str, Key], bytes | None] = {}
        self._changed: set[str] = set()
        self._afterwards: list[Callable[[], None]] = []
        self._writing = threading.Lock()
        self._here = threading.local()
        self._soon = threading.Event()
        threading.Thread(target=self._commit_soon, name="keep", daemon=True).start()

    # -- what changes

    def put(self, *parts: tuple[str, Key, bytes | None]) -> None:
        """Parts as they are now, by owner and key; None for one that is gone. Those of one call
        are on disk together. Outside of a request they get there soon."""
        with self.lock:
            for owner, key, value in parts:
                self._parts[owner, key] = value
        if not self._answering:
            self._soon.set()

    def changed(self, service: str) -> None:
        """A service's resources may have changed."""
        with self.lock:
            self._changed.add(service)
        if not self._answering:
            self._soon.set()

    def afterwards(self, action: Callable[[], None]) -> None:
        """Do this once all that was put so far is on disk."""
        with self.lock:
            self._afterwards.append(action)

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """A request is being answered in this thread, which commits at its end."""
        before = self._answering
        self._here.answering = True
        try:
            yield
        finally:
            self._here.answering = before

    @property
    def _answering(self) -> bool:
        return getattr(self._here, "answering", False)

    # -- to the disk

    def commit(self) -> None:
        """Return when all that was put before is on disk. Raises sqlite3.Error, and RuntimeError
        when resources change all the time."""
        # Whoever takes what is there away holds `_writing` until it is written.
        if not self._parts and not self._changed and not self._writing.locked():
            return
        with self._writing:
            with self.lock:
                changed, self._changed = self._changed, set()
            parts: dict[tuple[str, Key], bytes | None] = {}
            actions: list[Callable[[], None]] = []
            try:
                states = self._news(changed)
                with self.lock:
                    parts, self._parts = self._parts, {}
                    actions, self._afterwards = self._afterwards, []
                self._write(parts, states)
            except BaseException:
                with self.lock:
                    self._parts = {**parts, **self._parts}
                    self._changed |= changed
                    self._afterwards = actions + self._afterwards
                raise
            self._known.update(states)
        for action in actions:
            action()

    def _news(self, services: Iterable[str]) -> dict[Place, State]:
        return {
            place: state
            for service in services
            for place, state in self._states(service).items()
            if self._known.get(place) != state
        }

    def _write(
        self, parts: Mapping[tuple[str, Key], bytes | None], states: Mapping[Place, State]
    ) -> None:
        if not parts and not states:
            return
        kept = [(*id, value) for id, value in parts.items() if value is not None]
        gone = [id for id, value in parts.items() if value is None]
        with transaction(self._db) as db:
            if kept:
                db.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)", kept)
            if gone:
                db.executemany("DELETE FROM parts WHERE owner = ? AND key = ?", gone)
            for place, state in states.items():
                row = (*place, state.value)
                db.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?)", row)
                before = self._known.get(place)
                for owner in before.owners - state.owners if before is not None else ():
                    db.execute("DELETE FROM parts WHERE owner = ?", (owner,))

    def _commit_soon(self) -> None:
        while True:
            self._soon.wait()
            self._soon.clear()
            try:
                self.commit()
            except (sqlite3.Error, RuntimeError):
                log.exception("what the services hold was not written")

    # -- what was kept

    def all_states(self) -> dict[Place, bytes]:
        """The states of earlier runs."""
        rows = self._db.execute("SELECT module, service, account, region, value FROM states")
        return {Place(*row[:4]): row[4] for row in rows}

    def known(self, place: Place, state: State) -> None:
        """This is what an earlier run kept, as far as it could be read."""
        self._known[place] = state

    def parts(self, owner: str) -> list[tuple[Key, bytes]]:
        """The parts of an owner, by key: numbers in order, then texts."""
        rows = self._db.execute(
            "SELECT key, value FROM parts WHERE owner = ? ORDER BY key", (owner,)
        )
        return rows.fetchall()

    def sweep(self) -> None:
        """Forget the parts of owners that no known state names."""
        owners = frozenset().union(*(state.owners for state in self._known.values()))
        found = self._db.execute("SELECT DISTINCT owner FROM parts").fetchall()
        gone = [(owner,) for (owner,) in found if owner not in owners]
        with transaction(self._db) as db:
            db.executemany("DELETE FROM parts WHERE owner = ?", gone)

    def note(self, name: str) -> bytes | None:
        """A value that is kept beside the states."""
        row = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return row[0] if row is not None else None

    def set_note(self, name: str, value: bytes) -> None:
        """Keep a value beside the states; on disk when this returns."""
        with self._writing:
            self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Let go of the file."""
        self.commit()
        with self._writing:
            self._db.close()
        self._sole.close()


# -- the one of this process: moto's own state is the process's too

_current: Keep | None = None
_owners: WeakValueDictionary[str, Any] = WeakValueDictionary()
_naming = threading.Lock()


def use(keep: Keep | None) -> None:
    """What moto's models hold is kept there from now on."""
    global _current
    _current = keep


def current() -> Keep | None:
    """Where it is kept; None where nothing is."""
    return _current


def put(*parts: tuple[str, Key, bytes | None]) -> None:
    """Keep.put, if anything is kept."""
    if _current is not None:
        _current.put(*parts)


def changed(service: str) -> None:
    """Keep.changed, if anything is kept."""
    if _current is not None:
        _current.changed(service)


def owner_of(holder: Any) -> str | None:
    """The name by which a holder of parts is kept; None when it has none, and for a copy of one
    that has."""
    name: str | None = holder.__dict__.get("kept_as")
    return name if name is not None and _owners.get(name) is holder else None


def name_owner(holder: Any, name: str | None = None) -> str:
    """Give a holder of parts a name, or the one it had in an earlier run."""
    with _naming:
        name = holder.__dict__["kept_as"] = name or uuid.uuid4().hex
        _owners[name] = holder
    return name
