"""The editor of events: it tells where its cursor is, and esc gives the focus to its pane."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.binding import Binding
from textual.document._document import Document
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from workbench.ui.widgets.json_editor import JsonEditor
from workbench.ui.widgets.json_place import place_at, written

_PLACE_AFTER_S = 0.05


class EventEditor(JsonEditor):
    """The editor; esc gives the focus to its pane."""

    BINDINGS = [Binding("escape", "leave", "Leave", show=False, id="editor.leave")]  # noqa: RUF012

    @dataclass
    class PlaceChanged(Message):
        """The cursor is in another place: its JSON path, "" in a text too large to look through."""

        path: str

    class Left(Message):
        """The person leaves the editor: letters are commands now."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._place: Timer | None = None

    @on(TextArea.SelectionChanged)
    def _cursor_moved(self) -> None:
        if self._place is not None:
            self._place.stop()
        self._place = self.set_timer(_PLACE_AFTER_S, self._tell_place)

    def _tell_place(self) -> None:
        path = ""
        if not self.is_large:
            path = written(place_at(self.text, self.cursor_index).path)
        self.post_message(self.PlaceChanged(path))

    @property
    def cursor_index(self) -> int:
        """Where the cursor is, in characters from the text's beginning."""
        assert isinstance(self.document, Document)
        return self.document.get_index_from_location(self.cursor_location)

    def go_to(self, index: int) -> None:
        """Put the cursor so many characters behind the text's beginning."""
        assert isinstance(self.document, Document)
        self.move_cursor(self.document.get_location_from_index(index), center=True)

    def action_leave(self) -> None:
        """Give the focus to the pane, where letters are commands."""
        self.post_message(self.Left())
