"""LogView: a tail of log lines that takes bursts of any size without holding up a key.

``append`` only queues; a timer takes the queue over 25 times a second. With wrap on, the view
scrolls by whole lines: a line taller than the view shows its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.log_store import LogLine, LogStore
from workbench.ui.widgets.log_text import LINE_LIMIT, TIME_CELLS, log_text
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.search_bar import SearchBar, needle_of
from workbench.ui.widgets.strips import wrapped

__all__ = ["Classifier", "LogLine", "LogView"]

_DRAIN_SECONDS = 0.04
Classifier = Callable[[LogLine], str]
"""Gives a line's style: "platform", "debug", "warning", "error" or "" (plain)."""


class LogView(Vertical):
    """A bounded, searchable tail of log lines. s follow, w wrap, t times, c clear, / search."""

    DEFAULT_CSS = """
    LogView { height: 1fr; width: 1fr; layers: below above; }
    LogView > .log-empty {
        layer: above; width: 1fr; height: auto; color: $text-muted; padding: 1 2;
        background: $surface;
    }
    """

    class FollowChanged(Message):
        """Following the end was switched on or off (scrolling up switches it off)."""

        def __init__(self, view: LogView, following: bool) -> None:
            super().__init__()
            self.view = view
            self.following = following

        @property
        def control(self) -> Widget:
            return self.view

    class Cleared(Message):
        """The user cleared the view."""

        def __init__(self, view: LogView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> Widget:
            return self.view

    class LineSelected(Cleared):
        """Enter or a double click on a line."""

        def __init__(self, view: LogView, line: LogLine) -> None:
            super().__init__(view)
            self.line = line

    def __init__(
        self,
        classify: Classifier | None = None,
        *,
        max_lines: int = 1_000_000,
        empty: str = "No log lines yet.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.tail = LogLines(self, classify or (lambda line: ""), max_lines)
        self._empty = Static(empty, classes="log-empty", markup=False)

    def compose(self) -> ComposeResult:
        yield self.tail
        yield self._empty
        yield SearchBar("text to find, or !text to hide lines with it")

    # -- public ---------------------------------------------------------------------------------

    def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines at the end. Cheap; they are seen within a twenty-fifth of a second."""
        self.tail.store.add(lines)

    def clear(self) -> None:
        """Forget all lines."""
        self.tail.forget()

    def search(self, text: str) -> bool:
        """Mark text and go to the last line with it; ``!text`` hides the lines with it."""
        return self.tail.search(text)

    @property
    def line_count(self) -> int:
        """The number of lines held, those just appended included."""
        return len(self.tail.store)

    def lines(self) -> Iterator[LogLine]:
        """Yield the lines held, oldest first."""
        yield from self.tail.store.lines

    @property
    def follow(self) -> bool:
        """Does the view stay at the end?"""
        return self.tail.following

    @follow.setter
    def follow(self, value: bool) -> None:
        self.tail.set_follow(value)

    @property
    def wrap(self) -> bool:
        """Are long lines wrapped?"""
        return self.tail.wrapping

    @wrap.setter
    def wrap(self, value: bool) -> None:
        self.tail.wrapping = value
        self.tail.layout_changed()

    @property
    def show_times(self) -> bool:
        """Is each line's time shown?"""
        return self.tail.times

    @show_times.setter
    def show_times(self, value: bool) -> None:
        self.tail.times = value
        self.tail.layout_changed()

    def focus(self, scroll_visible: bool = True) -> LogView:
        """Focus the lines."""
        self.tail.focus(scroll_visible)
        return self

    def show_emptiness(self, empty: bool) -> None:
        """Show or hide the words for "no lines"."""
        if self._empty.display != empty:
            self._empty.display = empty

    @on(SearchBar.Changed)
    @on(SearchBar.Submitted)
    @on(SearchBar.Closed)
    def _on_search(self, event: Message) -> None:
        event.stop()
        if isinstance(event, SearchBar.Submitted):
            self.tail.focus()
            self.tail.search(event.text)
            if not event.text:
                self.query_one(SearchBar).close()
        elif isinstance(event, SearchBar.Closed):
            self.tail.search("")
            self.tail.focus()


class LogLines(LineView):
    """The lines of a LogView; it has the focus and the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "toggle_follow", "Follow", show=False, id="logs.follow"),
        Binding("w", "toggle_wrap", "Wrap", show=False, id="logs.wrap"),
        Binding("t", "toggle_times", "Times", show=False, id="logs.times"),
        Binding("c", "clear", "Clear", show=False, id="logs.clear"),
        Binding("enter", "select", "Open", show=False, id="logs.select"),
        Binding("slash", "open_search", "Search", show=False, id="logs.search"),
        Binding("n", "next_match(1)", "Next", show=False, id="logs.next"),
        Binding("N", "next_match(-1)", "Previous", show=False, id="logs.previous"),
    ]

    def __init__(self, view: LogView, classify: Classifier, max_lines: int) -> None:
        super().__init__()
        self._view = view
        self._classify = classify
        self.store = LogStore(max_lines)
        self.following = True
        self.wrapping = False
        self.times = True
        self._needle = ""
        self._case_counts = False
        self._page: list[tuple[int, Strip]] = []

    def on_mount(self) -> None:
        self.set_interval(_DRAIN_SECONDS, self._drain)

    # -- taking lines ---------------------------------------------------------------------------

    def _drain(self) -> None:
        if not self.store.is_behind:
            return
        gone = self.store.take()
        if gone:
            self.cursor = max(0, self.cursor - gone)
            if not self.following:
                top = max(0, self.scroll_offset.y - gone)
                self.scroll_to(y=top, animate=False, force=True)
        self.layout_changed()

    def forget(self) -> None:
        """Drop everything."""
        self.store.clear()
        self.cursor = 0
        self.layout_changed()

    def layout_changed(self) -> None:
        """Take over the number of rows, stay at the end when following, repaint."""
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
            gutter = TIME_CELLS if self.times else 0
            size = Size(min(self.store.width, LINE_LIMIT) + gutter + 12, count)
        if size != self.virtual_size:
            self.virtual_size = size
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
        text = log_text(
            line,
            self._classify(line),
            palette(self),
            times=self.times,
            needle=self._needle,
            case_counts=self._case_counts,
        )
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
            self._view.post_message(LogView.FollowChanged(self._view, follow))
        if follow:
            self.layout_changed()

    def action_toggle_follow(self) -> None:
        self.set_follow(not self.following)

    def action_toggle_wrap(self) -> None:
        self._view.wrap = not self.wrapping

    def action_toggle_times(self) -> None:
        self._view.show_times = not self.times

    def action_clear(self) -> None:
        self.forget()
        self._view.post_message(LogView.Cleared(self._view))

    def action_select(self) -> None:
        if self.cursor < self.row_count():
            line = self.store.line(self.cursor)
            self._view.post_message(LogView.LineSelected(self._view, line))

    # -- search ---------------------------------------------------------------------------------

    def action_open_search(self) -> None:
        self._view.query_one(SearchBar).open()

    def search(self, text: str) -> bool:
        """Mark text and go to the last line with it; ``!text`` hides the lines with it."""
        bar = self._view.query_one(SearchBar)
        hidden = text[1:] if text.startswith("!") else ""
        if hidden or not text:
            self._needle = ""
            self.cursor = self.store.hide(hidden, self.cursor)
            self.layout_changed()
            self.show_row(self.cursor)
            if hidden:
                bar.show_result("lines with it are hidden, / esc shows them")
            return bool(hidden)
        self._needle, self._case_counts = needle_of(text)
        self.refresh()
        return self._go_to_match(-1, self.row_count())

    def action_next_match(self, step: int) -> None:
        if self._needle:
            self._go_to_match(step, self.cursor)

    def _go_to_match(self, step: int, row: int) -> bool:
        bar = self._view.query_one(SearchBar)
        found = self.store.find(self._needle, self._case_counts, row, step)
        if found is None:
            bar.status("✗ not found")
            return False
        self.set_follow(False)
        self.move_to(found, center=True)
        bar.status(f"line {found + 1:,} of {self.row_count():,}")
        return True
