"""Where jump mode can go: panes and tabs by their numbers, fields and views in panes by letters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.widget import Widget

if TYPE_CHECKING:
    from workbench.ui.panes.base import WorkbenchPane
    from workbench.ui.screens.pane_screen import PaneScreen

_LETTERS = "asdfghjklqwertyuiopzxcvbnm"
_BORDER = 2
"""Cells before a pane's title."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place: the key that goes there, where its label stands, and the way."""

    key: str
    region: Region
    go: Callable[[], object]


def places(screen: PaneScreen) -> list[Place]:
    """All places of a screen, those of panes that are not seen left out but for their numbers.

    A pane without a place on the screen (behind a tab or an overlay, or zoomed away) has an empty
    region.
    """
    visible = screen.area.visible_panes()
    over = [pane for pane in visible if pane.has_class("-overlay")]
    visible = over + [pane for pane in visible if not any(_covers(each, pane) for each in over)]
    tabs = {scope: region for pane in visible for scope, region in _tabs(pane)}
    found = [
        Place(
            str(pane.number),
            tabs.get(pane.scope, pane.region if pane in visible else Region()),
            lambda scope=pane.scope: screen.action_pane(scope),  # type: ignore[misc]
        )
        for pane in screen.panes
    ]
    letters = iter(_LETTERS)
    for pane in visible:
        for region, go in _inside(pane):
            if (letter := next(letters, None)) is not None:
                found.append(Place(letter, region, go))
    return found


def _covers(over: WorkbenchPane, pane: WorkbenchPane) -> bool:
    """Whether a pane, or the place of its label, is behind another."""
    return over is not pane and over.region.contains(pane.region.x + 1, pane.region.y)


def _tabs(pane: WorkbenchPane) -> Iterator[tuple[str, Region]]:
    """The panes in this one's title, when there are several, each with its region there."""
    if len(pane.tabs) < 2:
        return
    x = pane.region.x + _BORDER
    for scope, number, title in pane.tabs:
        own = scope == pane.scope
        width = len(f" {pane.number} {pane.title} " if own else f"{number} {title}")
        if own or x + width < pane.region.right:
            yield scope, Region(x - (0 if own else 1), pane.region.y, width, 1)
        x += width + len(" │ ")


def _inside(pane: WorkbenchPane) -> Iterable[tuple[Region, Callable[[], object]]]:
    """The views a pane can change to, and what takes keys in it when there is more than one."""
    yield from pane.jump_places()
    fields = [each for each in pane.query(Widget) if each.focusable and each.region.area]
    if len(fields) > 1:
        for each in fields:
            yield each.region, each.focus
