"""The first thing seen: the frames of the panes, while the panes themselves are imported."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from workbench.ui.layout import PANES, Slot, arrange
from workbench.ui.memory import Memory

_HEADER, _FOOT = 1, 2
"""Lines above and below the panes."""


class FrameScreen(Screen[None]):
    """One widget, and nothing of the panes: they cost more than all of Textual."""

    def __init__(self, root: Path, memory: Memory) -> None:
        super().__init__()
        self._frame = _Frame(f"λ {root.name}", memory)

    def compose(self) -> ComposeResult:
        yield self._frame


class _Frame(Widget):
    DEFAULT_CSS = """
    _Frame {
        width: 1fr; height: 1fr; background: $background;
        & > .frame--pane { background: $surface; color: $border-blurred; }
        & > .frame--focused { background: $surface; color: $border; }
        & > .frame--title { background: $surface; color: $text-muted; }
        & > .frame--focused-title {
            background: $surface; color: $foreground; text-style: bold;
        }
        & > .frame--header { background: $panel; color: $foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "frame--pane",
        "frame--focused",
        "frame--title",
        "frame--focused-title",
        "frame--header",
    }

    def __init__(self, header: str, memory: Memory) -> None:
        super().__init__()
        self._header = header
        self._memory = memory
        known = [scope for scope in memory.panes if scope in PANES]
        self._recent = [*known, *(scope for scope in PANES if scope not in known)]
        self._strips: list[Strip] = []

    def render_line(self, y: int) -> Strip:
        """One line."""
        if len(self._strips) != self.size.height or self._strips[0].cell_length != self.size.width:
            self._strips = self._lines(*self.size)
        return self._strips[y]

    def _lines(self, width: int, height: int) -> list[Strip]:
        """Everything where `layout` puts it at this size."""
        ground = Style()
        cells = [[(" ", ground)] * width for _ in range(max(0, height - _HEADER - _FOOT))]
        for slot in arrange(
            width, len(cells), self._recent, zoomed=self._memory.zoomed, moved=self._memory.moved
        ):
            self._draw(slot, cells)
        pane, header = self._style("pane"), self._style("header")
        above = [Segment(f" {self._header}".ljust(width)[:width], header)]
        return [Strip(above), *map(_strip, cells), Strip.blank(width), Strip.blank(width, pane)]

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"frame--{name}")

    def _draw(self, slot: Slot, cells: list[list[tuple[str, Style]]]) -> None:
        focused = slot.active == self._recent[0]
        border = self._style("focused" if focused else "pane")
        tabs = [f"{PANES.index(pane) + 1} {pane.capitalize()}" for pane in slot.panes]
        if len(tabs) > 1:
            at = slot.panes.index(slot.active)
            tabs[at] = f" {tabs[at]} "
        title = f" {' │ '.join(tabs)} "[: slot.width - 3]
        inner = slot.width - 2
        lines = [
            f"╭─{title.ljust(inner - 1, '─')}╮",
            *[f"│{' ' * inner}│"] * (slot.height - 2),
            f"╰{'─' * inner}╯",
        ]
        for y, line in enumerate(lines, slot.y):
            cells[y][slot.x : slot.x + slot.width] = [(letter, border) for letter in line]
        words = self._style("focused-title" if focused else "title")
        begin = slot.x + 2
        cells[slot.y][begin : begin + len(title)] = [(letter, words) for letter in title]


def _strip(cells: list[tuple[str, Style]]) -> Strip:
    runs = groupby(cells, key=lambda cell: cell[1])
    return Strip([Segment("".join(letter for letter, _ in run), style) for style, run in runs])
