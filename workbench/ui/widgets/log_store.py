"""The lines a LogView holds: bounded, numbered, filtered, searched. No screen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from time import perf_counter

from workbench.ui.widgets.search_bar import needle_of

_BUDGET_SECONDS = 0.015
"""What one ``take`` may spend on filtering before it lets the screen answer keys."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: time in milliseconds since 1970 UTC, text (ANSI allowed), where it comes from."""

    time_ms: int
    text: str
    label: str = ""


class LogStore:
    """Lines in the order they came, those with the hidden text left out of the rows.

    ``add`` only queues; ``take`` takes the queue over. A line's number never changes, its row does
    when lines before it are dropped or hidden.
    """

    def __init__(self, max_lines: int) -> None:
        self._max_lines = max_lines
        self._queue: deque[Sequence[LogLine]] = deque()
        self.lines: list[LogLine] = []
        self._dropped = 0  # lines that fell off the beginning
        self._hidden = ""
        self._case_counts = False
        self._shown: list[int] = []  # numbers of the lines that pass the filter
        self._filtered_to = 0  # the number of the first line not yet looked at
        self.width = 0
        """Characters of the longest line, about."""

    def __len__(self) -> int:
        return len(self.lines) + sum(map(len, self._queue))

    def add(self, lines: Sequence[LogLine]) -> None:
        """Queue lines."""
        self._queue.append(lines)

    @property
    def is_behind(self) -> bool:
        """Is there anything to ``take``?"""
        behind = self._filtered_to < self._dropped + len(self.lines)
        return bool(self._queue) or (bool(self._hidden) and behind)

    def take(self) -> int:
        """Take queued lines over, filter for a moment. Return how many first rows are gone."""
        while self._queue:
            batch = self._queue.popleft()
            self.lines.extend(batch)
            # The longest decides how far one can scroll to the right; a sample is enough.
            sample = batch if len(batch) < 2_000 else batch[:: len(batch) // 1_000]
            self.width = max(self.width, max((len(line.text) for line in sample), default=0))
        gone = 0
        # A tenth more than the limit before anything is dropped: deleting moves the whole list.
        if len(self.lines) > self._max_lines * 1.1:
            gone = self._drop(len(self.lines) - self._max_lines)
        if self._hidden:
            self._filter()
        return gone

    def _drop(self, count: int) -> int:
        del self.lines[:count]
        self._dropped += count
        if not self._hidden:
            return count
        gone = bisect_left(self._shown, self._dropped)
        del self._shown[:gone]
        self._filtered_to = max(self._filtered_to, self._dropped)
        return gone

    def clear(self) -> None:
        """Drop everything."""
        self._queue.clear()
        self.lines.clear()
        self._shown.clear()
        self._filtered_to = self._dropped
        self.width = 0

    # -- rows -----------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """The number of lines that are not hidden."""
        return len(self._shown) if self._hidden else len(self.lines)

    def line(self, row: int) -> LogLine:
        """Return the line of a row."""
        return self.lines[self._shown[row] - self._dropped if self._hidden else row]

    def hide(self, text: str, row: int) -> int:
        """Hide the lines with text ("" shows all). Return the new row of what was at row."""
        if self._hidden:
            number = self._shown[row] if row < len(self._shown) else self._dropped
        else:
            number = self._dropped + row
        self._hidden, self._case_counts = needle_of(text)
        self._shown = []
        self._filtered_to = self._dropped
        if not self._hidden:
            return number - self._dropped
        self._filter()
        return max(0, bisect_right(self._shown, number) - 1)

    def _filter(self) -> None:
        until = perf_counter() + _BUDGET_SECONDS
        lines, dropped = self.lines, self._dropped
        end = dropped + len(lines)
        number = self._filtered_to
        while number < end and perf_counter() < until:
            for line in lines[number - dropped : number - dropped + 1_000]:
                text = line.text
                if self._hidden not in (text if self._case_counts else text.lower()):
                    self._shown.append(number)
                number += 1
        self._filtered_to = number

    def find(self, needle: str, case_counts: bool, row: int, step: int) -> int | None:
        """Return the next (step 1) or previous (-1) row with needle. Wraps at the ends."""
        count = self.row_count
        if step > 0:
            order = chain(range(row + 1, count), range(row + 1))
        else:
            order = chain(range(row - 1, -1, -1), range(count - 1, row - 1, -1))
        for candidate in order:
            text = self.line(candidate).text
            if needle in (text if case_counts else text.lower()):
                return candidate
        return None
