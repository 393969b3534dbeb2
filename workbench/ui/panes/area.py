"""The part of the screen that holds the panes, and puts them where `layout` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from workbench.ui.layout import BORDERS, PANES, SIDEWAYS, Slot, arrange, border_of, edge_at
from workbench.ui.panes.base import WorkbenchPane


class PaneArea(Container):
    """The seven panes. Which of them show depends on the size and on what was used last."""

    DEFAULT_CSS = "PaneArea { height: 1fr; width: 1fr; overflow: hidden; }"

    def __init__(self, panes: Sequence[WorkbenchPane]) -> None:
        super().__init__(*panes, id="panes")
        self._panes = {pane.scope: pane for pane in panes}
        self._slots = _Slots(self)
        self.recent: list[str] = list(PANES)
        self.zoomed = False
        self.moved: dict[str, int] = {}
        """By how many cells borders were moved, see `layout.arrange`."""
        self._held: tuple[str, Slot] | None = None  # the border that the mouse has hold of
        self._dragged = False

    @property
    def layout(self) -> Layout:
        """Our own arrangement instead of one of CSS."""
        return self._slots

    def slots(self, size: Size) -> list[Slot]:
        """The places of the panes in an area of this size."""
        return self._arranged(size, self.moved)

    def _arranged(self, size: Size, moved: Mapping[str, int]) -> list[Slot]:
        return arrange(size.width, size.height, self.recent, zoomed=self.zoomed, moved=moved)

    def grow(self, cells: int, *, sideways: bool) -> bool:
        """Make the pane with focus wider or higher by some cells; whether that could be done."""
        border = border_of(self.recent[0], self.size.width, sideways=sideways)
        if border is None or self.zoomed:
            return False
        name, direction = border
        moved = {**self.moved, name: self.moved.get(name, 0) + cells * direction}
        if self._arranged(self.size, moved) == self.slots(self.size):
            return False
        self.moved = moved
        self._changed()
        return True

    def is_border(self, x: int, y: int) -> bool:
        """Whether a cell of the screen is a border that the mouse can move."""
        return self._edge_at(x, y) is not None

    def _edge_at(self, x: int, y: int) -> tuple[str, Slot] | None:
        place = x - self.region.x, y - self.region.y
        return edge_at(self.slots(self.size), self.size.width, *place)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of a border."""
        self._held = self._edge_at(event.screen_x, event.screen_y) if event.button == 1 else None
        self._dragged = False

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Bring the border that is held to the mouse, as far as the panes beside it allow."""
        if self._held is None:
            return
        if not self._dragged:  # not before: a click may be for what stands in the border
            self._dragged = True
            self.capture_mouse()
        name, slot = self._held
        at = event.screen_x - self.region.x if name in SIDEWAYS else event.screen_y - self.region.y
        self._bring_border(name, slot.panes, at)

    def on_mouse_up(self) -> None:
        """Let go; a border that was only clicked gives its pane the focus."""
        held, self._held = self._held, None
        if self._dragged:
            self._dragged = False
            self.release_mouse()
        elif held is not None:
            self._panes[held[1].active].focus()

    def _bring_border(self, name: str, panes: tuple[str, ...], wanted: int) -> None:
        """Move the edge of the slot of `panes` to the column or row `wanted`, or close to it."""

        def moved_by(cells: int) -> tuple[dict[str, int], int]:
            moved = {**self.moved, name: self.moved.get(name, 0) + cells}
            slots = self._arranged(self.size, moved)
            slot = next(each for each in slots if each.panes == panes)
            return moved, slot.x if name in SIDEWAYS else slot.y

        _, now = moved_by(0)
        ways = [moved_by(wanted - now), moved_by(now - wanted)]  # some count from the other side
        way = min((0, 1), key=lambda number: abs(ways[number][1] - wanted))
        reached = ways[way][1] - now
        if reached:
            self.moved, _ = moved_by(reached if way == 0 else -reached)
            self._changed()

    def restore(self, recent: Sequence[str], moved: Mapping[str, int], *, zoomed: bool) -> None:
        """Put everything as it was at an earlier time: what was used last, sizes and zoom."""
        known = [scope for scope in recent if scope in self._panes]
        self.recent = [*known, *(scope for scope in self.recent if scope not in known)]
        self.moved = {name: cells for name, cells in moved.items() if name in BORDERS}
        self.zoom(zoomed)

    def reset(self) -> None:
        """Put all borders back."""
        self.moved = {}
        self._changed()

    def used(self, scope: str) -> None:
        """A pane got the focus."""
        if self.recent[0] != scope:
            self.recent.remove(scope)
            self.recent.insert(0, scope)
            self._changed()

    def bring(self, scope: str) -> None:
        """Show a pane before the others that share its place; the focus stays where it is."""
        first, *others = self.recent
        if scope != first:
            self.recent = [first, scope, *(other for other in others if other != scope)]
            self._changed()

    def zoom(self, on: bool) -> None:
        """Give all the room to the pane that has the focus, or take it back."""
        self.zoomed = on
        for scope, pane in self._panes.items():
            pane.zoomed = on and scope == self.recent[0]
        self._changed()

    def visible_panes(self) -> list[WorkbenchPane]:
        """The panes that can be seen now."""
        return [self._panes[slot.active] for slot in self.slots(self.size)]

    def on_resize(self, event: events.Resize) -> None:
        """Another size may put panes together or apart."""
        self._show_tabs()

    def _changed(self) -> None:
        self._show_tabs()
        for pane in self._panes.values():
            pane.refresh(layout=True)  # forgets the arrangement kept by its parent
            break

    def _show_tabs(self) -> None:
        for slot in self.slots(self.size):
            tabs = tuple(
                (scope, self._panes[scope].number or 0, scope.capitalize()) for scope in slot.panes
            )
            for scope in slot.panes:
                self._panes[scope].set_tabs(tabs)
                self._panes[scope].set_class(slot.overlay, "-overlay")


class _Slots(Layout):
    name = "panes"

    def __init__(self, area: PaneArea) -> None:
        self._area = area

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        panes = {child.id: child for child in children}
        return [
            WidgetPlacement(
                Region(slot.x, slot.y, slot.width, slot.height),
                NULL_OFFSET,
                NULL_SPACING,
                panes[slot.active],
                order=int(slot.overlay),
                overlay=slot.overlay,
            )
            for slot in self._area.slots(size)
            if slot.active in panes
        ]
