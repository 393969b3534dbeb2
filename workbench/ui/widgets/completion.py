"""CompletionList: what can be written at a cursor, in a list beside it. The editor keeps the focus.

The editor moves the list's highlight and takes from it; a click takes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual.geometry import Offset
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe

_ROWS = 8
_NAME_CELLS = 40
_WIDTH = 62


@dataclass(frozen=True, slots=True)
class Completion:
    """One thing that can be written: its words, and the quiet words beside them."""

    name: str
    note: str


class CompletionList(OptionList, can_focus=False):
    """The list. `open` shows it, `close` hides it; `chosen` is the highlighted index."""

    DEFAULT_CSS = """
    CompletionList {
        display: none; overlay: screen; constrain: inside inflect; height: auto;
        max-height: 10; background: $panel; border: round $border; padding: 0;
        scrollbar-size: 1 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    CompletionList > .option-list--option-highlighted {
        background: $block-cursor-background; color: $block-cursor-foreground;
    }
    CompletionList:focus { border: round $border; }
    """

    @property
    def is_open(self) -> bool:
        """Whether the list is seen."""
        return bool(self.display)

    @property
    def chosen(self) -> int | None:
        """The index of the highlighted row."""
        return self.highlighted

    def open(self, rows: Sequence[Completion], cursor: Offset) -> None:
        """Show rows below a place of the screen, where the cursor is; above where that is full."""
        muted = palette(self).muted
        names = [safe(row.name)[:_NAME_CELLS] for row in rows]
        room = max(map(len, names))
        options = []
        for name, row in zip(names, rows, strict=True):
            text = Text(f"{name:{room}}  ", no_wrap=True, overflow="ellipsis")
            text.append(safe(row.note), muted)
            options.append(Option(text))
        self.clear_options()
        self.add_options(options)
        widest = max(len(option.prompt.plain) for option in options)  # type: ignore[union-attr]
        self.styles.width = min(widest, _WIDTH) + 4
        self.absolute_offset = cursor + Offset(0, 1)
        self.border_subtitle = "tab takes · esc closes" if widest > 22 else ""
        self.display = True
        self.highlighted = 0

    def close(self) -> None:
        """Show nothing."""
        self.display = False

    def step(self, rows: int) -> None:
        """Move the highlight."""
        if self.option_count:
            self.highlighted = ((self.highlighted or 0) + rows) % self.option_count
