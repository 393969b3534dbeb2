"""Modal: a screen over the screen that can tell its keys."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget

from workbench.ui.widgets.keys_help import KeysHelp, Section, keys_in_force

_OWN = frozenset({"modal.help", "modal.help-too"})


class Modal(ModalScreen[ScreenResultType]):
    """f1, and ? where nothing is typed, lists the keys that work in it now, by their ids and
    descriptions. `help_words` says before them what the screen is for."""

    help_words: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "keys_help", "Help", show=False, priority=True, id="modal.help"),
        Binding("question_mark", "keys_help", "Help", show=False, id="modal.help-too"),
    ]

    def action_keys_help(self) -> None:
        """List the keys that work here."""
        frame = next((each for each in self.query(Widget) if each.border_title), None)
        title = Content.from_text((frame.border_title if frame else None) or "").plain.strip()
        section = Section("", keys_in_force(self, _OWN), self.help_words)
        self.app.push_screen(KeysHelp(f"Help: {title}" if title else "Help", [section]))
