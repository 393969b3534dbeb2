"""SearchBar: the one-line ``/`` prompt at the foot of a view, with recall of earlier searches."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from workbench.ui.widgets.prompt import Prompt
from workbench.ui.widgets.recall import Recall


class SearchBar(Horizontal):
    """A hidden line that ``open`` shows. Enter submits, escape gives up, up and down recall."""

    DEFAULT_CSS = """
    SearchBar { height: 1; dock: bottom; display: none; background: $panel; }
    SearchBar.-open { display: block; }
    SearchBar > .search-prompt { width: auto; color: $accent; text-style: bold; padding: 0 1; }
    SearchBar > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    SearchBar > Input:focus { border: none; }
    SearchBar > .search-status { width: auto; color: $text-muted; padding: 0 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", show=False, id="search.close"),
        Binding("up", "recall(-1)", "Earlier search", show=False, id="search.earlier"),
        Binding("down", "recall(1)", "Later search", show=False, id="search.later"),
    ]

    class Changed(Message):
        """The text of the prompt changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Changed):
        """Enter was pressed."""

    class Closed(Message):
        """Escape was pressed; the search is given up."""

    def __init__(self, placeholder: str = "", recall: Recall | None = None) -> None:
        super().__init__()
        self._placeholder = placeholder
        self._recall = recall or Recall()

    def compose(self) -> ComposeResult:
        yield Label("/", classes="search-prompt")
        yield Prompt(placeholder=self._placeholder, compact=True, select_on_focus=False)
        yield Label("", classes="search-status")

    def open(self) -> None:
        """Show the prompt, empty, and focus it."""
        self.add_class("-open")
        self._recall.begin()
        prompt = self.query_one(Input)
        prompt.value = ""
        self.status("")
        prompt.focus()

    def close(self) -> None:
        """Hide the prompt."""
        self.remove_class("-open")

    def show_result(self, text: str) -> None:
        """Keep the line visible without focus, to say how many were found."""
        self.add_class("-open")
        self.status(text)

    def status(self, text: str) -> None:
        """Set the text at the right end."""
        self.query_one(".search-status", Label).update(text)

    def action_close(self) -> None:
        self.close()
        self.post_message(self.Closed())

    def action_recall(self, step: int) -> None:
        prompt = self.query_one(Input)
        prompt.value = self._recall.step(step)
        prompt.cursor_position = len(prompt.value)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._recall.add(event.value)
        self.post_message(self.Submitted(event.value))


def needle_of(text: str) -> tuple[str, bool]:
    """Return (what to look for, does case count): it counts when text has a capital letter."""
    lowered = text.lower()
    return (text, True) if lowered != text else (lowered, False)


def find_spans(text: str, needle: str, case_counts: bool) -> list[tuple[int, int]]:
    """Return the (start, end) of each occurrence of needle in a line of text."""
    if not needle:
        return []
    where = text if case_counts else text.lower()
    if len(where) != len(text):  # a letter whose small form is longer: indexes would be off
        return []
    spans = []
    start = where.find(needle)
    while start >= 0:
        spans.append((start, start + len(needle)))
        start = where.find(needle, start + len(needle))
    return spans
