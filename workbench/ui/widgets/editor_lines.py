"""The lines of an editor that doesn't wrap: one row a line, so that megabytes load at once.

Textual's own measure each line, and again after each key.
"""

from __future__ import annotations

from itertools import repeat

from textual._cells import cell_len, cell_width_to_column_index
from textual.document._document import Document, Location
from textual.document._wrapped_document import WrappedDocument
from textual.expand_tabs import expand_tabs_inline
from textual.geometry import Offset, Size


class Lines(Document):
    """A document that measures only lines whose width isn't their number of characters."""

    def get_size(self, tab_width: int) -> Size:
        """Return the cells of the widest line and the number of lines."""
        lines = self.lines
        widest = max(map(len, lines), default=0)
        text = "".join(lines)
        if not text.isascii() or "\t" in text:
            odd = [line for line in lines if not line.isascii() or "\t" in line]
            widest = max(widest, *(cell_len(line.expandtabs(tab_width)) for line in odd))
        return Size(widest, len(lines))


class UnwrappedLines(WrappedDocument):
    """Row and line are the same number: nothing is kept that an edit would have to change."""

    @property
    def height(self) -> int:
        return self.document.line_count

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Take over the number of lines; the width doesn't matter."""
        self._tab_width = tab_width or self._tab_width
        self._take_count()

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Take over the number of lines after an edit."""
        self._take_count()

    def _take_count(self) -> None:
        # The one list that TextArea reads itself, when it paints.
        rows = self._offset_to_line_info
        count = self.document.line_count
        del rows[count:]
        rows.extend(zip(range(len(rows), count), repeat(0)))

    def offset_to_location(self, offset: Offset) -> Location:
        """Return the place in the document of a cell; the nearest when there is none."""
        row = max(0, min(offset.y, self.document.line_count - 1))
        line = self.document.get_line(row)
        return row, cell_width_to_column_index(line, max(0, offset.x), self._tab_width)

    def location_to_offset(self, location: Location) -> Offset:
        """Return the cell of a place in the document."""
        row = max(0, min(location[0], self.document.line_count - 1))
        return Offset(self._cells(self.document.get_line(row)[: location[1]]), row)

    def get_sections(self, line_index: int) -> list[str]:
        """Return the line: it has one section."""
        return [self.document.get_line(line_index)]

    def get_offsets(self, line_index: int) -> list[int]:
        """Return where the line is wrapped: nowhere."""
        return []

    def exceeds(self, row: int, cells: int) -> bool:
        """Is the line wider than so many cells?"""
        line = self.document.get_line(row)
        return len(line) > 2 * cells or self._cells(line) > cells

    def _cells(self, text: str) -> int:
        return int(cell_len(expand_tabs_inline(text, self._tab_width)))
