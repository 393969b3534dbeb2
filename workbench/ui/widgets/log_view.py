"""LogView: a tail of log lines that takes bursts of any size without holding up a key.

``append`` only queues; a timer takes the queue over 25 times a second, and has it painted as often,
or a few times a second when lines come faster than anyone reads. With wrap on, the view
scrolls by whole lines: a line taller than the view shows its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from workbench.ui.widgets.log_lines import LogLines
from workbench.ui.widgets.log_store import LogLine, LogStore, Passes
from workbench.ui.widgets.search_bar import SearchBar

__all__ = ["Classifier", "Heading", "LogLine", "LogView"]

Classifier = Callable[[LogLine], str]
"""Gives a line's style: "platform", "debug", "warning", "error" or "" (plain)."""

Heading = Callable[[Sequence[LogLine]], tuple[str, str]]
"""Gives a group's heading and its style, from the lines that frame the group."""


class LogView(Vertical):
    """A bounded, searchable tail of log lines. s follow, w wrap, t times, m mark, / search."""

    DEFAULT_CSS = """
    LogView { height: 1fr; width: 1fr; layers: below above; }
    LogView > .log-empty {
        layer: above; width: 1fr; height: auto; color: $text-muted; padding: 1 2;
        background: $surface;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end_search", "End the search", show=False, id="logs.end-search"),
    ]

    @dataclass
    class FollowChanged(Message):
        """Following the end was switched on or off (scrolling up switches it off)."""

        following: bool

    @dataclass
    class Waiting(Message):
        """While the view is paused: so many lines wait to be shown now."""

        count: int

    @dataclass
    class LineSelected(Message):
        """Enter or a double click on a line, or on a heading: `lines` are those it stands for."""

        lines: Sequence[LogLine]

    def __init__(
        self,
        classify: Classifier | None = None,
        heading: Heading | None = None,
        *,
        max_lines: int = 1_000_000,
        empty: str = "No log lines yet.",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.classify = classify or (lambda line: "")
        self.heading = heading or (lambda lines: (lines[0].text, "platform"))
        self.store = LogStore(max_lines)
        self.tail = LogLines(self, self.store)
        self.search_bar = SearchBar("text to find, or !text to hide lines with it")
        self._nothing = empty
        self._empty = Static(empty, classes="log-empty", markup=False)
        self._waiting = 0

    def compose(self) -> ComposeResult:
        yield self.tail
        yield self._empty
        yield self.search_bar

    # -- public ---------------------------------------------------------------------------------

    def append(self, lines: Sequence[LogLine]) -> None:
        """Add lines at the end. Cheap; they are seen within a twenty-fifth of a second, in a flood
        within half a second."""
        self.store.add(lines)

    def clear(self) -> None:
        """Forget all lines."""
        self.tail.forget()

    def search(self, text: str) -> bool:
        """Mark text and go to the last line with it; ``!text`` hides the lines with it.

        Returns whether it was found at once: among very many lines the search goes on."""
        return self.tail.search(text)

    def keep(self, passes: Passes | None) -> None:
        """Show only the lines that pass; None shows all."""
        kept = self.tail.place()
        self.store.keep(passes)
        self.tail.rearrange(kept)

    def go_to_group(self, prefix: str) -> bool:
        """Put the cursor on the last group whose name begins so; False when there is none."""
        row = self.store.last_of_group(prefix)
        if row is not None:
            self.tail.go_to(row)
        return row is not None

    def marked_lines(self) -> list[str]:
        """The texts of the rows from the first mark to the last; none with fewer than two."""
        rows = sorted(self.store.row_of(number) for number in self.tail.marks)
        if len(rows) < 2:
            return []
        return [self.store.text(row) for row in range(rows[0], rows[-1] + 1)]

    @property
    def current(self) -> LogLine | None:
        """The line with the cursor; of a heading the first it stands for."""
        if self.tail.cursor >= self.store.row_count:
            return None
        line = self.store.line(self.tail.cursor)
        return line or self.store.framing(self.tail.cursor)[0]

    @property
    def line_count(self) -> int:
        """The number of lines held, those just appended included."""
        return len(self.store)

    def lines(self) -> Iterator[LogLine]:
        """Yield the lines held, oldest first."""
        yield from self.store.lines()

    @property
    def follow(self) -> bool:
        """Does the view stay at the end?"""
        return self.tail.following

    @follow.setter
    def follow(self, value: bool) -> None:
        self.tail.set_follow(value)

    @property
    def paused(self) -> bool:
        """Do new lines wait?"""
        return self.tail.paused

    @paused.setter
    def paused(self, value: bool) -> None:
        self.tail.paused = value
        self.tell_waiting(0)

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
        return self.tail.look.times

    @show_times.setter
    def show_times(self, value: bool) -> None:
        self.tail.look.times = value
        self.tail.layout_changed()

    @property
    def fold(self) -> bool:
        """Are JSON lines shown as their message?"""
        return self.tail.look.fold

    @fold.setter
    def fold(self, value: bool) -> None:
        self.tail.look.fold = value
        self.tail.layout_changed()

    @property
    def grouped(self) -> bool:
        """Are lines that belong together shown together, under a heading?"""
        return self.store.grouped

    @grouped.setter
    def grouped(self, value: bool) -> None:
        kept = self.tail.place()
        self.store.group(value)
        self.tail.rearrange(kept)

    def name_labels(self, labels: Sequence[str]) -> None:
        """The labels that lines have: each gets a colour of its own."""
        self.tail.look.labels = {label: number for number, label in enumerate(labels)}
        self.tail.layout_changed()

    def focus(self, scroll_visible: bool = True) -> LogView:
        """Focus the lines."""
        self.tail.focus(scroll_visible)
        return self

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is ours only while there is a search to end."""
        return self.search_bar.has_class("-open") if action == "end_search" else True

    def action_end_search(self) -> None:
        """Look for nothing and hide nothing any more."""
        self.search_bar.action_close()

    # -- what the lines tell --------------------------------------------------------------------

    def show_emptiness(self, empty: bool) -> None:
        """Show or hide the words for "no lines", or for none that is shown."""
        if empty:
            hidden = f"All {self.line_count:,} lines are left out: by the level or the search."
            self._empty.update(hidden if self.line_count else self._nothing)
        if self._empty.display != empty:
            self._empty.display = empty

    def tell_follow(self, following: bool) -> None:
        """Following was switched."""
        self.post_message(self.FollowChanged(following))

    def tell_waiting(self, count: int) -> None:
        """So many lines wait."""
        if count != self._waiting:
            self._waiting = count
            self.post_message(self.Waiting(count))

    def tell_selected(self, lines: Sequence[LogLine]) -> None:
        """A row was selected."""
        self.post_message(self.LineSelected(lines))

    @on(SearchBar.Changed)
    @on(SearchBar.Submitted)
    @on(SearchBar.Closed)
    def _on_search(self, event: Message) -> None:
        event.stop()
        if isinstance(event, SearchBar.Submitted):
            self.tail.focus()
            self.tail.search(event.text)
            if not event.text:
                self.search_bar.close()
        elif isinstance(event, SearchBar.Closed):
            self.tail.search("")
            self.tail.focus()
