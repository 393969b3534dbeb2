"""The events of one function that are due: which is next, and how many may run at once.

When Lambda throttles a function's events it reads its queue more slowly (lambda-facts §6): a lane
then pauses, longer each time, and runs fewer events at once until some have gone well.
"""

from __future__ import annotations

from collections import deque

from workbench.local.delivery.outcomes import FIRST_PAUSE, LONGEST_PAUSE

AT_ONCE = 10
"""Events of one function that run at the same time, at most."""
AHEAD = 500
"""Ids of events a lane knows ahead; the rest waits on disk."""
_WELL = 10  # events that go well before one more runs at once


class Lane:
    """`ready` are ids of due events, `taken` of those that run or are over but not yet removed.

    `more` says that due events may be on disk that are not in `ready`; `next_due` is when the
    next that is not due yet comes, or infinity.
    """

    def __init__(self, function: str) -> None:
        self.function = function
        self.ready: deque[int] = deque()
        self.taken: set[int] = set()
        self.running = 0
        self.more = False
        self.next_due = float("inf")
        self.paused_until = 0.0
        self._at_once = AT_ONCE
        self._pause = FIRST_PAUSE
        self._well = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing left to do or to wait for."""
        return not (self.ready or self.taken or self.more or self.next_due < float("inf"))

    def has_room(self, now: float) -> bool:
        """Whether one more may run now."""
        return self.running < self._at_once and now >= self.paused_until

    def started(self, id: int) -> None:
        """An event runs."""
        self.running += 1
        self.taken.add(id)
        self._pause = FIRST_PAUSE

    def ended(self) -> None:
        """An event has run: there is room for another."""
        self.running -= 1
        self.paused_until = 0.0
        self._well += 1
        if self._well >= _WELL and self._at_once < AT_ONCE:
            self._at_once += 1
            self._well = 0

    def throttled(self) -> float:
        """An event could not run; returns how many seconds to wait before the next attempt."""
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        self._at_once = max(1, self.running)
        self._well = 0
        return pause
