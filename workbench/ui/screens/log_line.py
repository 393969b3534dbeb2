"""A log line, opened: JSON laid out to fold and search, other text whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from workbench.ui.keys import with_keys
from workbench.ui.terminal import clipboard
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.key_names import hint
from workbench.ui.widgets.log_text import clock
from workbench.ui.widgets.log_view import LogLine
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.safe_text import safe, strip_ansi


class LogLineScreen(Modal[None]):
    """Shows one line, or the lines that frame an invocation. y copies, escape closes."""

    DEFAULT_CSS = """
    LogLineScreen { align: center middle; }
    LogLineScreen > Vertical {
        width: 110; max-width: 96%; height: 80%; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    LogLineScreen VerticalScroll { padding: 0 1; }
    LogLineScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", show=False, id="log-line.close"),
        Binding("y", "copy", "Copy", show=False, id="log-line.copy"),
    ]

    def __init__(self, lines: Sequence[LogLine]) -> None:
        super().__init__()
        self._lines = lines
        self._text = "\n".join(strip_ansi(line.text) for line in lines)
        self._json = _as_json(self._text)

    def compose(self) -> ComposeResult:
        content: Widget
        if self._json is not None:
            content = JsonView()
        else:
            text = "\n".join(safe(line) for line in self._text.split("\n"))
            content = VerticalScroll(Static(text.replace("\t", "\n  "), markup=False))
        box = Vertical(content)
        first = self._lines[0]
        box.border_title = Content(f"{first.label} {clock(first.time_ms)}".strip() or "A line")
        box.border_subtitle = Content(self._hint("<log-line.copy> copy"))
        yield box

    def on_mount(self) -> None:
        if self._json is not None:
            view = self.query_one(JsonView)
            view.load(self._json)
            view.focus()
        else:
            self.query_one(VerticalScroll).focus()

    @on(JsonView.CopyRequested)
    def _copy_part(self, message: JsonView.CopyRequested) -> None:
        message.stop()
        clipboard.copy(self, message.text)

    def action_copy(self) -> None:
        """Copy the line as it is."""
        clipboard.copy(self, self._text)
        self.query_one(Vertical).border_subtitle = Content(self._hint("copied"))

    def _hint(self, copy: str) -> str:
        search = [with_keys(self.app, "<json.search> search")] if self._json else []
        return hint(self, copy, *search, "<log-line.close> close")

    def action_close(self) -> None:
        """Back to the lines."""
        self.dismiss(None)


def _as_json(text: str) -> str | None:
    """The text, when it is one JSON object or array."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return text
