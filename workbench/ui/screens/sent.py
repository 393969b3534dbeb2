"""The event as it is sent: with the values that were made for it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.project.events.values import Resolved
from workbench.ui.keys import with_keys
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.modal import Modal


class SentScreen(Modal[bool]):
    """Shows an event before it is sent. The answer is whether to send it."""

    DEFAULT_CSS = """
    SentScreen { align: center middle; }
    SentScreen > Vertical {
        width: 110; max-width: 94%; height: 90%; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+j,alt+enter", "answer(True)", "Send it", priority=True, id="sent.send"),
        Binding("escape,q,v", "answer(False)", "Back", id="sent.close"),
    ]

    def __init__(self, event: Resolved) -> None:
        super().__init__()
        self._event = event
        self._view = JsonView()

    def compose(self) -> ComposeResult:
        count = len(self._event.made)
        frame = Vertical()
        made = {0: "no values to make", 1: "1 value made"}.get(count, f"{count} values made")
        frame.border_title = f"The event as it is sent · {made}"
        frame.border_subtitle = with_keys(
            self.app, "<sent.send> send · / search · <sent.close> back"
        )
        with frame:
            yield self._view

    def on_mount(self) -> None:
        self._view.load(self._event.text)
        self._view.lines.focus()

    def action_answer(self, answer: bool) -> None:
        """Send it, or go back."""
        self.dismiss(answer)
