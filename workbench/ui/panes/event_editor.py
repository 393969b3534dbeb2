"""The editor of events: it tells where its cursor is and completes what is being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on
from textual.binding import Binding
from textual.document._document import Document
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from workbench.project.events.shape import Example
from workbench.ui.panes.event_completion import Suggestion, suggestions
from workbench.ui.widgets.completion import Completion, CompletionList
from workbench.ui.widgets.json_editor import LARGE_ABOVE, JsonEditor
from workbench.ui.widgets.json_place import place_at, written

_PLACE_AFTER_S = 0.05
_OFFER_BELOW = 64 * 1024
_STEPS = {"down": 1, "up": -1, "pagedown": 8, "pageup": -8}


class EventEditor(JsonEditor):
    """The editor; esc closes the completions, then gives the focus to its pane.

    `examples` are the events whose shape is offered; `completions` is the list it is shown in.
    """

    BINDINGS = [Binding("escape", "leave", "Leave", show=False, id="editor.leave")]  # noqa: RUF012

    @dataclass
    class PlaceChanged(Message):
        """The cursor is in another place: its JSON path, "" in a text too large to look through."""

        path: str

    class Left(Message):
        """The person leaves the editor: letters are commands now."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.examples: Sequence[Example] = ()
        self.completions = CompletionList()
        self._offered: list[Suggestion] = []
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

    # -- completion -----------------------------------------------------------------------------

    def offer(self, *, asked: bool) -> bool:
        """Show what can be written at the cursor; returns whether there is anything.

        While one types (not `asked`) only what the text already begins is offered.
        """
        self._offered = []
        if len(self.text) <= (LARGE_ABOVE if asked else _OFFER_BELOW):
            self._offered = suggestions(self.text, self.cursor_index, self.examples)
        if not self._offered:
            self.completions.close()
            return False
        rows = [Completion(each.name, each.note) for each in self._offered]
        self.completions.open(rows, self.cursor_screen_offset)
        return True

    def accept(self) -> bool:
        """Write what is highlighted in the list; returns whether one was."""
        index = self.completions.chosen
        if not self.completions.is_open or index is None:
            return False
        self.completions.close()
        edit = self._offered[index].edit
        document = self.document
        assert isinstance(document, Document)
        at = document.get_location_from_index
        end = edit.start + len(edit.text) - edit.back
        self.replace(edit.text, at(edit.start), at(edit.end), maintain_selection_offset=False)
        if edit.comma_after is not None:
            self.insert(",", at(edit.comma_after))
            end += 1
        self.move_cursor(at(end))
        if edit.again:
            self.offer(asked=True)
        return True

    async def _on_key(self, event: events.Key) -> None:
        if self.completions.is_open:
            if event.key in _STEPS:
                self.completions.step(_STEPS[event.key])
                event.stop()
                event.prevent_default()
                return
            if event.key == "enter" and self.accept():
                event.stop()
                event.prevent_default()
                return
        await super()._on_key(event)
        if event.is_printable and self._begins(event.character or ""):
            self.offer(asked=False)
        elif event.key not in ("escape", "backspace"):  # their actions come yet
            self.completions.close()

    def _begins(self, typed: str) -> bool:
        """Whether what was typed can be the beginning of a name, a text or a placeholder."""
        if self.completions.is_open or typed == '"':
            return True
        return typed == "{" and "{{" in self.document.get_line(self.cursor_location[0])

    def action_delete_left(self) -> None:
        """Delete to the left; the list follows."""
        super().action_delete_left()
        if self.completions.is_open:
            self.offer(asked=False)

    def _on_blur(self, event: events.Blur) -> None:
        super()._on_blur(event)
        if not self.completions.is_mouse_over:  # else a click is about to take from it
            self.completions.close()

    def action_leave(self) -> None:
        """Close the list, or give the focus to the pane, where letters are commands."""
        if self.completions.is_open:
            self.completions.close()
        else:
            self.post_message(self.Left())
