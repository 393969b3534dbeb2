"""The columns of Functions that show how each function's last invocations went.

They are made when a row is painted, so only what is seen is read from the history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text

from workbench.ui.formats import BAD, QUIET
from workbench.ui.trends import SHOWN, TRENDS, WIDTH
from workbench.ui.widgets.fuzzy_list import Column
from workbench.ui.widgets.palette import Palette

if TYPE_CHECKING:
    from workbench.project.history import Summary
    from workbench.ui.backend import Backend

Invocations = Mapping[str, Sequence["Summary"]]
"""The last invocations of functions, the newest first."""


class FunctionTrends:
    """Knows the last invocations of the functions that were painted.

    `want` is called when some are to be read: once, until `came`.
    """

    def __init__(self, want: Callable[[], object], colors: Callable[[], Palette]) -> None:
        self._want = want
        self._colors = colors
        self._known: dict[str, Sequence[Summary]] = {}
        self._newest: Mapping[str, Summary] = {}
        self._wanted: set[str] = set()
        self._reading = False

    def columns(self) -> list[Column]:
        """Those of the list."""
        return [Column(width=WIDTH, paint=partial(self._paint, show)) for _, show in TRENDS]

    def results(self, newest: Mapping[str, Summary]) -> None:
        """The newest invocation of each function: those with another one are read again."""
        self._newest, self._reading = newest, False

    def forget(self) -> None:
        """The target changes."""
        self._known, self._newest, self._reading = {}, {}, False
        self._wanted.clear()

    def reader(self, backend: Backend) -> Callable[[], Invocations]:
        """Reads the last invocations of the functions that are wanted now. It blocks, and raises
        HistoryError."""
        wanted, key = tuple(self._wanted), backend.target.key
        return lambda: {name: backend.history.recent(key, name, SHOWN) for name in wanted}

    def came(self, found: Invocations) -> None:
        """What was read."""
        self._known.update(found)
        self._wanted.difference_update(found)
        self._reading = False

    def _paint(self, show: Callable[[Sequence[Summary]], str], name: str) -> Text:
        known, newest = self._known.get(name, ()), self._newest.get(name)
        if newest is not None and (not known or known[0].id < newest.id):
            self._wanted.add(name)
            if not self._reading:
                self._reading = True
                self._want()
        text, colors = Text(show(known)), self._colors()
        text.stylize(colors[BAD if "✗" in text.plain else QUIET], 0, SHOWN)
        return text
