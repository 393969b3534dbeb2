"""The rows of a FuzzyList: which pass the filter, and how their columns are painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType

from workbench.ui.widgets.fuzzy import Fuzzy, rank
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe

if TYPE_CHECKING:
    from workbench.ui.widgets.fuzzy_list import FuzzyList

_GAP = 2
_WIDEST = 40
"""Cells of a column that is as wide as what it shows."""
_FAR = 64
"""Cells to which a first column grows whose rows need less."""


@dataclass(frozen=True)
class Row:
    """One row: an id of the caller's, what each column shows, and the text to search in.

    Without ``search`` the columns' own texts are searched, a line each.
    """

    id: str
    columns: Sequence[str | Text]
    search: str | None = None


@dataclass(frozen=True)
class Column:
    """A column: its title (no title line when all are empty) and width in cells (None: fits).

    One with ``paint`` is made from a row's id when the row is painted, and needs a width. Figures
    stand at the right (``right``). Of the first one ``least`` counts: rather than give it less
    room, the last ones are left out; and ``grows``: whether it takes more room than it needs, up
    to where the eye would lose the row.
    """

    title: str = ""
    width: int | None = None
    least: int = 12
    right: bool = False
    grows: bool = True
    paint: Callable[[str], Text] | None = None


class FuzzyRows(LineView):
    """The rows of a FuzzyList."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Select", show=False, id="list.select"),
        Binding("n", "next_match(1)", "Next match", show=False, id="list.next"),
        Binding("N", "next_match(-1)", "Previous match", show=False, id="list.previous"),
    ]

    def __init__(self, view: FuzzyList, columns: list[Column]) -> None:
        super().__init__()
        self._view = view
        self._columns = columns
        self.rows: list[Row] = []
        self._search: list[str] = []
        self._index: dict[str, int] = {}
        self._shown: Sequence[int] = ()
        self._filter = ""
        self._fuzzy = Fuzzy("")
        self._fits: list[int] = [0] * len(columns)
        self._longest = 0  # characters of the first column

    @property
    def is_active(self) -> bool:
        return self._view.has_focus_within

    def take(self, rows: list[Row], text: str) -> None:
        """Take over all rows and filter them."""
        self.rows = rows
        self._index = {row.id: index for index, row in enumerate(rows)}
        self._search = [_search_text(row) for row in rows]
        for column in self._measured_columns():
            widths = (_width(row, column) for row in rows)
            title = cell_len(self._columns[column].title)
            self._fits[column] = max(title, min(_WIDEST, max(widths, default=0)))
        self._longest = max((len(_plain(row.columns[0])) for row in rows), default=0)
        self._filter = ""
        self._shown = range(len(rows))
        self.apply_filter(text)

    def replace(self, row: Row) -> None:
        """Replace one row."""
        index = self._index.get(row.id)
        if index is None:
            return
        self.rows[index] = row
        self._search[index] = _search_text(row)
        before = list(self._fits)
        for column in self._measured_columns():
            self._fits[column] = max(self._fits[column], min(_WIDEST, _width(row, column)))
        self._longest = max(self._longest, len(_plain(row.columns[0])))
        if self._fits != before:
            self.show_titles()
        self.refresh()

    def _measured_columns(self) -> list[int]:
        """Those that are as wide as what they show."""
        return [
            number
            for number, column in enumerate(self._columns)
            if column.width is None and (number or not column.grows)
        ]

    def apply_filter(self, text: str) -> None:
        """Keep the rows that match, best first."""
        # A longer word to leave out leaves out less.
        narrower = bool(self._filter) and text.startswith(self._filter) and "!" not in text
        # Best first is an order: ties must fall back to the rows' own, so the indexes are sorted.
        among = sorted(self._shown) if narrower else range(len(self.rows))
        self._filter = text
        self._fuzzy = Fuzzy(text)
        self._shown = rank(text, self._search, among) if text.strip() else range(len(self.rows))

    def id_at(self, row: int) -> str | None:
        """Return the id of a shown row."""
        return self.rows[self._shown[row]].id if 0 <= row < len(self._shown) else None

    def row_of(self, row_id: str | None) -> int:
        """Return where the row with an id is shown, 0 if it isn't."""
        index = self._index.get(row_id) if row_id is not None else None
        if index is None:
            return 0
        try:
            return self._shown.index(index)
        except ValueError:
            return 0

    def row_count(self) -> int:
        return len(self._shown)

    def _widths(self) -> list[int]:
        widths = [
            fits if column.width is None else column.width
            for column, fits in zip(self._columns, self._fits, strict=True)
        ]
        rest = sum(widths[1:]) + _GAP * (len(widths) - 1) + 2
        room = self.size.width - rest
        while room < self._columns[0].least and len(widths) > 1:  # narrow: give the last columns up
            room += widths.pop() + _GAP
        most = max(_FAR, self._longest) if self._columns[0].grows else self._fits[0]
        widths[0] = max(min(room, most), 4)
        return widths

    def paint_row(self, row: int) -> list[Segment]:
        item = self.rows[self._shown[row]]
        colors = palette(self)
        parts: list[Text] = []
        mark = "▌" if row == self.cursor and self.is_active else " "
        parts.append(Text(mark, style=colors["json-key"]))
        for column, width in enumerate(self._widths()):
            paint = self._columns[column].paint
            content = item.columns[column] if column < len(item.columns) else ""
            text = content.copy() if isinstance(content, Text) else Text(content)
            text.plain = safe(text.plain)
            if paint is not None:
                text = paint(item.id)
            text.no_wrap = True
            if self._fuzzy.words and paint is None:
                for position in self._fuzzy.positions(text.plain):
                    text.stylize(colors.match + Style(bold=True), position, position + 1)
            if self._columns[column].right:
                text.pad_left(max(0, width - text.cell_len))
            text.truncate(width, overflow="ellipsis", pad=True)
            parts.append(text)
            parts.append(Text(" " * _GAP))
        line = Text.assemble(*parts[:-1], no_wrap=True, end="")
        return [segment for segment in line.render(self.app.console) if segment.text]

    def on_resize(self) -> None:
        self.show_titles()

    def show_titles(self) -> None:
        """Put the titles above their columns, whose widths are those of the rows."""
        if any(column.title for column in self._columns):
            widths = self._widths()
            self._view.show_titles(
                " "
                + (" " * _GAP).join(
                    f"{column.title:{'>' if column.right else '<'}{width}}"
                    for column, width in zip(self._columns, widths, strict=False)
                )
            )

    def cursor_moved(self) -> None:
        self._view.tell_highlighted()

    def action_select(self) -> None:
        self._view.select()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a filter n and N are the pane's."""
        return action != "next_match" or bool(self._filter)

    def action_next_match(self, step: int) -> None:
        """Go to the next of the rows that match, from the last one to the first."""
        if self.row_count():
            self.move_to((self.cursor + step) % self.row_count())

    def row_clicked(self, row: int, x: int, *, twice: bool) -> None:
        if twice:
            self._view.select()


def _plain(content: str | Text) -> str:
    return content.plain if isinstance(content, Text) else content


def _width(row: Row, column: int) -> int:
    return cell_len(_plain(row.columns[column])) if column < len(row.columns) else 0


def _search_text(row: Row) -> str:
    return (row.search or "\n".join(map(_plain, row.columns))).lower()
