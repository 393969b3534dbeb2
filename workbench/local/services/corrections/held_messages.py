"""The messages of a queue: found by their handles and by when they can be seen.

A FIFO queue knows which of its groups wait for a message that is in flight. Each change of a
message is kept (keeping/queues.py).
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from workbench.local.services.keeping import keep
from workbench.local.services.keeping.queues import message_part, time_part

_HANDLES_REMEMBERED = 50_000  # of deleted messages: deleting one again is no error
_DEDUPLICATION_SECONDS = 300.0
_FIRST_SEQUENCE = 18_850_000_000_000_000_000  # 20 digits, as AWS's
_LONGEST_WAIT = 1.0  # a clock may be set
_STALE = 1_000  # messages that are put off no more, before they are sorted out

# By the clock, so that those of an earlier run were smaller.
_sequence = itertools.count(_FIRST_SEQUENCE + time.time_ns() // 1000)


@dataclass(slots=True, eq=False)
class _Held:
    """A message in a queue. `due` is when it can be seen (epoch seconds) unless it is ready."""

    message: Any
    place: int
    state: Literal["ready", "hidden", "delayed", "gone"]
    due: float = 0.0


class HeldMessages:
    """All messages of one queue, the oldest first. Any thread may call."""

    def __init__(self, fifo: bool) -> None:
        self.fifo = fifo
        self._changed = threading.Condition()
        self._places = itertools.count()
        self._by_handle: dict[str, _Held] = {}
        self._deleted: dict[str, None] = {}  # handles
        self._later: list[tuple[float, int, _Held]] = []
        self._ready: dict[str, list[tuple[int, _Held]]] = {}  # by group, "" in standard queues
        self._in_flight: Counter[str] = Counter()  # by group, of FIFO queues
        self._states: Counter[str] = Counter()
        self._sent: dict[str, float] = {}  # deduplication ids and when they came

    def add(self, message: Any, *left: tuple[str, int, None]) -> None:
        """Take a message in, unless a FIFO queue had its like in the last five minutes. `left` is
        the part that it was in another queue."""
        with self._changed:
            now = time.time()
            if self.fifo:
                if message.deduplication_id and self._is_duplicate(message.deduplication_id, now):
                    keep.put(*left)
                    return
                message.sequence_number = str(next(_sequence))
            held = _Held(message, next(self._places), "gone")
            delayed = message.delayed_until / 1000
            if delayed > now:
                self._put_off(held, "delayed", delayed)
            else:
                self._make_ready(held)
            self._keep(held, *left)
            self._changed.notify_all()

    def _is_duplicate(self, id: str, now: float) -> bool:
        owner = keep.owner_of(self)
        for known, sent in list(itertools.islice(self._sent.items(), 2)):
            if now - sent >= _DEDUPLICATION_SECONDS:  # the oldest are first
                del self._sent[known]
                if owner is not None:
                    keep.put((owner, known, None))
        if now - self._sent.get(id, 0.0) < _DEDUPLICATION_SECONDS:
            return True
        self._sent[id] = now
        if owner is not None:
            keep.put((owner, id, time_part(now)))
        return False

    def remember(self, id: str, sent: float) -> None:
        """A deduplication id came in an earlier run, at `sent` (epoch seconds)."""
        self._sent[id] = sent

    def hold_again(
        self, message: Any, place: int, state: Literal["ready", "hidden", "delayed"], due: float
    ) -> None:
        """Take in a message of an earlier run, in the order of their places."""
        with self._changed:
            held = _Held(message, place, "gone")
            for handle in message.all_receipt_handles:
                if handle:
                    self._by_handle[handle] = held
            if state == "ready":
                self._make_ready(held)
            else:
                self._put_off(held, state, due)
            self._places = itertools.count(place + 1)

    def receive(self, queue: Any, count: int, wait: float, visibility: int) -> list[Any]:
        """Up to `count` messages, waiting `wait` seconds for the first; hidden from now on for
        `visibility` seconds. What was received too often goes to the dead-letter queue."""
        until = time.monotonic() + wait
        while True:
            with self._changed:
                taken, dead = self._next(queue, count, until)
                for held in taken:
                    self._hide(held, visibility)
            # Without the lock: two queues may be each other's dead-letter queue.
            for held in dead:
                held.message.visible_at = 0.0
                held_by(queue.dead_letter_queue).add(held.message, *self._left(held))
            if taken or not dead or time.monotonic() >= until:
                return [held.message for held in taken]

    def delete(self, handle: str) -> bool:
        """Remove the message that was received with this handle; False when none was."""
        with self._changed:
            held = self._by_handle.get(handle)
            if held is None:
                return handle in self._deleted
            for known in held.message.all_receipt_handles:
                if known and self._by_handle.pop(known, None):
                    self._deleted[known] = None
            while len(self._deleted) > _HANDLES_REMEMBERED:
                del self._deleted[next(iter(self._deleted))]
            self._leave(held)
            keep.put(*self._left(held))
            self._changed.notify_all()
            return True

    def show_in(self, handle: str, seconds: int) -> Any:
        """Hide a message that is in flight for `seconds` from now; it, or None when there is no
        such message."""
        with self._changed:
            held = self._by_handle.get(handle)
            if held is None:
                return None
            self._wake()
            if held.state == "hidden":
                held.message.change_visibility(seconds)
                self._leave(held)
                if seconds:
                    self._put_off(held, "hidden", time.time() + seconds)
                else:
                    self._make_ready(held)
                self._keep(held)
                self._changed.notify_all()
            return held.message

    def clear(self) -> None:
        """Remove all messages."""
        with self._changed:
            for held in self._all():
                held.state = "gone"
                keep.put(*self._left(held))
            self._by_handle.clear()
            self._later.clear()
            self._ready.clear()
            self._in_flight.clear()
            self._states.clear()

    def count(self, state: Literal["ready", "hidden", "delayed"]) -> int:
        """How many messages can be seen, are in flight, or are delayed."""
        with self._changed:
            self._wake()
            return self._states[state]

    def seen(self) -> list[Any]:
        """The messages that can be seen, the oldest first."""
        with self._changed:
            self._wake()
            entries = itertools.chain.from_iterable(self._ready.values())
            return [held.message for _, held in sorted(entries, key=lambda entry: entry[0])]

    def keep_all(self) -> None:
        """Have all messages kept as they are now."""
        with self._changed:
            for held in self._all():
                if held.state != "gone":
                    self._keep(held)

    # -- with the lock held

    def _all(self) -> list[_Held]:
        ready = (entry[1] for entries in self._ready.values() for entry in entries)
        later = (entry[2] for entry in self._later)
        return [*self._by_handle.values(), *later, *ready]

    def _group(self, held: _Held) -> str:
        return (held.message.group_id or "") if self.fifo else ""

    def _make_ready(self, held: _Held) -> None:
        held.state = "ready"
        self._states["ready"] += 1
        heapq.heappush(self._ready.setdefault(self._group(held), []), (held.place, held))

    def _put_off(self, held: _Held, state: Literal["hidden", "delayed"], due: float) -> None:
        held.state, held.due = state, due
        self._states[state] += 1
        if state == "hidden" and self.fifo:
            self._in_flight[self._group(held)] += 1
        heapq.heappush(self._later, (due, held.place, held))
        if len(self._later) > 2 * (self._states["hidden"] + self._states["delayed"]) + _STALE:
            # A visibility timeout may be hours: what was deleted must not be kept as long.
            self._later = [entry for entry in self._later if _is_put_off(entry[2], entry[0])]
            heapq.heapify(self._later)

    def _leave(self, held: _Held) -> None:
        """The message is not in its state any more."""
        self._states[held.state] -= 1
        group = self._group(held)
        if held.state == "ready":
            waiting = self._ready[group]
            waiting.remove((held.place, held))
            heapq.heapify(waiting)
            if not waiting:
                del self._ready[group]
        elif held.state == "hidden" and self.fifo:
            self._in_flight[group] -= 1
            if not self._in_flight[group]:
                del self._in_flight[group]
        held.state = "gone"

    def _wake(self) -> None:
        """Make ready what is due."""
        now = time.time()
        while self._later and self._later[0][0] <= now:
            due, _, held = heapq.heappop(self._later)
            if _is_put_off(held, due):
                self._leave(held)
                self._make_ready(held)

    def _next(self, queue: Any, count: int, until: float) -> tuple[list[_Held], list[_Held]]:
        """Wait for messages until a moment of the monotonic clock; those that may be received, and
        those that were too often."""
        while True:
            self._wake()
            taken, dead = self._take(queue, count)
            left = until - time.monotonic()
            if taken or dead or left <= 0:
                return taken, dead
            next_due = self._later[0][0] - time.time() if self._later else _LONGEST_WAIT
            self._changed.wait(max(0.001, min(left, next_due, _LONGEST_WAIT)))

    def _take(self, queue: Any, count: int) -> tuple[list[_Held], list[_Held]]:
        """Messages that may be received, and dead ones, both taken out."""
        taken: list[_Held] = []
        dead: list[_Held] = []
        for group in list(self._ready):
            if group in self._in_flight:
                continue
            waiting = self._ready[group]
            while waiting and len(taken) < count:
                held = heapq.heappop(waiting)[1]
                self._states["ready"] -= 1
                held.state = "gone"
                if _is_too_old(queue, held.message):
                    self._forget_handles(held)
                    keep.put(*self._left(held))
                elif _came_too_often(queue, held.message):
                    self._forget_handles(held)
                    dead.append(held)
                else:
                    taken.append(held)
            if not waiting:
                del self._ready[group]
            if len(taken) == count:
                break
        return taken, dead

    def _forget_handles(self, held: _Held) -> None:
        for handle in held.message.all_receipt_handles:
            self._by_handle.pop(handle or "", None)

    def _hide(self, held: _Held, visibility: int) -> None:
        held.message.mark_received(visibility_timeout=visibility)
        self._by_handle[held.message.receipt_handle] = held
        if visibility:
            self._put_off(held, "hidden", time.time() + visibility)
        else:
            self._make_ready(held)
        self._keep(held)

    def _keep(self, held: _Held, *others: tuple[str, int, None]) -> None:
        """Have the message kept as it is now, together with other changes."""
        owner = keep.owner_of(self)
        if owner is not None:
            part = message_part(held.message, held.state, held.due)
            keep.put((owner, held.place, part), *others)

    def _left(self, held: _Held) -> tuple[tuple[str, int, None], ...]:
        """The change on disk when the message is in this queue no more."""
        owner = keep.owner_of(self)
        return ((owner, held.place, None),) if owner is not None else ()


def _is_too_old(queue: Any, message: Any) -> bool:
    until: float = message.sent_timestamp / 1000 + queue.message_retention_period
    return until <= time.time()


def _came_too_often(queue: Any, message: Any) -> bool:
    dead, policy = queue.dead_letter_queue, queue.redrive_policy
    if dead is None or not policy:
        return False
    return bool(message.approximate_receive_count >= policy["maxReceiveCount"])


def _is_put_off(held: _Held, due: float) -> bool:
    """Whether a message is still hidden or delayed until `due`."""
    return held.state in ("hidden", "delayed") and held.due == due


def held_by(queue: Any) -> HeldMessages:
    """The messages of moto's queue."""
    held: HeldMessages | None = queue.__dict__.get("held_messages")
    if held is None:
        held = queue.__dict__.setdefault("held_messages", HeldMessages(bool(queue.fifo_queue)))
    return held
