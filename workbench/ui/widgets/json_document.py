"""What a JsonView shows: the rows of a JSON or plain text, their folds, and search in them."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from rich.cells import cell_len

from workbench.ui.widgets.json_text import Layout, is_json
from workbench.ui.widgets.layout_process import lay_out
from workbench.ui.widgets.safe_text import safe, strip_ansi

LINE_LIMIT = 4_000
"""Characters of one line that are painted; the value can be copied whole."""


def document_of(text: str) -> Document:
    """Return the document for a text: JSON if it is, else plain text."""
    return JsonDocument(Layout(text)) if is_json(text) else TextDocument(text)


def large_document_of(text: str) -> Document:
    """Like ``document_of``, most of it in another process. Blocks: call it from a thread."""
    layout = lay_out(text)
    return TextDocument(text) if layout is None else JsonDocument(layout)


@dataclass(frozen=True)
class Found:
    """A search's answer: the row, the how-manieth occurrence it is, and of how many."""

    row: int
    number: int
    total: int


class _Search:
    """Finds occurrences in a text; keeps the small-letter form it searches in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lower: str | None = None

    def find(self, needle: str, case: bool, start: int, end: int, step: int) -> int:
        """Return the offset of the next (from end) or previous (before start), or -1. Wraps."""
        where = self._where(case)
        if step > 0:
            at = where.find(needle, end)
            return at if at >= 0 else where.find(needle)
        at = where.rfind(needle, 0, start)
        return at if at >= 0 else where.rfind(needle)

    def count(self, needle: str, case: bool, end: int | None = None) -> int:
        """Return the number of occurrences, before end if given."""
        return self._where(case).count(needle, 0, end)

    def _where(self, case: bool) -> str:
        if case:
            return self._text
        if self._lower is None:
            lower = self._text.lower()
            # Where a small letter is longer than its capital, offsets would shift.
            self._lower = lower if len(lower) == len(self._text) else self._text
        return self._lower


@dataclass
class JsonDocument:
    """Rows of a JSON text: its lines without those that folds hide."""

    layout: Layout

    def __post_init__(self) -> None:
        self.rows = array("I", range(len(self.layout)))
        self.folded: set[int] = set()
        self._search = _Search(self.layout.text)
        longest = self.layout.longest
        line = self.layout.line(longest, LINE_LIMIT) if len(self.layout) else ""
        self._widest = cell_len(safe(line)) + 2  # the fold mark stands before it

    @property
    def width(self) -> int:
        """Cells of the widest row, about."""
        return self._widest + (20 if self.folded else 0)  # room for what a fold says

    def path(self, row: int) -> str:
        """Return the JSONPath of a row's value."""
        return self.layout.path(self.rows[row]) if row < len(self.rows) else ""

    def value(self, row: int) -> str:
        """Return the source text of a row's value."""
        return self.layout.value(self.rows[row]) if row < len(self.rows) else ""

    def plain(self, row: int) -> str:
        """Return the beginning of a row's line, as shown."""
        return self.layout.line(self.rows[row], LINE_LIMIT)

    def is_fold(self, row: int) -> bool:
        """Does the row open an object or array with something in it?"""
        return row < len(self.rows) and self.layout.closes[self.rows[row]] > 0

    def toggle(self, row: int) -> None:
        """Fold or unfold a row that opens something."""
        line = self.rows[row]
        close = self.layout.closes[line]
        if line in self.folded:
            self.folded.discard(line)
            self.rows[row + 1 : row + 1] = self._visible(line + 1, close + 1)
        else:
            self.folded.add(line)
            end = row + 1
            count = len(self.rows)
            while end < count and self.rows[end] <= close:
                end += 1
            del self.rows[row + 1 : end]

    def find(
        self, needle: str, case: bool, row: int, step: int, *, include_here: bool
    ) -> Found | None:
        """Return where needle is next (step 1) or before (-1), unfolding what hides it."""
        if not self.rows:
            return None
        line = self.rows[row]
        start, end = self.layout.starts[line], self.layout.ends[line]
        # What is shown as `"a": 1` may be written `"a":1`.
        for written in dict.fromkeys((needle, needle.replace('": ', '":'))):
            at = self._search.find(written, case, start, start if include_here else end, step)
            if at >= 0:
                number = self._search.count(written, case, at) + 1
                found = self.reveal(self.layout.row_at(at))
                return Found(found, number, self._search.count(written, case))
        return None

    def reveal(self, line: int) -> int:
        """Unfold what hides a line; return its row."""
        hidden = False
        parent = line
        while self.layout.depths[parent]:
            parent = self.layout.parents[parent]
            if parent in self.folded:
                self.folded.discard(parent)
                hidden = True
        if hidden:
            self.rows = self._visible(0, len(self.layout))
        return self.row_of(line)

    def row_of(self, line: int) -> int:
        """Return the row of a line, or of the fold that hides it."""
        return max(0, bisect_right(self.rows, line) - 1)

    def fold_everything(self, fold: bool) -> None:
        """Fold all objects and arrays but the top one, or unfold everything."""
        closes, depths = self.layout.closes, self.layout.depths
        self.folded = {
            line for line in range(len(self.layout)) if fold and closes[line] and depths[line]
        }
        self.rows = self._visible(0, len(self.layout))

    def _visible(self, line: int, end: int) -> array[int]:
        if not self.folded:
            return array("I", range(line, end))
        rows = array("I")
        closes = self.layout.closes
        while line < end:
            rows.append(line)
            line = closes[line] + 1 if line in self.folded else line + 1
        return rows


@dataclass
class TextDocument:
    """Rows of a text that is no JSON."""

    text: str

    def __post_init__(self) -> None:
        lines = self.text.split("\n")
        if lines[-1] == "":
            lines.pop()
        self.rows = lines
        self._starts = array("I", accumulate((len(line) + 1 for line in lines), initial=0))
        self._search = _Search(self.text)
        longest = max(self.rows, key=len, default="")[:LINE_LIMIT]
        self.width = cell_len(safe(strip_ansi(longest))) + 2

    def path(self, row: int) -> str:
        """Plain text has no paths."""
        return ""

    def value(self, row: int) -> str:
        """Return the row's text."""
        return self.rows[row] if row < len(self.rows) else ""

    def plain(self, row: int) -> str:
        """Return the beginning of a row's line, as shown."""
        return strip_ansi(self.rows[row][:LINE_LIMIT])

    def find(
        self, needle: str, case: bool, row: int, step: int, *, include_here: bool
    ) -> Found | None:
        """Return where needle is next (step 1) or before (-1)."""
        if not self.rows:
            return None
        start, end = self._starts[row], self._starts[row + 1] - 1
        at = self._search.find(needle, case, start, start if include_here else end, step)
        if at < 0:
            return None
        number = self._search.count(needle, case, at) + 1
        return Found(bisect_right(self._starts, at) - 1, number, self._search.count(needle, case))


Document = JsonDocument | TextDocument
