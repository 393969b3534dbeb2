"""LogLines: what a LogView shows and scrolls; it has the focus and the keys."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.strip import Strip

from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.log_store import LogStore
from workbench.ui.widgets.log_text import LINE_LIMIT, TIME_CELLS, LogLook
from workbench.ui.widgets.pace import Pace
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.search_bar import needle_of
from workbench.ui.widgets.strips import wrapped

if TYPE_CHECKING:
    from workbench.ui.widgets.log_view import LogView

_DRAIN_SECONDS = 0.04
_SEARCH_SECONDS = 0.015


class LogLines(LineView):
    """The lines of a LogView."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "toggle_follow", "Follow", show=False, id="logs.follow"),
        Binding("w", "toggle_wrap", "Wrap", show=False, id="logs.wrap"),
        Binding("t", "toggle_times", "Times", show=False, id="logs.times"),
        Binding("c", "clear", "Clear", show=False, id="logs.clear"),
        Binding("enter", "select", "Open", show=False, id="logs.select"),
        Binding("m", "mark", "Mark", show=False, id="logs.mark"),
        Binding("right_square_bracket", "next_mark(1)", show=False, id="logs.next-mark"),
        Binding("left_square_bracket", "next_mark(-1)", show=False, id="logs.previous-mark"),
        Binding("slash", "open_search", "Search", show=False, id="logs.search"),
        Binding("n", "next_match(1)", "Next", show=False, id="logs.next"),
        Binding("N", "next_match(-1)", "Previous", show=False, id="logs.previous"),
    ]

    def __init__(self, view: LogView, store: LogStore) -> None:
        super().__init__()
        self._view = view
        self.store = store
        self.look = LogLook()
        self.following = True
        self.paused = False
        self.wrapping = False
        self.marks: set[int] = set()
        self._anchor: int | None = None  # the line the cursor comes back to, when it has a row
        self._searching: Iterator[int | None] | None = None
        self._page: list[tuple[int, Strip]] = []
        self._pace = Pace()

    def on_mount(self) -> None:
        self.set_interval(_DRAIN_SECONDS, self._drain)

    # -- taking lines ---------------------------------------------------------------------------

    def _drain(self) -> None:
        if self._searching is not None:
            self._search_on()
        if self.paused:
            self._view.tell_waiting(self.store.waiting)
        if not self.store.is_behind or (self.paused and self.store.is_arranged):
            if self._pace.is_behind and self._is_due():
                self.layout_changed()
            return
        top, before = self.scroll_offset.y, self.store.waiting
        kept = self.store.number(self.cursor) if self._anchor is None else self._anchor
        moves = self.store.grouped  # a line may come above others
        dropped = self.store.take()
        self._pace.come(before - self.store.waiting)
        if dropped or moves or self._anchor is not None:
            if kept is not None and not self.following:
                row = self.store.row_of(kept)
                self.scroll_to(y=max(0, top + row - self.cursor), animate=False, force=True)
                self.cursor = row
            if self.store.is_arranged:
                self._anchor = None
        if dropped or not self.following or self._is_due():
            self.layout_changed()

    def _is_due(self) -> bool:
        return self._pace.is_due(self.scrollable_content_region.height)

    def rearrange(self, kept: int | None) -> None:
        """Other rows stand for the lines: put the cursor where the line `kept` is now."""
        self._anchor = None if self.store.is_arranged else kept
        if kept is not None:
            self.cursor = self.store.row_of(kept)
        self._searching = None
        self.layout_changed()
        self.show_row(self.cursor)

    def place(self) -> int | None:
        """What `rearrange` takes: where the cursor is now."""
        return self.store.number(self.cursor) if self._anchor is None else self._anchor

    def forget(self) -> None:
        """Drop everything."""
        self.store.clear()
        self.marks.clear()
        self.cursor = 0
        self._searching = self._anchor = None
        self.layout_changed()

    def layout_changed(self) -> None:
        """Take over the number of rows, stay at the end when following, repaint."""
        self._pace.painted()
        count = self.row_count()
        self._view.show_emptiness(count == 0)
        if not self.is_mounted or not self.size.height:
            return
        height = self.scrollable_content_region.height
        if self.wrapping:
            # In rows that wrap, the unit of scrolling is the line: the last position is the one
            # from which the lines up to the end just fit.
            size = Size(0, self._last_top(height) + height)
        else:
            gutter = TIME_CELLS if self.look.times else 0
            gutter += max(map(len, self.look.labels), default=0) + 1
            size = Size(min(self.store.width, LINE_LIMIT) + gutter + 12, count)
        self.set_extent(size)
        if self.following:
            self.cursor = max(0, count - 1)
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self.layout_changed()

    # -- painting -------------------------------------------------------------------------------

    def row_count(self) -> int:
        return self.store.row_count

    def paint_row(self, row: int) -> list[Segment]:
        line = self.store.line(row)
        colors = palette(self)
        marked = bool(self.marks) and self.store.number(row) in self.marks
        if line is None:
            framing = self.store.framing(row)
            words, kind = self._view.heading(framing)
            text = self.look.heading(framing[0], words, kind, colors, marked=marked)
        else:
            text = self.look.text(line, self._view.classify(line), colors, marked=marked)
        return [segment for segment in text.render(self.app.console) if segment.text]

    def _wrapped(self, row: int, width: int) -> list[Strip]:
        return wrapped(Strip(self.paint_row(row)), width)

    def _last_top(self, height: int) -> int:
        width = max(8, self.scrollable_content_region.width)
        row = self.row_count()
        used = 0
        while row > 0:
            used += len(self._wrapped(row - 1, width))
            if used > height:
                break
            row -= 1
        return min(row, max(0, self.row_count() - 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        self._page = self._wrapped_page() if self.wrapping else []
        return super().render_lines(crop)

    def _wrapped_page(self) -> list[tuple[int, Strip]]:
        page: list[tuple[int, Strip]] = []
        row = self.scroll_offset.y
        width = max(8, self.scrollable_content_region.width)
        while row < self.row_count() and len(page) < self.scrollable_content_region.height:
            page.extend((row, strip) for strip in self._wrapped(row, width))
            row += 1
        return page

    def render_line(self, y: int) -> Strip:
        if not self.wrapping:
            return super().render_line(y)
        base = self.rich_style
        width = self.scrollable_content_region.width
        if y >= len(self._page):
            return Strip.blank(width, base)
        row, strip = self._page[y]
        post = self.cursor_style() if row == self.cursor else None
        strip = strip.crop_extend(0, width, None)
        return Strip(Segment.apply_style(strip, base, post), width)

    # -- moving ---------------------------------------------------------------------------------

    def show_row(self, row: int, *, center: bool = False) -> None:
        """Scroll so that the row is visible; in wrapped lines from its beginning."""
        if not self.wrapping:
            super().show_row(row, center=center)
            return
        rows = [shown for shown, _ in self._wrapped_page()]
        whole = rows and (rows[-1] != row or row == self.row_count() - 1)
        if row not in rows or not whole:
            top = self.scroll_offset.y
            self.scroll_to(y=row if row < top or center else top + 1, animate=False, force=True)
            if row > top and row not in [shown for shown, _ in self._wrapped_page()]:
                self.scroll_to(y=row, animate=False, force=True)

    def move_to(self, row: int, *, center: bool = False) -> None:
        """Put the cursor on a row: going up stops following, reaching the end resumes it."""
        if row < self.cursor:
            self.set_follow(False)
        super().move_to(row, center=center)

    def go_to(self, row: int) -> None:
        """Put the cursor on a row that was looked for."""
        self.set_follow(False)
        self.move_to(row, center=True)

    def action_last_row(self) -> None:
        self.set_follow(True)

    def row_clicked(self, row: int, x: int, *, twice: bool) -> None:
        self.set_follow(False)
        if twice:
            self.action_select()

    def row_at(self, y: int) -> int | None:
        if not self.wrapping:
            return super().row_at(y)
        return self._page[y][0] if y < len(self._page) else None

    def on_mouse_scroll_up(self) -> None:
        self.set_follow(False)

    def set_follow(self, follow: bool) -> None:
        """Stay at the end, or stay where we are."""
        if follow != self.following:
            self.following = follow
            self._view.tell_follow(follow)
        if follow:
            self._view.paused = False
            self.layout_changed()

    def action_toggle_follow(self) -> None:
        self.set_follow(not self.following)

    def action_toggle_wrap(self) -> None:
        self._view.wrap = not self.wrapping

    def action_toggle_times(self) -> None:
        self._view.show_times = not self.look.times

    def action_clear(self) -> None:
        self.forget()

    def action_select(self) -> None:
        if self.cursor < self.row_count():
            line = self.store.line(self.cursor)
            self._view.tell_selected([line] if line else self.store.framing(self.cursor))

    # -- marks ----------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark the line, or take its mark away."""
        number = self.store.number(self.cursor)
        if number is not None:
            self.marks ^= {number}
            self.set_follow(False)
            self.refresh()

    def action_next_mark(self, step: int) -> None:
        """Go to the next or previous mark."""
        rows = sorted({self.store.row_of(number) for number in self.marks})
        ahead = [row for row in rows[::step] if (row - self.cursor) * step > 0]
        if rows:
            self.go_to(ahead[0] if ahead else rows[::step][0])

    # -- search ---------------------------------------------------------------------------------

    def action_open_search(self) -> None:
        self._view.search_bar.open()

    def search(self, text: str) -> bool:
        """Mark text and go to the last line with it; ``!text`` hides the lines with it."""
        hidden = text[1:] if text.startswith("!") else ""
        self.look.needle, self.look.case_counts = needle_of("" if hidden else text)
        if hidden or not text:
            if hidden != self.store.hidden:
                kept = self.place()
                self.store.hide(hidden)
                self.rearrange(kept)
            self._searching = None
            self.refresh()
            if hidden:
                self._view.search_bar.show_result("lines with it are hidden, esc shows them")
            return bool(hidden)
        self.refresh()
        return self._begin_search(self.row_count(), -1)

    def action_next_match(self, step: int) -> None:
        if self.look.needle:
            self._begin_search(self.cursor, step)

    def _begin_search(self, row: int, step: int) -> bool:
        look = self.look
        self._searching = self.store.search(look.needle, look.case_counts, row, step)
        return self._search_on()

    def _search_on(self) -> bool:
        """Go on searching for a moment; a million lines take several. Returns whether found."""
        assert self._searching is not None
        bar = self._view.search_bar
        until = perf_counter() + _SEARCH_SECONDS
        for found in self._searching:
            if found is not None:
                self._searching = None
                self.go_to(found)
                bar.status(f"line {found + 1:,} of {self.row_count():,}")
                return True
            if perf_counter() > until:
                bar.status("searching …")
                return False
        self._searching = None
        bar.status("✗ not found")
        return False
