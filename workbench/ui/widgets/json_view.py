"""JsonView: a JSON document to read: indented, coloured, folded, searched. Text is shown as text.

Lines are made when they come into sight, so a document of 6 MB is there at once; its full length
is known a moment later, from a process of its own.
"""

from __future__ import annotations

import time
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from workbench.ui.widgets.filter_line import FilterLine
from workbench.ui.widgets.json_document import (
    LINE_LIMIT,
    Document,
    JsonDocument,
    TextDocument,
    document_of,
    large_document_of,
)
from workbench.ui.widgets.json_filter import Filtered, fault_of, filtered, is_large
from workbench.ui.widgets.json_text import INDENT, Layout
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import ansi_text, safe
from workbench.ui.widgets.search_bar import SearchBar, find_spans, needle_of

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

    class Loaded(Message):
        """The whole document is laid out (its first page may be visible before)."""

        def __init__(self, view: JsonView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> Widget:
            return self.view

    class PathChanged(Loaded):
        """The cursor came to a value: ``path`` such as ``$.Records[0].s3``, "" for plain text."""

        def __init__(self, view: JsonView, path: str) -> None:
            super().__init__(view)
            self.path = path

    class CopyRequested(Loaded):
        """The user wants ``text``, which is the ``what``: "value" or "path" under the cursor."""

        def __init__(self, view: JsonView, what: str, text: str) -> None:
            super().__init__(view)
            self.what = what
            self.text = text

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines = JsonLines(self)
        self.text = ""
        self._shown = ""
        self._load_number = 0

    def compose(self) -> ComposeResult:
        yield self.lines
        yield FilterLine()
        yield SearchBar("text to find, or !text for lines without it")

    # -- public ---------------------------------------------------------------------------------

    def load(self, data: bytes | str) -> None:
        """Show a document: JSON indented, anything else as text. Bytes are read as UTF-8.

        A filter that is in force goes on with the new document.
        """
        self.text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
        if self.filter:
            self._filter()
        else:
            self._load(self.text)

    def _load(self, text: str) -> None:
        self._load_number += 1
        self._shown = text
        if len(text) <= _LARGE_ABOVE:
            self._show(document_of(text))
            return
        if text.lstrip()[:1] in ("{", "["):
            self.lines.show_document(JsonDocument(Layout(text[:_HEAD])))
        else:
            self.lines.show_document(TextDocument(text[:_HEAD]))
        self._lay_out_large(text, self._load_number)

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

    @work(thread=True, exclusive=True, group="json-layout")
    def _lay_out_large(self, text: str, number: int) -> None:
        document = large_document_of(text)
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._large_ready, document, number)

    def _large_ready(self, document: Document, number: int) -> None:
        if number == self._load_number:
            self._show(document, keep_cursor=True)
            self.lines.search_again()

    def _show(self, document: Document, keep_cursor: bool = False) -> None:
        self.lines.show_document(document, keep_cursor=keep_cursor)
        self.post_message(self.Loaded(self))
        self.post_message(self.PathChanged(self, self.path))

    # -- filter ---------------------------------------------------------------------------------

    @on(FilterLine.Changed)
    def _filter_changed(self, event: FilterLine.Changed) -> None:
        event.stop()
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

    @work(thread=True, exclusive=True, group="json-filter")
    def _filter_large(self, text: str, expression: str) -> None:
        worker = get_current_worker()
        time.sleep(_TYPING_S)
        if worker.is_cancelled:
            return  # more was typed
        found = filtered(text, expression)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._large_filtered, text, expression, found)

    def _large_filtered(self, text: str, expression: str, found: Filtered) -> None:
        if text is self.text and expression == self.filter:
            self._show_filtered(found)

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


class JsonLines(LineView):
    """The lines of a JsonView; it has the focus and the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "toggle_fold", "Fold", show=False, id="json.fold"),
        Binding("minus", "fold_all", "Fold all", show=False, id="json.fold-all"),
        Binding("plus,equals_sign", "unfold_all", "Unfold all", show=False, id="json.unfold-all"),
        Binding("slash", "open_search", "Search", show=False, id="json.search"),
        Binding("n", "next_match(1)", "Next", show=False, id="json.next"),
        Binding("N", "next_match(-1)", "Previous", show=False, id="json.previous"),
        Binding("y", "copy('value')", "Copy value", show=False, id="json.copy-value"),
        Binding("p", "copy('path')", "Copy path", show=False, id="json.copy-path"),
    ]

    def __init__(self, view: JsonView) -> None:
        super().__init__()
        self._view = view
        self.document: Document = TextDocument("")
        self._needle = ""
        self._case_counts = False
        self._inverse = False
        self._not_found = False

    def show_document(self, document: Document, *, keep_cursor: bool = False) -> None:
        """Show a document, from its top unless the cursor is kept."""
        # At the end of what was there so far: the end is wanted.
        at_end = keep_cursor and 0 < self.cursor == self.row_count() - 1
        self.document = document
        if not keep_cursor:
            self.cursor = 0
            self.scroll_to(0, 0, animate=False, force=True)
        self.rows_changed(document.width)
        if at_end:
            self.move_to(self.row_count() - 1)

    def row_count(self) -> int:
        return len(self.document.rows)

    def paint_row(self, row: int) -> list[Segment]:
        document = self.document
        if isinstance(document, JsonDocument):
            text = self._json_line(document, row)
        else:
            text = ansi_text(document.plain(row), Style())
        if self._needle:
            match = palette(self).match
            for start, end in find_spans(text.plain, self._needle, self._case_counts):
                text.stylize(match, start, end)
        return [segment for segment in text.render(self.app.console) if segment.text]

    def _json_line(self, document: JsonDocument, row: int) -> Text:
        layout = document.layout
        line = document.rows[row]
        colors = palette(self)
        close = layout.closes[line]
        folded = line in document.folded
        mark = "▸ " if folded else "▾ " if close else "  "
        indent = " " * (INDENT * layout.depths[line])
        parts: list[tuple[str, Style]] = [(indent, Style()), (mark, colors.muted)]
        for kind, token in layout.line_tokens(line, LINE_LIMIT):
            parts.append((safe(token), colors[f"json-{kind}"]))
        if folded:
            count = layout.ordinals[close]
            word = "member" if "}" in layout.line(close) else "element"
            parts.append((f" … {count} {word}{'' if count == 1 else 's'} ", colors.muted))
            for _, token in layout.line_tokens(close):
                parts.append((token, colors["json-punctuation"]))
        length = layout.ends[line] - layout.starts[line]
        if length > LINE_LIMIT:
            parts.append((f" … {length:,} characters, y copies them", colors.muted))
        return Text.assemble(*parts, no_wrap=True, end="")

    def cursor_moved(self) -> None:
        self._view.post_message(JsonView.PathChanged(self._view, self._view.path))

    def row_clicked(self, row: int, x: int, *, twice: bool) -> None:
        document = self.document
        if isinstance(document, JsonDocument) and document.is_fold(row):
            start = INDENT * document.layout.depths[document.rows[row]]
            if start <= x < start + 2:
                self.action_toggle_fold()

    # -- folding --------------------------------------------------------------------------------

    def action_toggle_fold(self) -> None:
        """Fold or unfold the object or array of the cursor's line."""
        document = self.document
        if not isinstance(document, JsonDocument) or not document.rows:
            return
        row = self.cursor
        if not document.is_fold(row):
            line = document.rows[row]
            before = line - 1 if document.layout.is_close(line) else line
            row = document.row_of(document.layout.parents[before])
            if not document.is_fold(row):
                return
            self.move_to(row)
        document.toggle(row)
        self.rows_changed(document.width)

    def action_fold_all(self) -> None:
        self._fold_everything(True)

    def action_unfold_all(self) -> None:
        self._fold_everything(False)

    def _fold_everything(self, fold: bool) -> None:
        document = self.document
        if isinstance(document, JsonDocument) and document.rows:
            line = document.rows[self.cursor]
            document.fold_everything(fold)
            self.cursor = document.row_of(line)
            self.rows_changed(document.width)
            self.show_row(self.cursor, center=True)
            self.cursor_moved()

    # -- search ---------------------------------------------------------------------------------

    def action_open_search(self) -> None:
        self._view.query_one(SearchBar).open()

    def search(self, text: str) -> bool:
        """Mark text everywhere and go to the first line with it, from the cursor on; with !text
        to the first without it."""
        self._inverse = text.startswith("!") and len(text) > 1
        self._needle, self._case_counts = needle_of(text[1:] if self._inverse else text)
        self.refresh()
        return bool(text) and self._go_to_match(1, include_here=True)

    def search_again(self) -> None:
        """The rest of the document is there now: what was not in its beginning may be in it."""
        if self._needle and self._not_found:
            self._go_to_match(1, include_here=True)

    def action_next_match(self, step: int) -> None:
        if self._needle:
            self._go_to_match(step, include_here=False)

    def _go_without(self, step: int, *, include_here: bool) -> bool:
        """Go to the next line that does not have the needle, around the ends."""
        count, document = self.row_count(), self.document
        for distance in range(0 if include_here else 1, count + 1) if count else ():
            row = (self.cursor + step * distance) % count
            text = document.plain(row)
            if self._needle not in (text if self._case_counts else text.lower()):
                self.move_to(row, center=True)
                self._view.query_one(SearchBar).status("without it")
                return True
        self._view.query_one(SearchBar).status("✗ every line has it")
        return False

    def _go_to_match(self, step: int, *, include_here: bool) -> bool:
        if self._inverse:
            return self._go_without(step, include_here=include_here)
        found = self.document.find(
            self._needle, self._case_counts, self.cursor, step, include_here=include_here
        )
        bar = self._view.query_one(SearchBar)
        self._not_found = found is None
        if found is None:
            bar.status("✗ not found")
            return False
        self.move_to(found.row, center=True)
        # Unfolding changes the rows even where the cursor stays.
        self.rows_changed(self.document.width)
        bar.status(f"{found.number:,} of {found.total:,}")
        return True

    def action_copy(self, what: str) -> None:
        text = self._view.value if what == "value" else self._view.path
        if text:
            self._view.post_message(JsonView.CopyRequested(self._view, what, text))
