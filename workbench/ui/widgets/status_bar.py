"""The two lines at the foot of the screen: a status line, and the keys of what has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from workbench.ui.widgets.key_names import shown
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe

Severity = Literal["info", "success", "warning", "error"]

SEVERITIES: dict[Severity, str] = {
    "info": "● note:",
    "success": "✓ done:",
    "warning": "▲ warning:",
    "error": "✗ error:",
}
"""Glyph and word of each severity: never a colour alone."""

MOST_KEYS = 7


class StatusLine(Horizontal):
    """``context`` on the left (where we are), a passing message on the right."""

    DEFAULT_CSS = """
    StatusLine { height: 1; width: 1fr; background: $panel; padding: 0 1; }
    StatusLine > .status-context { width: auto; max-width: 60%; color: $text-muted; }
    StatusLine > .status-message { width: 1fr; text-align: right; height: 1; text-wrap: nowrap;
        text-overflow: ellipsis; }
    StatusLine > .-success { color: $text-success; }
    StatusLine > .-warning { color: $text-warning; }
    StatusLine > .-error { color: $text-error; text-style: bold; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left = Static("", classes="status-context", markup=False)
        self._message = Static("", classes="status-message", markup=False)
        self._timer: Timer | None = None
        self._text = ""

    def compose(self) -> ComposeResult:
        yield self._left
        yield self._message

    @property
    def context(self) -> str:
        """The text on the left."""
        return self._text

    @context.setter
    def context(self, text: str) -> None:
        self._text = text
        self._left.update(safe(text))

    @property
    def message(self) -> str:
        """The message that is shown, glyph and word included; "" when it has passed."""
        return str(self._message.content)

    def say(self, text: str, severity: Severity = "info", seconds: float | None = 5) -> None:
        """Show a message for some seconds; None keeps it until the next one."""
        if self._timer is not None:
            self._timer.stop()
        for name in SEVERITIES:
            self._message.set_class(name == severity, f"-{name}")
        self._message.update(f"{SEVERITIES[severity]} {safe(text)}")
        self._timer = None if seconds is None else self.set_timer(seconds, self.clear)

    def clear(self) -> None:
        """Take the message away."""
        self._message.update("")


class KeyFooter(Widget):
    """The keys of what has the focus, at most seven; a click on one presses it."""

    DEFAULT_CSS = """
    KeyFooter { height: 1; width: 1fr; background: $surface; color: $text-muted; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._keys: list[tuple[str, str]] = []

    def set_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show (key, label) pairs, the first seven; keys by Textual's names, such as "ctrl+j"."""
        self._keys = list(keys[:MOST_KEYS])
        self.refresh()

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The pairs shown."""
        return list(self._keys)

    def _cells(self) -> list[tuple[int, int, str, str, str]]:
        """Return (start, end, key, key as shown, label) of the pairs that fit."""
        at = 0
        cells = []
        for key, label in self._keys:
            name = _shown(key)
            end = at + cell_len(name) + 1 + cell_len(label)
            if end > self.size.width:
                break
            cells.append((at, end, key, name, label))
            at = end + 3
        return cells

    def render(self) -> Text:
        """Return the line."""
        line = Text(no_wrap=True, end="")
        key_style = palette(self)["footer-key"]
        for start, _, _, name, label in self._cells():
            line.append(" " * (start - line.cell_len))
            line.append(name, key_style)
            line.append(f" {label}")
        return line

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        for start, end, key, _, _ in self._cells():
            if offset is not None and start <= offset.x < end:
                self.app.simulate_key(key)


def _shown(key: str) -> str:
    """Return a key as one reads it, short: "ctrl+j" as ^j, "slash" as /."""
    return shown(key).replace("ctrl+", "^")
