"""Functions, versions and aliases in `state.db`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from workbench.local.arns import function_arn
from workbench.local.config import ServerConfig
from workbench.local.store.database import transaction
from workbench.local.store.records import LATEST, Alias, Function, Image, Link, Version

SCHEMA = """
CREATE TABLE IF NOT EXISTS functions (
    name TEXT PRIMARY KEY,
    last_version INTEGER NOT NULL,
    reserved_concurrency INTEGER,
    tags TEXT NOT NULL,
    link TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
    function TEXT NOT NULL,
    number INTEGER NOT NULL,  -- 0 is $LATEST
    configuration TEXT NOT NULL,  -- with a member Image for container images
    code TEXT NOT NULL,
    folder TEXT,
    layers TEXT NOT NULL,
    dependencies TEXT,
    source TEXT NOT NULL,
    PRIMARY KEY (function, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aliases (
    function TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    description TEXT NOT NULL,
    revision_id TEXT NOT NULL,
    weights TEXT NOT NULL,
    PRIMARY KEY (function, name)
) WITHOUT ROWID;
"""

_VERSION = "function, number, configuration, code, folder, layers, dependencies, source"


class Functions:
    """Reads and writes functions. All calls belong to the event loop's thread.

    Every change calls each of `on_change` with the function's name, after it is durable.
    `reserved` maps unqualified ARNs to reserved concurrency.
    """

    def __init__(self, db: sqlite3.Connection, config: ServerConfig) -> None:
        self._db = db
        self._config = config
        self.on_change: list[Callable[[str], None]] = []
        rows = db.execute(
            "SELECT name, reserved_concurrency FROM functions"
            " WHERE reserved_concurrency IS NOT NULL"
        )
        self.reserved: dict[str, int] = {function_arn(config, name): n for name, n in rows}

    def changed(self, name: str) -> None:
        """Tell the listeners; also for a linked folder whose files changed."""
        for listener in list(self.on_change):
            listener(name)

    # -- functions -------------------------------------------------------------------------

    def get(self, name: str) -> Function | None:
        """The function's shared part, or None."""
        row = self._db.execute(
            "SELECT name, last_version, reserved_concurrency, tags FROM functions WHERE name = ?",
            (name,),
        ).fetchone()
        return Function(row[0], row[1], row[2], json.loads(row[3])) if row else None

    def count(self) -> int:
        """How many functions there are."""
        return int(self._db.execute("SELECT count(*) FROM functions").fetchone()[0])

    def names(self) -> list[str]:
        """All functions' names, sorted."""
        rows = self._db.execute("SELECT name FROM functions ORDER BY name")
        return [name for (name,) in rows]

    def reserved_names(self) -> list[str]:
        """The names of the functions with reserved concurrency."""
        return [arn.rpartition(":")[2] for arn in self.reserved]

    def put(self, function: Function, versions: Iterable[Version] = ()) -> None:
        """Insert or replace the shared part, and `versions` with it, in one transaction."""
        with transaction(self._db) as db:
            self._put_function(db, function)
            for version in versions:
                self._put_version(db, version)
        arn = function_arn(self._config, function.name)
        if function.reserved_concurrency is None:
            self.reserved.pop(arn, None)
        else:
            self.reserved[arn] = function.reserved_concurrency
        self.changed(function.name)

    def delete(self, name: str) -> None:
        """Remove the function with all its versions and aliases, and what is attached to them."""
        with transaction(self._db) as db:
            db.execute("DELETE FROM functions WHERE name = ?", (name,))
            db.execute("DELETE FROM versions WHERE function = ?", (name,))
            db.execute("DELETE FROM aliases WHERE function = ?", (name,))
            db.execute("DELETE FROM attachments WHERE function = ?", (name,))
        self.reserved.pop(function_arn(self._config, name), None)
        self.changed(name)

    # -- versions --------------------------------------------------------------------------

    def version(self, function: str, version: str) -> Version | None:
        """One version ("$LATEST" or a number), or None."""
        row = self._db.execute(
            f"SELECT {_VERSION} FROM versions WHERE function = ? AND number = ?",
            (function, _number(version)),
        ).fetchone()
        return _version(row) if row else None

    def versions(
        self,
        *,
        function: str | None = None,
        latest_only: bool = False,
        after: str = "",
        limit: int = 50,
    ) -> list[Version]:
        """Versions ordered by name, then $LATEST first, then by number; at most `limit`.

        `function` restricts them to one function; `after` is the `place` of the last one seen.
        """
        where, values = ["1"], list[object]()
        if function is not None:
            where.append("function = ?")
            values.append(function)
        if latest_only:
            where.append("number = 0")
        if after:
            name, _, version = after.rpartition(":")
            where.append("(function, number) > (?, ?)")
            values += [name, _number(version)]
        rows = self._db.execute(
            f"SELECT {_VERSION} FROM versions WHERE {' AND '.join(where)}"
            " ORDER BY function, number LIMIT ?",
            (*values, limit),
        )
        return [_version(row) for row in rows]

    def put_version(self, version: Version) -> None:
        """Insert or replace one version."""
        with transaction(self._db) as db:
            self._put_version(db, version)
        self.changed(version.function)

    def delete_version(self, function: str, version: str) -> None:
        """Remove one published version; nothing happens when it is not there."""
        with transaction(self._db) as db:
            db.execute(
                "DELETE FROM versions WHERE function = ? AND number = ?",
                (function, _number(version)),
            )
            self._delete_attachments(db, function, version)
        self.changed(function)

    def unfinished(self) -> list[Version]:
        """Versions that are Pending or InProgress: at start-up, those a kill interrupted."""
        rows = self._db.execute(
            f"SELECT {_VERSION} FROM versions WHERE"
            " json_extract(configuration, '$.State') = 'Pending'"
            " OR json_extract(configuration, '$.LastUpdateStatus') = 'InProgress'"
        )
        return [_version(row) for row in rows]

    def code_in_use(self) -> set[str]:
        """The SHA-256 (hex) of every archive that some version needs, its layers' too."""
        rows = self._db.execute("SELECT DISTINCT code, layers FROM versions").fetchall()
        layers = {folder for _, folders in rows for folder in json.loads(folders)}
        return {code for code, _ in rows if code} | layers

    def total_code_size(self) -> int:
        """Bytes of all versions' archives, each version counted (lambda-facts §4.3)."""
        row = self._db.execute(
            "SELECT coalesce(sum(json_extract(configuration, '$.CodeSize')), 0) FROM versions"
        ).fetchone()
        return int(row[0])

    # -- links -----------------------------------------------------------------------------

    def link_of(self, name: str) -> Link | None:
        """The folder $LATEST is linked to, or None."""
        row = self._db.execute("SELECT link FROM functions WHERE name = ?", (name,)).fetchone()
        return _read_link(row[0]) if row and row[0] else None

    def linked(self) -> list[str]:
        """The names of all linked functions."""
        rows = self._db.execute("SELECT name FROM functions WHERE link IS NOT NULL")
        return [name for (name,) in rows]

    def put_linked(self, linked: Iterable[tuple[Version, Link]]) -> None:
        """Insert or replace each $LATEST and what it is linked to, all in one transaction.

        Functions that are missing are made. Nobody is told: `changed` does that.
        """
        with transaction(self._db) as db:
            for version, link in linked:
                self._put_version(db, version)
                db.execute(
                    "INSERT INTO functions (name, last_version, tags, link)"
                    " VALUES (?, 0, '{}', ?) ON CONFLICT (name) DO UPDATE SET link = excluded.link",
                    (link.name, _link_text(link)),
                )

    def forget_link(self, name: str) -> None:
        """`name` is linked to no folder any more."""
        self._db.execute("UPDATE functions SET link = NULL WHERE name = ?", (name,))

    # -- aliases ---------------------------------------------------------------------------

    def alias(self, function: str, name: str) -> Alias | None:
        """One alias, or None."""
        row = self._db.execute(
            "SELECT * FROM aliases WHERE function = ? AND name = ?", (function, name)
        ).fetchone()
        return _alias(row) if row else None

    def aliases(self, function: str, *, after: str = "", limit: int = 10_000) -> list[Alias]:
        """The function's aliases by name, those after the name `after`."""
        rows = self._db.execute(
            "SELECT * FROM aliases WHERE function = ? AND name > ? ORDER BY name LIMIT ?",
            (function, after, limit),
        )
        return [_alias(row) for row in rows]

    def put_alias(self, alias: Alias) -> None:
        """Insert or replace one alias."""
        self._db.execute(
            "INSERT OR REPLACE INTO aliases VALUES (?, ?, ?, ?, ?, ?)",
            (
                alias.function,
                alias.name,
                alias.version,
                alias.description,
                alias.revision_id,
                json.dumps(dict(alias.weights)),
            ),
        )
        self.changed(alias.function)

    def delete_alias(self, function: str, name: str) -> None:
        """Remove one alias; nothing happens when it is not there."""
        with transaction(self._db) as db:
            db.execute("DELETE FROM aliases WHERE function = ? AND name = ?", (function, name))
            self._delete_attachments(db, function, name)
        self.changed(function)

    # -- rows ------------------------------------------------------------------------------

    @staticmethod
    def _delete_attachments(db: sqlite3.Connection, function: str, qualifier: str) -> None:
        db.execute(
            "DELETE FROM attachments WHERE function = ? AND qualifier = ?", (function, qualifier)
        )

    @staticmethod
    def _put_function(db: sqlite3.Connection, function: Function) -> None:
        db.execute(
            "INSERT INTO functions (name, last_version, reserved_concurrency, tags)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " last_version = excluded.last_version,"
            " reserved_concurrency = excluded.reserved_concurrency, tags = excluded.tags",
            (
                function.name,
                function.last_version,
                function.reserved_concurrency,
                json.dumps(dict(function.tags)),
            ),
        )

    @staticmethod
    def _put_version(db: sqlite3.Connection, version: Version) -> None:
        db.execute(
            f"INSERT OR REPLACE INTO versions ({_VERSION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                version.function,
                _number(version.version),
                json.dumps(_configuration(version), separators=(",", ":")),
                version.code,
                None if version.folder is None else str(version.folder),
                json.dumps([str(layer) for layer in version.layers]),
                None if version.dependencies is None else str(version.dependencies),
                version.source,
            ),
        )


def place(version: Version) -> str:
    """Where a version stands in the order of `Functions.versions`."""
    return f"{version.function}:{version.version}"


def _number(version: str) -> int:
    if version == LATEST:
        return 0
    # Longer than any number ever given out, and than SQLite's integers.
    return int(version) if len(version) < 19 else -1


def _version(row: tuple[Any, ...]) -> Version:
    function, number, text, code, folder, layers, dependencies, source = row
    configuration = json.loads(text)
    image = configuration.pop("Image", None)
    return Version(
        function,
        str(number) if number else LATEST,
        configuration,
        code,
        None if folder is None else Path(folder),
        tuple(map(Path, json.loads(layers))),
        None if dependencies is None else Path(dependencies),
        source,
        None if image is None else Image(*image),
    )


def _configuration(version: Version) -> dict[str, Any]:
    image = version.image
    kept = {} if image is None else {"Image": (image.uri, image.resolved_uri)}
    return {**version.configuration, **kept}


def _alias(row: tuple[Any, ...]) -> Alias:
    function, name, version, description, revision_id, weights = row
    return Alias(function, name, version, description, revision_id, json.loads(weights))


def _link_text(link: Link) -> str:
    values = {field.name: getattr(link, field.name) for field in fields(link)}
    values["environment"] = dict(link.environment)
    values["logging"] = dict(link.logging)
    values["image"] = None if link.image is None else (link.image.uri, link.image.resolved_uri)
    return json.dumps(values, default=str)


def _read_link(text: str) -> Link:
    values = json.loads(text)
    values["folder"] = Path(values["folder"])
    values["layers"] = tuple(map(Path, values["layers"]))
    for name in ("event_sources", "permissions"):
        values[name] = tuple(values.get(name, ()))
    if values.get("image") is not None:
        values["image"] = Image(*values["image"])
    if values["dependencies"] is not None:
        values["dependencies"] = Path(values["dependencies"])
    return Link(**values)
