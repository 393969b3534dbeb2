"""FuzzyList: rows of columns, filtered as one types; quick with tens of thousands of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from workbench.ui.widgets.fuzzy import Fuzzy, rank
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe

_GAP = 2


@dataclass(frozen=True)
class Row:
    """One row: an id of the caller's, what each column shows, and the text to search in.

    Without ``search`` the columns' own texts are searched.
    """

    id: str
    columns: Sequence[str | Text]
    search: str | None = None


@dataclass(frozen=True)
class Column:
    """A column: its title (no title line when all are empty) and width in cells (None: fits).

    Of the first one ``least`` counts: rather than give it less room, the last ones are left out.
    """

    title: str = ""
    width: int | None = None
    least: int = 12


class FuzzyList(Vertical):
    """A list with a filter that ``/`` opens (or that is always there).

    The first column takes the room the others leave. Escape in the filter clears and hides it.
    """

    DEFAULT_CSS = """
    FuzzyList { height: 1fr; width: 1fr; }
    FuzzyList > Input {
        height: 1; border: none; padding: 0 1; background: $panel; display: none;
    }
    FuzzyList > Input:focus { border: none; }
    FuzzyList.-filtering > Input { display: block; }
    FuzzyList > .fuzzy-titles { height: 1; color: $text-muted; text-style: bold; }
    FuzzyList > .fuzzy-empty { height: auto; color: $text-muted; padding: 1 2; display: none; }
    FuzzyList.-empty > .fuzzy-empty { display: block; }
    FuzzyList.-empty > FuzzyRows { height: 0; min-height: 0; display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", show=False, id="list.filter"),
        Binding("escape", "end_filter", "Clear filter", show=False, id="list.end-filter"),
    ]

    class Highlighted(Message):
        """Another row has the cursor: its id, or None when there are no rows."""

        def __init__(self, view: FuzzyList, row_id: str | None) -> None:
            super().__init__()
            self.view = view
            self.row_id = row_id

        @property
        def control(self) -> Widget:
            return self.view

    class Selected(Message):
        """Enter on a row, or a double click."""

        def __init__(self, view: FuzzyList, row_id: str) -> None:
            super().__init__()
            self.view = view
            self.row_id = row_id

        @property
        def control(self) -> Widget:
            return self.view

    def __init__(
        self,
        columns: int | Sequence[Column] = 1,
        *,
        always_filter: bool = False,
        empty: str = "Nothing here.",
        no_match: str = "Nothing matches. Esc clears the filter.",
        placeholder: str = "Type to filter",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        specs = [Column()] * columns if isinstance(columns, int) else list(columns)
        self.body = FuzzyRows(self, specs)
        self._always = always_filter
        self._texts = (empty, no_match)
        self._prompt = Input(placeholder=placeholder, compact=True, select_on_focus=False)
        self._titles = Static("", classes="fuzzy-titles", markup=False)
        self._titles.display = any(spec.title for spec in specs)
        self._nothing = Static("", classes="fuzzy-empty", markup=False)
        self._by_id: dict[str, Row] = {}
        self._last: str | None = None
        self._before_filter: str | None = None
        self.set_class(always_filter, "-filtering")

    def compose(self) -> ComposeResult:
        yield self._prompt
        yield self._titles
        yield self.body
        yield self._nothing

    def on_mount(self) -> None:
        self._refreshed()

    # -- public ---------------------------------------------------------------------------------

    @property
    def rows(self) -> list[Row]:
        """All rows, filtered out or not."""
        return list(self.body.rows)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows. The cursor stays on the row with the same id if it is still there."""
        keep = self.highlighted
        self.body.take(list(rows), self.filter_text)
        self.body.cursor = self.body.row_of(keep) if keep is not None else 0
        self._refreshed()

    def set_empty(self, text: str) -> None:
        """What to say from now on when there are no rows at all."""
        self._texts = (text, self._texts[1])

    def update_row(self, row: Row) -> None:
        """Replace the row with the same id; nothing happens when there is none."""
        self.body.replace(row)

    @property
    def highlighted(self) -> str | None:
        """The id of the cursor's row."""
        return self.body.id_at(self.body.cursor)

    def highlight(self, row_id: str) -> None:
        """Put the cursor on the row with that id, if it is shown."""
        self.body.move_to(self.body.row_of(row_id), center=True)

    @property
    def filter_text(self) -> str:
        """The filter; setting it filters."""
        return self._prompt.value

    @filter_text.setter
    def filter_text(self, text: str) -> None:
        self._prompt.value = text
        self.set_class(self._always or bool(text), "-filtering")

    def focus(self, scroll_visible: bool = True) -> FuzzyList:
        """Focus the filter if it is always there, else the rows."""
        (self._prompt if self._always else self.body).focus(scroll_visible)
        return self

    # -- filter ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Show the filter and focus it."""
        self._before_filter = self.highlighted
        self.add_class("-filtering")
        self._prompt.focus()

    def action_end_filter(self) -> None:
        """Clear and hide the filter; the cursor stays on its row."""
        self._prompt.value = ""
        if not self._always:
            self.remove_class("-filtering")
            self.body.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is ours only while there is a filter to clear; else it goes on to the screen."""
        if action == "end_filter":
            return bool(self.filter_text) or (
                not self._always and self.has_class("-filtering") and self._prompt.has_focus
            )
        return True

    @on(Input.Changed)
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        keep = self.highlighted or self._before_filter
        self.body.apply_filter(event.value)
        # While one types the best match has the cursor; without a filter the row stays.
        self.body.cursor = 0 if event.value else self.body.row_of(keep)
        self._refreshed()

    @on(Input.Submitted)
    def _filter_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._always:
            self.select()
        else:
            self.set_class(bool(event.value), "-filtering")
            self.body.focus()

    def on_key(self, event: events.Key) -> None:
        """In the filter the arrows move in the list."""
        moves = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10}
        if self._prompt.has_focus and event.key in moves:
            event.stop()
            self.body.move_to(self.body.cursor + moves[event.key])

    # -- the rows tell --------------------------------------------------------------------------

    def select(self) -> None:
        """Post Selected for the cursor's row."""
        row_id = self.highlighted
        if row_id is not None:
            self.post_message(self.Selected(self, row_id))

    def tell_highlighted(self) -> None:
        """Post Highlighted if it is another row than before."""
        row_id = self.highlighted
        if row_id != self._last:
            self._last = row_id
            self.post_message(self.Highlighted(self, row_id))

    def _refreshed(self) -> None:
        nothing = not self.body.row_count()
        if self.has_class("-empty") != nothing:
            had_focus = self.body.has_focus
            self.set_class(nothing, "-empty")
            if had_focus:
                self.call_after_refresh(self.focus)
        if nothing:
            empty, no_match = self._texts
            self._nothing.update(no_match if self.body.rows else empty)
        self.body.rows_changed(0)
        self.body.show_row(self.body.cursor)
        self.tell_highlighted()

    def show_titles(self, titles: str) -> None:
        """Set the title line."""
        self._titles.update(titles)


class FuzzyRows(LineView):
    """The rows of a FuzzyList."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Select", show=False, id="list.select"),
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

    @property
    def is_active(self) -> bool:
        return self._view.has_focus_within

    def take(self, rows: list[Row], text: str) -> None:
        """Take over all rows and filter them."""
        self.rows = rows
        self._index = {row.id: index for index, row in enumerate(rows)}
        self._search = [_search_text(row) for row in rows]
        for column in range(1, len(self._columns)):
            widths = (_width(row, column) for row in rows)
            title = cell_len(self._columns[column].title)
            self._fits[column] = max(title, min(40, max(widths, default=0)))
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
        for column in range(1, len(self._columns)):
            self._fits[column] = max(self._fits[column], min(40, _width(row, column)))
        self.refresh()

    def apply_filter(self, text: str) -> None:
        """Keep the rows that match, best first."""
        narrower = bool(self._filter) and text.startswith(self._filter)
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
        widths[0] = max(room, 4)
        return widths

    def paint_row(self, row: int) -> list[Segment]:
        item = self.rows[self._shown[row]]
        colors = palette(self)
        parts: list[Text] = []
        mark = "▌" if row == self.cursor and self.is_active else " "
        parts.append(Text(mark, style=colors["json-key"]))
        for column, width in enumerate(self._widths()):
            content = item.columns[column] if column < len(item.columns) else ""
            text = content.copy() if isinstance(content, Text) else Text(content)
            text.plain = safe(text.plain)
            text.no_wrap = True
            if self._fuzzy.words:
                for position in self._fuzzy.positions(text.plain):
                    text.stylize(colors.match + Style(bold=True), position, position + 1)
            text.truncate(width, overflow="ellipsis", pad=True)
            parts.append(text)
            parts.append(Text(" " * _GAP))
        line = Text.assemble(*parts[:-1], no_wrap=True, end="")
        return [segment for segment in line.render(self.app.console) if segment.text]

    def on_resize(self) -> None:
        if any(column.title for column in self._columns):
            widths = self._widths()
            self._view.show_titles(
                " "
                + (" " * _GAP).join(
                    f"{column.title:<{width}}"
                    for column, width in zip(self._columns, widths, strict=False)
                )
            )

    def cursor_moved(self) -> None:
        self._view.tell_highlighted()

    def action_select(self) -> None:
        self._view.select()

    def row_clicked(self, row: int, x: int, *, twice: bool) -> None:
        if twice:
            self._view.select()


def _plain(content: str | Text) -> str:
    return content.plain if isinstance(content, Text) else content


def _width(row: Row, column: int) -> int:
    return cell_len(_plain(row.columns[column])) if column < len(row.columns) else 0


def _search_text(row: Row) -> str:
    return (row.search or " ".join(map(_plain, row.columns))).lower()
