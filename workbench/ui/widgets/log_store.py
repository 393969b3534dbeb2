"""The lines a LogView holds: bounded, numbered, filtered, grouped, searched. No screen.

Kept in columns: a million objects, one a line, would take twice the memory and hold up a key each
time Python looks for garbage among them.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from time import perf_counter
from typing import NamedTuple

from workbench.ui.widgets.log_rows import Group, GroupedRows, PlainRows, Rows
from workbench.ui.widgets.search_bar import needle_of

_BUDGET_SECONDS = 0.008
"""What one ``take`` may spend on filtering before it lets the screen answer keys."""

_SLICE = 500

_PIECE = 2_000
"""Lines taken over at one time: about a millisecond's work."""


class LogLine(NamedTuple):
    """One line: time in milliseconds since 1970 UTC (0: unknown), text (ANSI allowed), where it
    comes from, the group it belongs to ("": none), and whether it is one of those that only frame
    its group, which the group's heading stands for."""

    time_ms: int
    text: str
    label: str = ""
    group: str = ""
    framing: bool = False


Passes = Callable[[LogLine], bool]


class LogStore:
    """Lines in the order they came, and the rows they make.

    ``add`` only queues; ``take`` takes the queue over, and arranges rows for a moment. A line's
    number never changes, its row does when lines before it are dropped, hidden or grouped.
    """

    def __init__(self, max_lines: int) -> None:
        self._max_lines = max_lines
        self._queue: deque[Sequence[LogLine]] = deque()
        self._waiting = 0
        self._texts: list[str] = []
        self._times = array("q")
        self._labels: list[str] = []
        self._groups: list[str] = []
        self._framing = bytearray()
        self._first = 0  # the number of the first line; those before it were dropped
        self._rows: Rows = PlainRows()
        self._arranged_to = 0  # the number of the first line that is not in the rows yet
        self._hidden, self._case_counts = "", False
        self._passes: Passes | None = None
        self.width = 0
        """Characters of the longest line, about."""

    def __len__(self) -> int:
        return len(self._texts) + self._waiting

    @property
    def waiting(self) -> int:
        """How many lines are queued."""
        return self._waiting

    def add(self, lines: Sequence[LogLine]) -> None:
        """Queue lines. The oldest in the queue go when there are more than the store holds."""
        if len(lines) <= _PIECE:
            self._queue.append(lines)
        else:
            self._queue.extend(lines[at : at + _PIECE] for at in range(0, len(lines), _PIECE))
        self._waiting += len(lines)
        while self._waiting - len(self._queue[0]) > self._max_lines:
            self._waiting -= len(self._queue.popleft())

    @property
    def is_behind(self) -> bool:
        """Is there anything to ``take``?"""
        return bool(self._queue) or not self.is_arranged

    @property
    def is_arranged(self) -> bool:
        """Are all lines that were taken over in the rows?"""
        return self._arranged_to >= self._end

    @property
    def _end(self) -> int:
        return self._first + len(self._texts)

    def take(self) -> bool:
        """Take queued lines over and arrange rows for a moment. Return whether lines were dropped,
        so that rows have other numbers than before."""
        until = perf_counter() + _BUDGET_SECONDS
        while self._queue:
            self._take_over(self._queue.popleft())
            if perf_counter() > until:
                break
        # A tenth more than the limit before anything is dropped: deleting moves all that is left.
        dropped = len(self._texts) > self._max_lines * 1.1
        if dropped:
            self._drop(len(self._texts) - self._max_lines)
        self._arrange(until)
        return dropped

    def _take_over(self, lines: Sequence[LogLine]) -> None:
        self._waiting -= len(lines)
        times, texts, labels, groups, framing = zip(*lines, strict=True) if lines else ((),) * 5
        self._times.extend(times)
        self._texts.extend(texts)
        self._labels.extend(labels)
        self._groups.extend(groups)
        self._framing.extend(framing)
        # The longest decides how far one can scroll to the right; a sample is enough.
        sample = texts if len(texts) < 2_000 else texts[:: len(texts) // 1_000]
        self.width = max(self.width, max(map(len, sample), default=0))

    def _drop(self, count: int) -> None:
        for column in (self._texts, self._times, self._labels, self._groups, self._framing):
            del column[:count]
        self._first += count
        self._rows.drop(self._first)
        self._arranged_to = max(self._arranged_to, self._first)

    def clear(self) -> None:
        """Drop everything."""
        self._queue.clear()
        self._waiting = 0
        self._drop(len(self._texts))
        self.width = 0

    # -- rows -----------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """The number of rows."""
        return len(self._rows)

    @property
    def hidden(self) -> str:
        """The text whose lines are left out."""
        return self._hidden

    @property
    def grouped(self) -> bool:
        """Are lines that belong together shown together?"""
        return isinstance(self._rows, GroupedRows)

    def line_of(self, number: int) -> LogLine:
        """The line of a number."""
        at = number - self._first
        return LogLine(
            self._times[at],
            self._texts[at],
            self._labels[at],
            self._groups[at],
            bool(self._framing[at]),
        )

    def line(self, row: int) -> LogLine | None:
        """The line of a row, None for a heading."""
        number = self._rows.number(row)
        return None if number is None else self.line_of(number)

    def framing(self, row: int) -> list[LogLine]:
        """The lines a heading stands for, or when it has none the first below it; none, when the
        row is a line."""
        group = self._rows.heading(row)
        if group is None:
            return []
        return [self.line_of(number) for number in group.framing or group.numbers[:1]]

    def number(self, row: int) -> int | None:
        """The number by which the place of a row is kept: its line's, or its group's first."""
        if not 0 <= row < len(self._rows):
            return None
        number = self._rows.number(row)
        return number if number is not None else _first_of(self._rows.heading(row))

    def row_of(self, number: int) -> int:
        """The row of a line, or one near it."""
        number = max(number, self._first)
        at = number - self._first
        group = self._groups[at] if at < len(self._groups) else ""
        return self._rows.row_of(number, group)

    def lines(self) -> Iterator[LogLine]:
        """All lines, as they came."""
        return map(LogLine, self._times, self._texts, self._labels, self._groups,
                   map(bool, self._framing))  # fmt: skip

    def newest(self, count: int) -> list[str]:
        """The texts of the last lines that came."""
        return list(self._texts[-count:])

    def snapshot(self) -> Iterator[LogLine]:
        """The lines in the order of their rows, all that headings stand for in their places.

        What comes or goes after the call does not matter: another thread may take its time."""
        order, first = list(self._rows.in_order()), self._first
        times, texts, labels = self._times[:], self._texts[:], self._labels[:]
        places = (number - first for number in order)
        return (LogLine(times[at], texts[at], labels[at]) for at in places)

    def last_of_group(self, prefix: str) -> int | None:
        """The row at which the last group whose name begins so begins."""
        names = [name for name in dict.fromkeys(self._groups) if name.startswith(prefix)]
        if not names:
            return None
        return self.row_of(self._groups.index(names[-1]) + self._first)

    # -- what is shown --------------------------------------------------------------------------

    def hide(self, text: str) -> None:
        """Leave out the lines with text ("" shows all)."""
        self._hidden, self._case_counts = needle_of(text)
        self._begin_anew(grouped=self.grouped)

    def keep(self, passes: Passes | None) -> None:
        """Leave out the lines that do not pass (None shows all)."""
        self._passes = passes
        self._begin_anew(grouped=self.grouped)

    def group(self, grouped: bool) -> None:
        """Show lines that belong together under a heading, or as they came."""
        if grouped != self.grouped:
            self._begin_anew(grouped=grouped)

    def _begin_anew(self, *, grouped: bool) -> None:
        self._rows = GroupedRows() if grouped else PlainRows()
        self._arranged_to = self._first
        self._arrange(perf_counter() + _BUDGET_SECONDS)

    def _arrange(self, until: float) -> None:
        rows, end, first = self._rows, self._end, self._first
        if isinstance(rows, PlainRows) and not self._hidden and self._passes is None:
            rows.numbers = range(first, end)
            self._arranged_to = end
            return
        number = self._arranged_to
        while number < end and perf_counter() < until:
            stop = min(end, number + _SLICE)
            group = self._group_of_all(number - first, stop - first)
            if group is not None:
                rows.add_all(range(number, stop), group)
            else:
                for at in range(number - first, stop - first):
                    framing, passes = bool(self._framing[at]), self._shows(at)
                    rows.add(at + first, self._groups[at], framing=framing, passes=passes)
            number = stop
        self._arranged_to = number

    def _group_of_all(self, begin: int, end: int) -> str | None:
        """The group of the lines from `begin` to `end` (places) when all are of one, and none is
        left out or frames it: in a flood nearly all. Else None."""
        if self._hidden or self._passes is not None or self._framing.find(1, begin, end) >= 0:
            return None
        groups = self._groups[begin:end]
        return groups[0] if groups.count(groups[0]) == len(groups) else None

    def _shows(self, at: int) -> bool:
        if self._hidden:
            text = self._texts[at]
            if self._hidden in (text if self._case_counts else text.lower()):
                return False
        return self._passes is None or self._passes(self.line_of(at + self._first))

    # -- search ---------------------------------------------------------------------------------

    def text(self, row: int) -> str:
        """What is searched in a row; of a heading all it stands for."""
        number = self._rows.number(row)
        if number is not None:
            return self._texts[number - self._first]
        return "\n".join(line.text for line in self.framing(row))

    def search(self, needle: str, case_counts: bool, row: int, step: int) -> Iterator[int | None]:
        """Look for the next (step 1) or previous (-1) row with needle, wrapping at the ends.

        Yields None now and then, so that the caller may do something else, and then the row;
        ends without one when there is none.
        """
        count = self.row_count
        if step > 0:
            order = chain(range(row + 1, count), range(min(row + 1, count)))
        else:
            order = chain(range(row - 1, -1, -1), range(count - 1, max(row, 0) - 1, -1))
        for looked, candidate in enumerate(order, 1):
            if candidate < len(self._rows):
                text = self.text(candidate)
                if needle in (text if case_counts else text.lower()):
                    yield candidate
                    return
            if not looked % _SLICE:
                yield None


def _first_of(group: Group | None) -> int | None:
    return None if group is None else min([*group.framing[:1], *group.numbers[:1]])
