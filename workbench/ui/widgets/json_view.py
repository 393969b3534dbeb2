"""JsonView: a JSON document to read: indented, coloured, folded, searched. Text is shown as text.

Lines are made when they come into sight, so a document of 6 MB is there at once; its full length
is known a moment later, from a process of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from workbench.ui.widgets.filter_line import FilterLine
from workbench.ui.widgets.json_document import (
    Document,
    JsonDocument,
    TextDocument,
    document_of,
    large_document_of,
)
from workbench.ui.widgets.json_filter import Filtered, fault_of, filtered, is_large
from workbench.ui.widgets.json_lines import JsonLines
from workbench.ui.widgets.json_text import Layout
from workbench.ui.widgets.search_bar import SearchBar
from workbench.ui.work import Job, in_thread, stop

_LARGE_ABOVE = 200_000
"""Characters above which a document is laid out elsewhere."""

_HEAD = 32_768
"""Characters of a large document that are laid out at once, for the first paint."""

_TYPING_S = 0.12
"""How long after a letter a large document is filtered: another one may follow."""


class JsonView(Vertical):
    """A reader for one document. ``load`` shows it; see the module list for the whole surface."""

    DEFAULT_CSS = """
    JsonView { height: 1fr; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end_search", "End search or filter", show=False, id="json.end-search"),
    ]

    class Loaded(Message):
        """The whole document is laid out (its first page may be visible before)."""

    @dataclass
    class _LaidOut(Message, bubble=False):
        """A large document is laid out."""

        document: Document

    @dataclass
    class _FilterDone(Message, bubble=False):
        """A large document is filtered."""

        found: Filtered

    @dataclass
    class CopyRequested(Message):
        """The user wants ``text``, which is the ``what``: "value" or "path" under the cursor."""

        view: JsonView
        what: str
        text: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines = JsonLines()
        self.text = ""
        self._shown = ""

    def compose(self) -> ComposeResult:
        yield self.lines
        yield FilterLine()
        yield SearchBar("text to find, or !text for lines without it")

    def on_unmount(self) -> None:
        """Nobody looks at it any more."""
        stop(self)

    # -- public ---------------------------------------------------------------------------------

    def load(self, data: bytes | str) -> None:
        """Show a document: JSON indented, anything else as text. Bytes are read as UTF-8.

        A filter that is in force goes on with the new document.
        """
        stop(self, "filter")
        self.text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
        if self.filter:
            self._filter()
        else:
            self._load(self.text)

    def _load(self, text: str) -> None:
        stop(self, "layout")
        self._shown = text
        if len(text) <= _LARGE_ABOVE:
            self._show(document_of(text))
            return
        if text.lstrip()[:1] in ("{", "["):
            self.lines.show_document(JsonDocument(Layout(text[:_HEAD])))
        else:
            self.lines.show_document(TextDocument(text[:_HEAD]))
        in_thread(self, "layout", lambda job: self._LaidOut(large_document_of(text)))

    def clear(self) -> None:
        """Show nothing, and filter nothing any more."""
        self.query_one(FilterLine).clear()
        self.load("")

    @property
    def filter(self) -> str:
        """The JMESPath expression in force; "" shows the whole document."""
        return self.query_one(FilterLine).expression

    def open_filter(self) -> None:
        """Show the filter line, and focus it."""
        self.query_one(FilterLine).open()

    @property
    def shown_text(self) -> str:
        """The text that is shown: the document's, or what the filter found in it."""
        return self._shown

    def search(self, text: str) -> bool:
        """Mark text and go to the first line with it from the cursor on. Return whether found."""
        return self.lines.search(text)

    def fold_all(self) -> None:
        """Fold every object and array below the top one."""
        self.lines.action_fold_all()

    def unfold_all(self) -> None:
        """Unfold everything."""
        self.lines.action_unfold_all()

    @property
    def is_json(self) -> bool:
        """Is the document JSON?"""
        return isinstance(self.lines.document, JsonDocument)

    @property
    def path(self) -> str:
        """The JSONPath under the cursor; "" for plain text."""
        return self.lines.document.path(self.lines.cursor)

    @property
    def value(self) -> str:
        """The text of the value under the cursor; the line when the document is plain text."""
        return self.lines.document.value(self.lines.cursor)

    def focus(self, scroll_visible: bool = True) -> JsonView:
        """Focus the lines."""
        self.lines.focus(scroll_visible)
        return self

    # -- loading --------------------------------------------------------------------------------

    @on(_LaidOut)
    def _laid_out(self, message: _LaidOut) -> None:
        self._show(message.document, keep_cursor=True)
        self.lines.search_again()

    def _show(self, document: Document, keep_cursor: bool = False) -> None:
        self.lines.show_document(document, keep_cursor=keep_cursor)
        self.post_message(self.Loaded())

    # -- filter ---------------------------------------------------------------------------------

    @on(FilterLine.Changed)
    def _filter_changed(self, event: FilterLine.Changed) -> None:
        event.stop()
        stop(self, "filter")
        if self.filter:
            self._filter()
            return
        self.query_one(FilterLine).status("")
        if self._shown is not self.text:
            self._load(self.text)

    @on(FilterLine.Left)
    def _filter_left(self, event: FilterLine.Left) -> None:
        event.stop()
        self.lines.focus()

    def _filter(self) -> None:
        expression = self.filter
        fault = fault_of(expression)
        if fault:
            # What was found last stays: the expression is being typed.
            self.query_one(FilterLine).status(f"✗ {fault}", wrong=True)
        elif is_large(self.text):
            self.query_one(FilterLine).status("…")
            self._filter_large(self.text, expression)
        else:
            self._show_filtered(filtered(self.text, expression))

    def _filter_large(self, text: str, expression: str) -> None:
        def look(job: Job) -> Message | None:
            if job.stop.wait(_TYPING_S):
                return None  # more was typed
            return self._FilterDone(filtered(text, expression))

        in_thread(self, "filter", look)

    @on(_FilterDone)
    def _filter_done(self, message: _FilterDone) -> None:
        self._show_filtered(message.found)

    def _show_filtered(self, found: Filtered) -> None:
        line = self.query_one(FilterLine)
        if found.fault:
            line.status(f"✗ {found.fault}", wrong=True)
        else:
            line.status(found.words)
            self._load(found.text)

    # -- search ---------------------------------------------------------------------------------

    @on(SearchBar.Changed)
    @on(SearchBar.Submitted)
    @on(SearchBar.Closed)
    def _on_search(self, event: Message) -> None:
        event.stop()
        bar = self.query_one(SearchBar)
        if isinstance(event, SearchBar.Submitted):
            self.lines.focus()
            if not event.text:
                bar.close()
        elif isinstance(event, SearchBar.Changed):
            self.lines.search(event.text)
        else:
            self.lines.search("")
            self.lines.focus()

    @on(JsonLines.SearchAsked)
    def _search_asked(self, event: JsonLines.SearchAsked) -> None:
        event.stop()
        self.query_one(SearchBar).open()

    @on(JsonLines.Searched)
    def _searched(self, event: JsonLines.Searched) -> None:
        event.stop()
        self.query_one(SearchBar).status(event.words)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is ours only while there is a search or a filter to end."""
        return any(self.query(".-open")) if action == "end_search" else True

    def action_end_search(self) -> None:
        """End the search; without one take the filter away."""
        bar = self.query_one(SearchBar)
        (bar if bar.has_class("-open") else self.query_one(FilterLine)).action_close()

    # -- copying ----------------------------------------------------------------------------------

    @on(JsonLines.CopyAsked)
    def _copy_asked(self, event: JsonLines.CopyAsked) -> None:
        event.stop()
        text = self.value if event.what == "value" else self.path
        if text:
            self.post_message(self.CopyRequested(self, event.what, text))
