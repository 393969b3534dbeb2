"""Where aliases led: `.workbench/aliases.jsonl`, one JSON object a line, only ever added to.

AWS keeps no such history. This one has what was changed from here, and what was found changed
when the aliases were read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from workbench.project.state_dir import StateDir

SEEN = "seen"
"""What `AliasState.how` says of a change that somebody else made."""

DELETED = ""
"""The version of an alias that is no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasState:
    """Where an alias led from `time` (epoch seconds) on. `target` is as in the history of
    invocations; `weights` maps a second version to its share (0.0–1.0). `how` is what was done
    from here ("moved", "weighted", "canary d-…"), or SEEN."""

    time: float
    target: str
    function: str
    alias: str
    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    how: str = SEEN

    @property
    def routing(self) -> tuple[str, dict[str, float]]:
        """The version and the weights."""
        return self.version, dict(self.weights)


class AliasHistory:
    """The aliases' history of the project in `root`. Methods raise OSError."""

    def __init__(self, root: Path) -> None:
        self._state = StateDir(root)

    @property
    def _file(self) -> Path:
        return self._state.path / "aliases.jsonl"

    def of(self, target: str, function: str, alias: str | None = None) -> list[AliasState]:
        """The states of a function's aliases, or of one of them, the newest first."""
        found = []
        if self._file.exists():
            with self._file.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    state = _read(line)
                    if state is not None and (state.target, state.function) == (target, function):
                        found.append(state)
        found = [state for state in found if alias in (None, state.alias)]
        return found[::-1]

    def add(self, *states: AliasState) -> None:
        """Add states, each where it differs from the newest of its alias."""
        for state in states:
            newest = next(iter(self.of(state.target, state.function, state.alias)), None)
            gone = state.version == DELETED
            if newest is None and gone:
                continue
            if newest is None or newest.routing != state.routing:
                _append(self._file, json.dumps(asdict(state), ensure_ascii=False) + "\n")

    def before(self, target: str, function: str, alias: str, version: str) -> str | None:
        """The version an alias led to, alone, the last time that it was not `version`."""
        for state in self.of(target, function, alias):
            if state.version not in (DELETED, version) and not state.weights:
                return state.version
        return None


def _append(path: Path, line: str) -> None:
    # One write: lines of several processes never mix.
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode(errors="replace"))
    finally:
        os.close(file)


def _read(line: str) -> AliasState | None:
    try:
        return AliasState(**json.loads(line))
    except (ValueError, TypeError):  # the machine went down while it was written
        return None
