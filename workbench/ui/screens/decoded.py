"""The encoded parts of an event, decoded: base64, gzip, JSON in a text. Changes are put back."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from workbench.project.events.encoded_parts import Part, parts, put_back
from workbench.ui.keys import with_keys
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.json_editor import JsonEditor
from workbench.ui.widgets.json_fault import json_fault
from workbench.ui.widgets.json_text import format_json
from workbench.ui.widgets.modal import Modal

_LIST_ROWS = 7


class DecodedScreen(Modal[str | None]):
    """A list of the parts, and an editor for the one with the cursor.

    The answer is the event with the changed parts encoded again, None when it was given up.
    `here` is the path of the value to begin with, if that is a part.
    """

    DEFAULT_CSS = """
    DecodedScreen { align: center middle; }
    DecodedScreen > Vertical {
        width: 110; max-width: 96%; height: 94%; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    DecodedScreen JsonEditor { height: 1fr; border-top: solid $border-blurred; }
    DecodedScreen JsonEditor:focus { border-top: solid $border; }
    DecodedScreen #decoded-words { height: auto; max-height: 2; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+s,ctrl+j",
            "put_back",
            "Put back, encoded",
            priority=True,
            id="decoded.put_back",
        ),
        Binding(
            "escape",
            "give_up",
            "Leave the text, or this screen",
            priority=True,
            id="decoded.leave",
        ),
    ]

    def __init__(self, text: str, found: list[Part], here: str) -> None:
        super().__init__()
        self._text = self._before = text
        self._parts = {part.trail: part for part in found}
        self._first = here if here in self._parts else found[0].trail
        self._part = self._parts[self._first]
        self._shown = ""
        self._warned = False
        self._list = FuzzyList([Column(), Column()])
        self._editor = JsonEditor("")
        self._words = Static("", id="decoded-words", markup=False)

    def compose(self) -> ComposeResult:
        frame = Vertical()
        frame.border_title = Content("Decoded parts of the event")
        frame.border_subtitle = with_keys(
            self.app, "enter, tab edit · <decoded.put_back> put back, encoded · esc leave"
        )
        with frame:
            yield self._list
            yield self._editor
            yield self._words

    def on_mount(self) -> None:
        self._show_list()
        self._list.highlight(self._first)
        self._show(self._part)
        self._list.focus()

    def _show_list(self) -> None:
        self._list.styles.height = min(len(self._parts), _LIST_ROWS)
        self._list.set_rows(
            [Row(trail, (trail, " → ".join(part.steps))) for trail, part in self._parts.items()]
        )

    def _show(self, part: Part) -> None:
        self._part = part
        self._shown = format_json(part.text) if part.is_json else part.text
        self._editor.load_text(self._shown)
        self._tell()

    @property
    def _is_changed(self) -> bool:
        return self._editor.text != self._shown

    def _tell(self) -> None:
        text = self._editor.text
        size = f"{len(text.encode()):,} bytes of {' in '.join(reversed(self._part.steps))}"
        fault = json_fault(text) if self._part.is_json and not self._editor.is_large else None
        broken = f" · ▲ not JSON any more: {fault}" if fault else ""
        self._words.update(f"{size}{' · ● changed' if self._is_changed else ''}{broken}")

    @on(JsonEditor.Changed)
    def _edited(self) -> None:
        self._warned = False
        self._tell()

    def _keep(self) -> None:
        """Encode what was changed into the event; parts inside it may be others now."""
        if self._is_changed:
            self._text = put_back(self._text, self._part, self._editor.text)
            self._parts = {part.trail: part for part in parts(self._text)}
            self._show_list()

    @on(FuzzyList.Highlighted)
    def _highlighted(self, event: FuzzyList.Highlighted) -> None:
        event.stop()
        wanted = event.row_id
        if wanted is None or wanted == self._part.trail:
            return
        self._keep()
        if wanted in self._parts:
            self._list.highlight(wanted)
            self._show(self._parts[wanted])

    @on(FuzzyList.Selected)
    def _selected(self, event: FuzzyList.Selected) -> None:
        event.stop()
        self._editor.focus()

    def action_put_back(self) -> None:
        """Answer with the event, the parts encoded again."""
        self._keep()
        self.dismiss(self._text)

    def action_give_up(self) -> None:
        """Leave; what was changed is dropped by a second esc only."""
        changed = self._is_changed or self._text != self._before
        if changed and not self._warned:
            self._warned = True
            words = "▲ Changed: <decoded.put_back> puts it back into the event, esc again drops it."
            self._words.update(with_keys(self.app, words))
            return
        self.dismiss(None)
