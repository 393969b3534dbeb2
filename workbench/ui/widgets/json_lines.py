"""JsonLines: the lines of a JSON document or a text, painted as they come into sight.

They can be folded and searched; what a search found and what is to be copied is told by messages.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from workbench.ui.widgets.json_document import LINE_LIMIT, Document, JsonDocument, TextDocument
from workbench.ui.widgets.json_text import INDENT
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import ansi_text, safe
from workbench.ui.widgets.search_bar import find_spans, needle_of


class JsonLines(LineView):
    """One document's lines; they have the focus and the keys of a JsonView."""

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

    class SearchAsked(Message):
        """A text to search is to be asked for."""

    class Searched(Message):
        """A search came to a line or found none, in `words`."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class CopyAsked(Message):
        """The "value" or the "path" under the cursor is wanted: `what`."""

        def __init__(self, what: str) -> None:
            super().__init__()
            self.what = what

    def __init__(self) -> None:
        super().__init__()
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
            parts.append((f" … {length:,} characters; copying takes them all", colors.muted))
        return Text.assemble(*parts, no_wrap=True, end="")

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

    # -- search ---------------------------------------------------------------------------------

    def action_open_search(self) -> None:
        self.post_message(self.SearchAsked())

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
                self.post_message(self.Searched("without it"))
                return True
        self.post_message(self.Searched("✗ every line has it"))
        return False

    def _go_to_match(self, step: int, *, include_here: bool) -> bool:
        if self._inverse:
            return self._go_without(step, include_here=include_here)
        found = self.document.find(
            self._needle, self._case_counts, self.cursor, step, include_here=include_here
        )
        self._not_found = found is None
        if found is None:
            self.post_message(self.Searched("✗ not found"))
            return False
        self.move_to(found.row, center=True)
        # Unfolding changes the rows even where the cursor stays.
        self.rows_changed(self.document.width)
        self.post_message(self.Searched(f"{found.number:,} of {found.total:,}"))
        return True

    def action_copy(self, what: str) -> None:
        self.post_message(self.CopyAsked(what))
