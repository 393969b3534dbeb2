"""Where the values of an event's placeholders come from: clock, environment, files, counters."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from workbench.project.events.values import Resolved, Sources, resolve
from workbench.project.files import exclusive, write_atomically
from workbench.project.state_dir import StateDir, StateDirError

MAX_FILE = 6 * 1024 * 1024
"""Bytes of a file that can be put into an event: Invoke's own limit (lambda-facts §10.1)."""

_LOCK_S = 5.0


@dataclass
class EventValues:
    """Makes the values of one project's events.

    `preview` shows what the next `send` will make: the random values are the same in both, and a
    counter goes on only when an event is sent.
    """

    root: Path
    _seed: int = field(default_factory=lambda: secrets.randbits(64))

    def preview(self, text: str) -> Resolved:
        """The event as it would be sent now. Raises BadPlaceholder."""
        return resolve(text, self._sources(self._peek))

    def send(self, text: str) -> Resolved:
        """The event to be sent. Raises BadPlaceholder; counters stand still then."""
        preview = self.preview(text)
        if not preview.made:
            return preview
        sent = resolve(text, self._sources(self._take))
        self._seed = secrets.randbits(64)
        return sent

    def _sources(self, count: Callable[[str], int]) -> Sources:
        return Sources(datetime.now(UTC), self._seed, os.environ, self._read, count)

    def _read(self, name: str) -> bytes:
        root = self.root.resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise ValueError("only files of the project can be put into an event")
        try:
            if path.stat().st_size > MAX_FILE:
                raise ValueError("the file is over 6 MB, more than an event can hold")
            return path.read_bytes()
        except OSError as error:
            raise ValueError(f"{error.strerror or error} ({path})") from None

    @property
    def _counters(self) -> Path:
        try:
            return StateDir(self.root).path / "counters.json"
        except StateDirError as error:
            raise ValueError(str(error)) from None

    def _peek(self, name: str) -> int:
        return _read_counters(self._counters).get(name, 0) + 1

    def _take(self, name: str) -> int:
        file = self._counters
        try:
            with exclusive(file.with_suffix(".lock"), _LOCK_S):
                counters = _read_counters(file)
                counters[name] = counters.get(name, 0) + 1
                write_atomically(file, json.dumps(counters, indent=1) + "\n")
        except OSError as error:
            raise ValueError(f"{file} cannot be written: {error.strerror or error}") from None
        return counters[name]


def _read_counters(file: Path) -> dict[str, int]:
    # A file that is absent or damaged begins anew.
    with suppress(OSError, ValueError, AttributeError):
        data = json.loads(file.read_bytes())
        return {str(name): int(value) for name, value in data.items()}
    return {}
