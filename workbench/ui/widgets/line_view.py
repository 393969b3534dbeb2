"""LineView: rows painted one at a time, with a cursor row. The base of the views in this folder."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.strips import windowed


class LineView(ScrollView, can_focus=True):
    """A scrolling list of single rows, only the visible ones of which are ever made.

    A subclass gives ``row_count`` and ``paint_row``, calls ``rows_changed`` when either changes
    and hears of the cursor through ``cursor_moved`` and ``row_clicked``.
    """

    DEFAULT_CSS = """
    LineView {
        height: 1fr;
        width: 1fr;
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "row_down", "Down", show=False, id="rows.down"),
        Binding("up,k", "row_up", "Up", show=False, id="rows.up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="rows.page-down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="rows.page-up"),
        Binding("home,g", "first_row", "First", show=False, id="rows.first"),
        Binding("end,G", "last_row", "Last", show=False, id="rows.last"),
        Binding("right,l", "sideways(8)", "Right", show=False, id="rows.right"),
        Binding("left,h", "sideways(-8)", "Left", show=False, id="rows.left"),
    ]

    shows_cursor = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self._frame: tuple[Offset, int, Style] | None = None  # while lines are painted

    # -- what a subclass gives ------------------------------------------------------------------

    def row_count(self) -> int:
        """Return the number of rows."""
        raise NotImplementedError

    def paint_row(self, row: int) -> list[Segment]:
        """Return the segments of a row; a segment without colours takes the widget's."""
        raise NotImplementedError

    def cursor_moved(self) -> None:
        """Called after the cursor came to another row."""

    def row_clicked(self, row: int, x: int, *, twice: bool) -> None:
        """Called when a row is clicked at column x of its text; the cursor is there already."""

    # -- painting -------------------------------------------------------------------------------

    def rows_changed(self, width: int) -> None:
        """Take over a new number of rows, the widest of them width cells, and repaint."""
        count = self.row_count()
        self.cursor = min(self.cursor, max(0, count - 1))
        self.set_extent(Size(width, count))
        self.refresh()

    def set_extent(self, size: Size) -> None:
        """Take over how much there is to scroll. Textual would lay out the whole screen anew, at
        each line that comes; it need not while the same scrollbars are shown as before."""
        old, room = self.virtual_size, self.scrollable_content_region.size
        upright, sideways = self.show_vertical_scrollbar, self.show_horizontal_scrollbar
        if upright:
            grown = size.width >= old.width and size.height >= old.height
            same = grown and (sideways or size.width <= room.width)
        else:
            same = not sideways and size.width <= room.width and size.height <= room.height
        if not same:
            self.virtual_size = size
            return
        self.set_reactive(LineView.virtual_size, size)
        if upright:
            self.vertical_scrollbar.window_virtual_size = size.height
        if sideways:
            self.horizontal_scrollbar.window_virtual_size = size.width

    def render_lines(self, crop: Region) -> list[Strip]:
        # Textual works each of these out anew, for every line it would be a third of the painting.
        self._frame = self._measured()
        try:
            return super().render_lines(crop)
        finally:
            self._frame = None

    def _measured(self) -> tuple[Offset, int, Style]:
        return self.scroll_offset, self.scrollable_content_region.width, self.rich_style

    def render_line(self, y: int) -> Strip:
        """Paint one line of the viewport."""
        (scroll_x, scroll_y), width, base = self._frame or self._measured()
        row = scroll_y + y
        if row >= self.row_count():
            return Strip.blank(width, base)
        strip = windowed(Strip(self.paint_row(row)), scroll_x, width, palette(self).muted)
        post = self.cursor_style() if self.shows_cursor and row == self.cursor else None
        return Strip(Segment.apply_style(strip, base, post), width)

    @property
    def is_active(self) -> bool:
        """Is the cursor the one that keys move?"""
        return self.has_focus

    def cursor_style(self) -> Style:
        """Return the style laid over the cursor row."""
        colors = palette(self)
        if self.is_active:
            # Bold as well, so that the row is found without colours.
            return colors.cursor + Style(bold=True)
        return colors.cursor_blurred

    # -- moving ---------------------------------------------------------------------------------

    def move_to(self, row: int, *, center: bool = False) -> None:
        """Put the cursor on a row (clamped) and scroll it into view."""
        row = max(0, min(row, self.row_count() - 1))
        moved = row != self.cursor
        self.cursor = row
        self.show_row(row, center=center)
        if moved:
            self.refresh()
            self.cursor_moved()

    def show_row(self, row: int, *, center: bool = False) -> None:
        """Scroll so that the row is visible."""
        height = max(1, self.scrollable_content_region.height)
        top = self.scroll_offset.y
        if row < top or row >= top + height:
            below = row - height + 1
            target = row - height // 2 if center else min(row, max(below, top))
            self.scroll_to(y=max(0, target), animate=False, force=True)

    def action_row_down(self) -> None:
        self.move_to(self.cursor + 1)

    def action_row_up(self) -> None:
        self.move_to(self.cursor - 1)

    def action_page(self, direction: int) -> None:
        height = max(1, self.scrollable_content_region.height - 1)
        self.scroll_to(y=self.scroll_offset.y + direction * height, animate=False, force=True)
        self.move_to(self.cursor + direction * height)

    def action_first_row(self) -> None:
        self.move_to(0)

    def action_last_row(self) -> None:
        self.move_to(self.row_count() - 1)

    def action_sideways(self, cells: int) -> None:
        self.scroll_to(x=max(0, self.scroll_offset.x + cells), animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        row = None if offset is None else self.row_at(offset.y)
        if offset is not None and row is not None:
            self.move_to(row)
            self.row_clicked(row, self.scroll_offset.x + offset.x, twice=event.chain == 2)

    def row_at(self, y: int) -> int | None:
        """Return the row painted at line y of the viewport."""
        row = self.scroll_offset.y + y
        return row if row < self.row_count() else None

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
