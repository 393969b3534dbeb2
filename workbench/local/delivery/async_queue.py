"""Asynchronous invocations: kept before they are acknowledged, run, tried again on errors.

A function error is tried again after one minute and after two more, a throttled event with a
growing pause for at most six hours (lambda-facts §6). Waits are divided by the configured time
scale. An event is removed when it is over, so a kill at any moment repeats it at worst.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable

from workbench.local.api.specs import Target
from workbench.local.errors import ApiError
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.records import (
    FunctionSpec,
    InvokeRequest,
    InvokeResult,
    Throttled,
    UnsupportedRuntime,
)
from workbench.local.store.async_events import AsyncEvents
from workbench.local.store.records import AsyncEvent

RETRY_SECONDS = (60.0, 120.0)
MAX_AGE = 21_600.0
LONGEST_PAUSE = 300.0
RUNNING_PER_FUNCTION = 10
RUNNING = 64

Find = Callable[[str, str | None], Target]
Invoke = Callable[[FunctionSpec, InvokeRequest], Execution]


class AsyncQueue:
    """Runs accepted events. Every call belongs to the event loop's thread."""

    def __init__(
        self, events: AsyncEvents, find: Find, invoke: Invoke, *, time_scale: float
    ) -> None:
        self._events = events
        self._find = find
        self._invoke = invoke
        self._scale = time_scale
        self._running: dict[str, AsyncEvent] = {}
        self._by_function: Counter[str] = Counter()
        self._pauses: dict[str, float] = {}  # of throttled events, by request id
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def running(self) -> int:
        """How many events are being run."""
        return len(self._running)

    def accept(
        self, request_id: str, function: str, qualifier: str, payload: bytes, trace: str
    ) -> None:
        """Take an event; it survives a kill once this returns. It is run soon after."""
        now = time.time()
        event = AsyncEvent(request_id, function, qualifier, payload, trace, now, now)
        self._events.add(event)
        self._schedule(0.0)

    def resume(self) -> None:
        """Go on with what an earlier process left."""
        self._schedule(0.0)

    def close(self) -> None:
        """Start nothing more; what waits or runs is still on disk."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self, seconds: float) -> None:
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._pump)

    def _pump(self) -> None:
        self._timer = None
        now = time.time()
        while len(self._running) < RUNNING:
            full = {f for f, n in self._by_function.items() if n >= RUNNING_PER_FUNCTION}
            room = min(RUNNING - len(self._running), RUNNING_PER_FUNCTION)
            events = self._events.due(now, room, excluding=set(self._running), functions=full)
            if not events:
                break
            for event in events:
                if self._by_function[event.function] < RUNNING_PER_FUNCTION:
                    self._run(event)
        following = self._events.next_due(now)
        if following is not None:
            self._schedule(following - now)

    def _run(self, event: AsyncEvent) -> None:
        try:
            target = self._find(event.function, event.qualifier or None)
            request = InvokeRequest(
                event.request_id,
                event.payload,
                target.invoked_arn,
                event.trace_header,
                invocation_type="Event",
            )
            execution = self._invoke(target.choose(), request)
        except Throttled:
            self._pause(event)
        except UnsupportedRuntime:
            self._over(event)
        except ApiError as error:
            if error.status == 404:  # the function was deleted
                self._over(event)
            else:
                self._pause(event)
        else:
            self._running[event.request_id] = event
            self._by_function[event.function] += 1
            execution.on_result(lambda result: self._finished(event, result))

    def _finished(self, event: AsyncEvent, result: InvokeResult) -> None:
        del self._running[event.request_id]
        self._by_function[event.function] -= 1
        if self._closed:
            return  # it is run again in the next process
        if result.function_error is None or event.attempts >= len(RETRY_SECONDS):
            self._over(event)
        else:
            wait = RETRY_SECONDS[event.attempts] / self._scale
            self._events.postpone(event.request_id, time.time() + wait, event.attempts + 1)
        self._schedule(0.0)

    def _pause(self, event: AsyncEvent) -> None:
        now = time.time()
        if now - event.accepted > MAX_AGE / self._scale:
            self._over(event)
            return
        pause = self._pauses.get(event.request_id, 1.0)
        self._pauses[event.request_id] = min(2 * pause, LONGEST_PAUSE)
        self._events.postpone(event.request_id, now + pause / self._scale, event.attempts)

    def _over(self, event: AsyncEvent) -> None:
        self._pauses.pop(event.request_id, None)
        self._events.remove(event.request_id)
