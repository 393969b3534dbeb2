"""QuickPick: a few choices, each with a key that takes it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from workbench.ui.widgets.key_names import hint
from workbench.ui.widgets.modal import Modal


class QuickPick(Modal[str | None]):
    """Shows (key, words); a key, or enter or a click on a row, answers with the key. Escape gives
    up: None."""

    DEFAULT_CSS = """
    QuickPick { align: center middle; }
    QuickPick > OptionList {
        width: 44; max-width: 94%; height: auto; max-height: 90%; background: $surface;
        border: round $border; border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    QuickPick > OptionList:focus { border: round $border; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel", show=False, id="quick-pick.cancel"),
    ]

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], *, current: str | None = None
    ) -> None:
        super().__init__()
        self._heading = title
        self._keys = [key for key, _ in choices]
        self._rows = [Option(Content(f" {key}  {words}"), id=f"k{key}") for key, words in choices]
        self._current = current

    def compose(self) -> ComposeResult:
        box = OptionList(*self._rows)
        box.border_title = Content(self._heading)
        box.border_subtitle = Content(hint(self, "a key chooses", "<quick-pick.cancel> cancel"))
        if self._current in self._keys:
            box.highlighted = self._keys.index(self._current)
        yield box

    def on_key(self, event: events.Key) -> None:
        """A choice's own key takes it."""
        if event.character in self._keys:
            event.stop()
            self.dismiss(event.character)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click."""
        self.dismiss(self._keys[event.option_index])

    def action_give_up(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
