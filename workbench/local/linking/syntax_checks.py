"""Looking for syntax errors in the background: the files of thousands of functions take a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from workbench.project import syntax
from workbench.project.records import Problem

# A file and the runtime it is written for.
Source = tuple[Path, str]

# One stay in a thread: stopping, and a file saved meanwhile, wait for no more than this.
_AT_ONCE = 500
_AT_ONCE_S = 0.1


class SyntaxChecks:
    """Checks files one after the other; `on_change` is called when `problems` are others.

    `concerns` tells whether a file is still anybody's. Belongs to the event loop's thread; the
    files are read in another.
    """

    def __init__(self, concerns: Callable[[Source], bool], on_change: Callable[[], None]) -> None:
        self._concerns = concerns
        self._on_change = on_change
        self._problems: dict[Source, Problem] = {}
        self._wanted: dict[Source, None] = {}
        self._checking: asyncio.Task[None] | None = None

    @property
    def problems(self) -> list[Problem]:
        """What was found so far, but not of files that concern nobody any more."""
        self._problems = {s: p for s, p in self._problems.items() if self._concerns(s)}
        return list(self._problems.values())

    def check(self, saved: Iterable[Source]) -> None:
        """Check these before those that wait."""
        self._wanted = {**dict.fromkeys(saved), **self._wanted}
        if self._wanted and (self._checking is None or self._checking.done()):
            self._checking = asyncio.create_task(self._check_all(), name="check syntax")

    async def stop(self) -> None:
        """Check nothing more."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)

    async def _check_all(self) -> None:
        while self._wanted:
            batch = list(islice(self._wanted, _AT_ONCE))
            for source in batch:
                del self._wanted[source]
            before = dict(self._problems)
            found = await asyncio.to_thread(_checked, batch)
            self._wanted |= dict.fromkeys(batch[len(found) :])
            for source, problem in zip(batch, found, strict=False):
                self._problems.pop(source, None)
                if problem is not None:
                    self._problems[source] = problem
            if self._problems != before:
                self._on_change()


def _checked(batch: list[Source]) -> list[Problem | None]:
    """The problem of each of the first sources, as many as there is time for (at least one)."""
    found: list[Problem | None] = []
    deadline = time.monotonic() + _AT_ONCE_S
    for file, runtime in batch:
        found.append(syntax.check(file, runtime))
        if time.monotonic() >= deadline:
            break
    return found
