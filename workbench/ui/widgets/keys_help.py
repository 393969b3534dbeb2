"""KeysHelp: what the keys do; made from a table, or from the bindings that work just now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from workbench.ui.widgets.key_names import hint, shown
from workbench.ui.widgets.palette import palette

_KEYS_WIDTH = 18


@dataclass(frozen=True)
class Section:
    """Some keys under a heading ("": none): (keys, what they do), and before them a few words."""

    heading: str
    rows: Sequence[tuple[str, str]]
    words: str = ""


class KeysHelp(ModalScreen[None]):
    """Shows sections of keys; scrolls with the keys of lists."""

    DEFAULT_CSS = """
    KeysHelp { align: center middle; }
    KeysHelp > VerticalScroll {
        width: 84; max-width: 96%; height: auto; max-height: 94%; padding: 0 2;
        background: $surface; border: round $border; border-title-color: $foreground;
        border-title-style: bold; border-subtitle-color: $text-muted;
    }
    KeysHelp Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,question_mark,enter", "close", "Close", show=False, id="help.close"),
        Binding("j", "scroll('down')", "Down", show=False, id="help.down"),
        Binding("k", "scroll('up')", "Up", show=False, id="help.up"),
        Binding("g", "scroll('home')", "To the top", show=False, id="help.first"),
        Binding("G", "scroll('end')", "To the end", show=False, id="help.last"),
    ]

    def __init__(self, title: str, sections: Sequence[Section], note: str = "") -> None:
        super().__init__()
        self._heading = title
        self._sections = sections
        self._note = note

    def compose(self) -> ComposeResult:
        box = VerticalScroll(Static(self._content()))
        box.border_title = Content(self._heading)
        box.border_subtitle = Content(hint(self, "<help.close> close", "↑↓ scroll"))
        yield box

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss(None)

    def action_scroll(self, where: str) -> None:
        """Scroll by a line, or to an end."""
        getattr(self.query_one(VerticalScroll), f"scroll_{where}")(animate=False)

    def _content(self) -> RenderableType:
        colors = palette(self.app.screen)
        parts: list[RenderableType] = []
        for section in self._sections:
            if section.heading:
                parts.append(Text(section.heading, "bold"))
            if section.words:
                parts.append(Padding(Text(section.words, colors.muted), (0, 0, 0, 2)))
            table = Table.grid(padding=(0, 1))
            table.add_column(width=_KEYS_WIDTH)
            table.add_column(ratio=1)
            for keys, description in section.rows:
                table.add_row(Text(keys, colors["footer-key"]), Text(description))
            parts += [*([Padding(table, (0, 0, 0, 2))] if section.rows else []), Text("")]
        if self._note:
            parts.append(Text(self._note, colors.muted))
        else:
            parts.pop()
        return Group(*parts)


def keys_in_force(screen: Screen[Any], but: Collection[str] = ()) -> list[tuple[str, str]]:
    """(keys, what they do) of all that works in `screen` now: its own, then what has the focus.

    `but`: ids of bindings to leave out. Bindings without an id, those of Textual's own inputs and
    lists, are known to everybody's hands.
    """
    found: dict[str, tuple[list[str], str]] = {}
    all_active = screen.active_bindings.items()
    for key, active in sorted(all_active, key=lambda item: item[1].node is not screen):
        binding = active.binding
        if binding.id and binding.description and active.enabled and binding.id not in but:
            found.setdefault(binding.id, ([], binding.description))[0].append(shown(key))
    return [(" ".join(keys), description) for keys, description in found.values()]
