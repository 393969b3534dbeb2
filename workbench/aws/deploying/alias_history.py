"""Where aliases led: `.workbench/aliases.jsonl`, one JSON object a line, only ever added to.

AWS keeps no such history. This one has what was changed from here, and what was found changed
when the aliases were read.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from workbench.aws.records import Alias
from workbench.project.state_dir import StateDir

SEEN = "seen"
"""What `AliasState.how` says of a change that somebody else made."""

_MOMENT_S = 10.0

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
        return _attributed(state for state in found if alias in (None, state.alias))[::-1]

    def change(self, target: str, function: str, alias: Alias, how: str) -> None:
        """Remember where an alias leads now that `how` was done to it from here."""
        self._add(self.of(target, function, alias.name), _state(target, function, alias, how))

    def delete(self, target: str, function: str, alias: str) -> None:
        """Remember that an alias was deleted from here."""
        self._gone(self.of(target, function, alias), "deleted")

    def see(self, target: str, function: str, aliases: Iterable[Alias], read: float) -> None:
        """Remember what of all of a function's aliases is not as it was left here.

        They were asked for at `read` (epoch seconds): what was changed from here since then is
        newer than what they say.
        """
        known: dict[str, list[AliasState]] = {}
        for state in self.of(target, function):
            known.setdefault(state.alias, []).append(state)
        changed = {name for name, states in known.items() if states[0].time >= read}
        for alias in aliases:
            states = known.pop(alias.name, [])
            if alias.name not in changed:
                self._add(states, _state(target, function, alias, SEEN))
        for name in known.keys() - changed:
            self._gone(known[name], SEEN)

    def _add(self, known: list[AliasState], state: AliasState) -> None:
        if not known or known[0].routing != state.routing or _explains(state, known[0]):
            _append(self._file, json.dumps(asdict(state), ensure_ascii=False) + "\n")

    def _gone(self, known: list[AliasState], how: str) -> None:
        if known:
            gone = replace(known[0], time=time.time(), version=DELETED, weights={}, how=how)
            self._add(known, gone)


def version_before(states: Iterable[AliasState], alias: Alias) -> str | None:
    """The version an alias led to, alone, the last time that it led elsewhere than now: of the
    states of its function's aliases, the newest first."""
    for state in states:
        if state.alias != alias.name or state.weights:
            continue
        if state.version not in (DELETED, alias.function_version):
            return state.version
    return None


def _state(target: str, function: str, alias: Alias, how: str) -> AliasState:
    return AliasState(
        time=time.time(),
        target=target,
        function=function,
        alias=alias.name,
        version=alias.function_version,
        weights=dict(alias.weights),
        how=how,
    )


def _explains(state: AliasState, before: AliasState) -> bool:
    """Whether a state is one that was seen a moment before whoever made it could write it down."""
    return (
        (before.how, before.routing) == (SEEN, state.routing)
        and state.how != SEEN
        and state.time - before.time < _MOMENT_S
    )


def _attributed(states: Iterable[AliasState]) -> list[AliasState]:
    newest: dict[str, int] = {}
    kept: list[AliasState] = []
    for state in states:
        at = newest.get(state.alias)
        if at is not None and _explains(state, kept[at]):
            kept[at] = state
            continue
        newest[state.alias] = len(kept)
        kept.append(state)
    return kept


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
