"""Asynchronous invocations: kept before they are acknowledged, run, tried again on errors.

A function error is tried again after one minute and after two more, a throttled event with a
growing pause until it is too old (lambda-facts §6). Each function has a lane of its own: one that
fails or is slow holds up no other. An event is removed when it is over, in the same transaction
that keeps what its destination is to be told; so a kill at any moment repeats it at worst.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from workbench.local.api.functions.specs import Target
from workbench.local.delivery.invocation_record import (
    Ending,
    Run,
    dead_letter,
    error_message,
    record_delivery,
)
from workbench.local.delivery.lane import AHEAD, Lane
from workbench.local.delivery.lineage import LIMIT, LOOP, extended, loop_notice
from workbench.local.delivery.outcomes import RETRY_SECONDS, Condition, EventInvokeConfig, Waits
from workbench.local.errors import ApiError
from workbench.local.metrics.counters import Metrics
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.records import (
    Completion,
    FunctionSpec,
    InvokeRequest,
    Throttled,
    UnsupportedRuntime,
)
from workbench.local.store.async_events import AsyncEvents
from workbench.local.store.records import AsyncEvent, Delivery

RUNNING = 64
"""Events of all functions that run at the same time; twice as many, if each is of another."""
_STARTS_PER_TURN = 32  # of the event loop, so that requests are answered in between
_REMOVING_SECONDS = 0.01  # removing events one by one takes ten times as long

Invoke = Callable[[FunctionSpec, InvokeRequest], Execution]


class Functions(Protocol):
    """What the queue must know of functions. `qualifier` is "" for none."""

    def find(self, function: str, qualifier: str) -> Target:
        """What an event invokes. Raises ApiError."""

    def named(self, arn: str) -> tuple[str, str]:
        """The function and qualifier an ARN names. Raises ApiError."""

    def arn(self, function: str, qualifier: str) -> str:
        """The function's ARN, ending with $LATEST when there is no qualifier."""

    def event_invoke_config(self, function: str, qualifier: str) -> EventInvokeConfig:
        """How events invoked by this qualifier are treated."""

    def dead_letter_arn(self, function: str, qualifier: str) -> str | None:
        """Where events that failed go, if anywhere."""

    def is_stopped(self, function: str) -> bool:
        """Whether its reserved concurrency is 0."""

    def allows_loops(self, function: str) -> bool:
        """Whether it may be invoked in a recursive loop."""


class AsyncQueue:
    """Runs accepted events. Every call belongs to the event loop's thread.

    `on_outgoing` is called when there is something to send to a destination.
    """

    def __init__(
        self,
        events: AsyncEvents,
        functions: Functions,
        invoke: Invoke,
        metrics: Metrics,
        notice: Callable[[str, str], None],
        on_outgoing: Callable[[], None],
        *,
        time_scale: float,
    ) -> None:
        self._events = events
        self._functions = functions
        self._invoke = invoke
        self._metrics = metrics
        self._notice = notice
        self._on_outgoing = on_outgoing
        self._waits = Waits(time_scale)
        self._lanes: dict[str, Lane] = {}
        self._running = 0
        self._over: list[tuple[Lane, int]] = []  # to be removed
        self._removing: asyncio.TimerHandle | None = None
        self._pumping: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether an event runs, or will within some minutes."""
        soon = time.time() + RETRY_SECONDS[-1] + 1
        return self._running > 0 or any(
            lane.ready or lane.more or lane.next_due < soon for lane in self._lanes.values()
        )

    def accept(
        self, request_id: str, function: str, qualifier: str, payload: bytes, trace: str
    ) -> None:
        """Take an event; it survives a kill once this returns. It is run soon after."""
        id = self._events.add(request_id, function, qualifier, trace, payload, time.time())
        lane = self._lane(function)
        if lane.more or len(lane.ready) >= AHEAD:
            lane.more = True
        else:
            lane.ready.append(id)
        self._metrics.count("AsyncEventsReceived", function, qualifier=qualifier)
        self._soon()

    def resume(self) -> None:
        """Go on with what an earlier process left."""
        for function in self._events.functions():
            self._lane(function).more = True
        self._soon()

    def hasten(self) -> None:
        """Run now what waits for its next attempt."""
        self._events.hasten(time.time())
        for lane in self._lanes.values():
            lane.paused_until = 0.0
        self.resume()

    def forget(self, function: str) -> None:
        """The function was deleted: its events go, so that a new one of its name gets none."""
        lane = self._lanes.get(function)
        self._events.remove_all(function, keeping=lane.taken if lane is not None else ())
        if lane is not None:
            lane.ready.clear()
            lane.more = False
            lane.next_due = float("inf")

    def waiting(self, limit: int) -> tuple[list[AsyncEvent], int]:
        """The events that come next, without their payloads, and how many there are in all."""
        self._remove()
        return self._events.waiting(limit), self._events.count()

    def close(self) -> None:
        """Start nothing more; what waits or runs is still on disk."""
        self._closed = True
        for handle in (self._timer, self._pumping):
            if handle is not None:
                handle.cancel()
        self._remove()

    # Which events run when.

    def _lane(self, function: str) -> Lane:
        lane = self._lanes.get(function)
        if lane is None:
            lane = self._lanes[function] = Lane(function)
        return lane

    def _soon(self) -> None:
        if self._pumping is None and not self._closed:
            self._pumping = asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pumping = None
        now = time.time()
        left = _STARTS_PER_TURN
        for lane in list(self._lanes.values()):
            began = left
            while left and self._may_start(lane, now):
                self._start(lane, lane.ready.popleft(), now)
                left -= 1
            if left < began:  # the others come first next time
                self._lanes[lane.function] = self._lanes.pop(lane.function)
        if left == 0:
            self._soon()
        self._wait(now)

    def _may_start(self, lane: Lane, now: float) -> bool:
        limit = RUNNING if lane.running else 2 * RUNNING
        if not lane.has_room(now) or self._running >= limit:
            return False
        if not lane.ready and (lane.more or lane.next_due <= now):
            wanted = AHEAD + len(lane.taken)
            ids = self._events.due(lane.function, now, wanted)
            lane.ready.extend(id for id in ids if id not in lane.taken)
            lane.more = len(ids) == wanted
            lane.next_due = self._events.next_due(lane.function, now) or float("inf")
        return bool(lane.ready)

    def _wait(self, now: float) -> None:
        """Forget lanes that are through; come back when one has something to do."""
        following = float("inf")
        for lane in list(self._lanes.values()):
            if lane.empty:
                del self._lanes[lane.function]
            for moment in (lane.next_due, lane.paused_until):
                if moment > now:  # what is due but has no room is started when something ends
                    following = min(following, moment)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if following < float("inf"):
            self._timer = asyncio.get_running_loop().call_later(following - now, self._pump_due)

    def _pump_due(self) -> None:
        self._timer = None
        self._soon()

    # One event.

    def _start(self, lane: Lane, id: int, now: float) -> None:
        event = self._events.get(id)
        if event is None:
            return
        config = self._functions.event_invoke_config(event.function, event.qualifier)
        if self._waits.expired(config, event.accepted, now):
            self._end(lane, event, config, "EventAgeExceeded")
            return
        try:
            target = self._functions.find(event.function, event.qualifier)
            trace, earlier = extended(event.trace_header, target.mark)
            if earlier >= LIMIT and not self._functions.allows_loops(event.function):
                self._stop_loop(lane, event, config)
                return
            request = InvokeRequest(
                event.request_id,
                event.payload,
                target.invoked_arn,
                trace,
                invocation_type="Event",
                accepted=event.accepted,
                attempt=event.attempts + 1,
            )
            execution = self._invoke(target.choose(), request)
        except Throttled as throttled:
            if self._functions.is_stopped(event.function):
                self._end(lane, event, config, "ZeroReservedConcurrency")
            else:
                self._put_off(lane, event, config, throttled.reason)
        except UnsupportedRuntime as reason:
            self._notice(event.function, str(reason))
            self._put_off(lane, event, config, str(reason))
        except ApiError as error:
            if error.status == 404:  # the function was deleted
                self._drop(lane, event)
            else:
                self._put_off(lane, event, config, error.message or error.code)
        else:
            self._running += 1
            lane.started(id)
            age = (now - event.accepted) * 1000
            self._metrics.count("AsyncEventAge", event.function, age, qualifier=event.qualifier)
            event = replace(event, trace_header=trace)
            execution.on_completion(lambda done: self._completed(lane, event, config, done))

    def _completed(
        self, lane: Lane, event: AsyncEvent, config: EventInvokeConfig, done: Completion
    ) -> None:
        self._running -= 1
        lane.ended()
        if self._closed:
            return  # it is run again in the next process
        result = done.result
        failed = result.function_error is not None
        run = Run(done.spec.version, result.payload, failed)
        attempts = event.attempts + 1
        if not failed:
            self._end(lane, event, config, "Success", run, attempts)
        else:
            now = time.time()
            outcome = self._waits.after_error(config, event.accepted, attempts, now)
            if isinstance(outcome, str):
                self._end(lane, event, config, outcome, run, attempts)
            else:
                lane.taken.discard(event.id)
                self._postpone(
                    lane,
                    replace(
                        event,
                        due=outcome,
                        attempts=attempts,
                        waits_for=error_message(run.payload),
                        last_version=run.version,
                        last_response=run.payload,
                    ),
                )
        self._soon()

    def _put_off(
        self, lane: Lane, event: AsyncEvent, config: EventInvokeConfig, reason: str
    ) -> None:
        """It could not run: back to the queue, which is read more slowly from now on."""
        now = time.time()
        pause = lane.throttled()
        outcome = self._waits.after_throttle(config, event.accepted, pause, now)
        if isinstance(outcome, str):
            self._end(lane, event, config, outcome)
            return
        lane.paused_until = outcome
        self._postpone(lane, replace(event, due=outcome, waits_for=reason))

    def _postpone(self, lane: Lane, event: AsyncEvent) -> None:
        self._events.postpone(event)
        lane.next_due = min(lane.next_due, event.due)

    # The end of an event.

    def _stop_loop(self, lane: Lane, event: AsyncEvent, config: EventInvokeConfig) -> None:
        self._metrics.count(
            "RecursiveInvocationsDropped", event.function, qualifier=event.qualifier
        )
        self._notice(event.function, loop_notice(event.function))
        self._end(lane, event, config, "RetriesExhausted", refusal=("400", LOOP))

    def _end(
        self,
        lane: Lane,
        event: AsyncEvent,
        config: EventInvokeConfig,
        condition: Condition,
        run: Run | None = None,
        runs: int | None = None,
        refusal: tuple[str, str] = ("429", "Rate Exceeded."),
    ) -> None:
        if run is None and event.attempts:
            run = Run(event.last_version, event.last_response, True)
        ending = Ending(event, condition, run, event.attempts if runs is None else runs, refusal)
        outgoing = self._outgoing(ending, config)
        if condition != "Success":
            self._metrics.count("AsyncEventsDropped", event.function, qualifier=event.qualifier)
            if not outgoing and run is None:
                self._notice(
                    event.function,
                    f"An event of {event.function} was dropped before it ran ({condition}).",
                )
        if outgoing:
            self._events.finish([event.id], outgoing)
            lane.taken.discard(event.id)
            self._on_outgoing()
        else:
            self._remove_later(lane, event.id)

    def _outgoing(self, ending: Ending, config: EventInvokeConfig) -> list[Delivery]:
        event, now = ending.event, time.time()
        outgoing = []
        destination = config.destination(ending.condition)
        if destination is not None:
            arn = self._functions.arn(event.function, event.qualifier)
            outgoing.append(record_delivery(ending, arn, destination, now))
        if ending.condition != "Success":
            queue = self._functions.dead_letter_arn(event.function, event.qualifier)
            if queue is not None:
                outgoing.append(dead_letter(ending, queue, now))
        return outgoing

    def _drop(self, lane: Lane, event: AsyncEvent) -> None:
        self._metrics.count("AsyncEventsDropped", event.function, qualifier=event.qualifier)
        self._remove_later(lane, event.id)

    def _remove_later(self, lane: Lane, id: int) -> None:
        lane.taken.add(id)
        self._over.append((lane, id))
        if self._removing is None:
            loop = asyncio.get_running_loop()
            self._removing = loop.call_later(_REMOVING_SECONDS, self._remove)

    def _remove(self) -> None:
        if self._removing is not None:
            self._removing.cancel()
            self._removing = None
        over, self._over = self._over, []
        if over:
            self._events.finish([id for _, id in over])
            for lane, id in over:
                lane.taken.discard(id)
            self._soon()  # lanes may be through
