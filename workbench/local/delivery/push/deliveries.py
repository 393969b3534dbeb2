"""Events on their way from the embedded services to their targets, in the services' own process.

What a target does not take now is tried again as its retry policy says, and then goes to its
dead-letter queue, if it has one.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

_IDLE_SECONDS = 10.0  # before a lane ends
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 60.0  # seconds; AWS tells of no more than "exponential"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often an event is tried again (`attempts`), and until how many seconds after the first
    attempt. The default is about half a minute."""

    attempts: int = 7
    seconds: float = 86_400.0


def retry_policy(target: Mapping[str, Any]) -> RetryPolicy:
    """That of a target of a rule or a schedule, whose default is 185 times in 24 hours."""
    given = target.get("RetryPolicy") or {}
    return RetryPolicy(
        int(given.get("MaximumRetryAttempts", 185)),
        float(given.get("MaximumEventAgeInSeconds", 86_400)),
    )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event is never delivered.

    `code` is EventBridge's ("NO_PERMISSIONS"), `error` the target's own error code; `retries` is
    how often it was tried again, `exhausted` the member of the retry policy that ended it, or "".
    """

    code: str
    error: str
    message: str
    retries: int = 0
    exhausted: str = ""

    def attributes(self) -> dict[str, str]:
        """What dead letters of rules and schedules have in common, but for ERROR_CODE."""
        told = {"ERROR_MESSAGE": self.message, "RETRY_ATTEMPTS": str(self.retries)}
        return {**told, "EXHAUSTED_RETRY_CONDITION": self.exhausted} if self.exhausted else told


Failed = Callable[[Failure], None]
"""Told when an event will never be delivered; may raise anything."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event (a JSON value, or a text) for a target.

    `principal` is the service that sends it, "" when no permission is asked for; `source_arn` is
    what it sends it for, `source` that in words. `trace` is the trace header of the request that
    caused it. `parameters` is the target as PutTargets or CreateSchedule took it.
    """

    target_arn: str
    event: object
    source: str
    source_arn: str
    account: str
    principal: str
    trace: str | None = None
    failed: Failed | None = None
    retry: RetryPolicy = RetryPolicy()
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Undelivered(Exception):
    """A target did not take an event: `code` and `error` as a Failure has them. It may be tried
    again after `pause` seconds at the earliest; never, when that is None."""

    def __init__(self, code: str, error: str, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.error = error
        self.pause = pause


class Sender(Protocol):
    """Sends to one target, from one thread. `in_order`: nothing overtakes what is tried again."""

    in_order: bool

    def deliver(self, delivery: Delivery) -> None:
        """Return when it was taken. Raises Undelivered."""

    def close(self) -> None:
        """Let go of connections."""


@dataclass(order=True, slots=True)
class _Tried:
    """A delivery that was tried before; `due` and `began` are of the monotonic clock."""

    due: float
    number: int
    began: float = field(compare=False)
    retries: int = field(compare=False)
    delivery: Delivery = field(compare=False)


class Deliveries:
    """Sends each target its events in a thread of its own; one that takes none now holds up no
    other. `sender` makes the sender for an ARN; `notice` is told, in a sentence, what is never
    delivered and why."""

    def __init__(self, sender: Callable[[str], Sender], notice: Callable[[str], None]) -> None:
        self._sender = sender
        self._notice = notice
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()

    def send(self, delivery: Delivery) -> None:
        """Take an event on. Any thread may call; returns at once."""
        target = delivery.target_arn
        with self._lock:
            lane = self._lanes.get(target)
            if lane is None:
                lane = self._lanes[target] = _Lane(self._sender(target), self.give_up)
                threading.Thread(
                    target=self._run, args=(target, lane), name="deliveries", daemon=True
                ).start()
            lane.waiting.put(delivery)

    def give_up(self, delivery: Delivery, failure: Failure) -> None:
        """The delivery is never made: tell so, and whoever keeps what was not delivered."""
        arn = delivery.target_arn
        name = arn.partition(":function:")[2] or arn
        self._notice(f"{delivery.source} does not reach {name}: {failure.message}.")
        if delivery.failed is None:
            return
        try:
            delivery.failed(failure)
        except Exception as error:  # moto's, and of an ARN that is none: the next ones go on
            why = f"{type(error).__name__} {error}".strip()
            self._notice(f"{delivery.source} does not reach its dead-letter queue: {why}.")

    def _run(self, target: str, lane: _Lane) -> None:
        while True:
            lane.run()
            with self._lock:
                if lane.waiting.empty():
                    del self._lanes[target]
                    lane.close()
                    return


class _Lane:
    """One target's events, and those that are to be tried again."""

    def __init__(self, sender: Sender, give_up: Callable[[Delivery, Failure], None]) -> None:
        self.waiting: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._sender = sender
        self._give_up = give_up
        self._again: list[_Tried] = []
        self._numbers = itertools.count()

    def run(self) -> None:
        """Deliver until nothing has come for a while."""
        while (tried := self._next()) is not None:
            try:
                self._sender.deliver(tried.delivery)
            except Undelivered as problem:
                self._failed(tried, problem)

    def close(self) -> None:
        """Nothing comes any more."""
        self._sender.close()

    def _next(self) -> _Tried | None:
        while True:
            wait = self._again[0].due - time.monotonic() if self._again else _IDLE_SECONDS
            if wait <= 0:
                return heapq.heappop(self._again)
            if self._again and self._sender.in_order:
                time.sleep(wait)
                continue
            try:
                delivery = self.waiting.get(timeout=wait)
                now = time.monotonic()
                return _Tried(now, next(self._numbers), now, 0, delivery)
            except queue.Empty:
                if not self._again:
                    return None

    def _failed(self, tried: _Tried, problem: Undelivered) -> None:
        policy, now = tried.delivery.retry, time.monotonic()
        pause = min(_FIRST_PAUSE * 2.0**tried.retries, _LONGEST_PAUSE)
        pause = max(pause, problem.pause or 0.0)
        exhausted = ""
        if problem.pause is not None:
            if tried.retries >= policy.attempts:
                exhausted = "MaximumRetryAttempts"
            elif now + pause - tried.began > policy.seconds:
                exhausted = "MaximumEventAgeInSeconds"
            else:
                tried.due, tried.retries = now + pause, tried.retries + 1
                heapq.heappush(self._again, tried)
                return
        failure = Failure(problem.code, problem.error, str(problem), tried.retries, exhausted)
        self._give_up(tried.delivery, failure)
