"""Asynchronous invocations as a whole: the queue, and what is sent when an event is over."""

from __future__ import annotations

from workbench.local.delivery.async_queue import AsyncQueue, Functions, Invoke
from workbench.local.delivery.destinations import Services
from workbench.local.delivery.outbox import Notice, Outbox
from workbench.local.errors import ApiError
from workbench.local.metrics.counters import Metrics
from workbench.local.request_ids import new_request_id
from workbench.local.store.records import Delivery
from workbench.local.store.store import Store

MAX_EVENT = 1_048_576
"""Bytes of an event (lambda-facts §2.2)."""


class AsyncInvocations:
    """One per local Lambda. Every call belongs to the event loop's thread."""

    def __init__(
        self,
        store: Store,
        functions: Functions,
        invoke: Invoke,
        services: Services,
        metrics: Metrics,
        notice: Notice,
        *,
        time_scale: float,
    ) -> None:
        self._functions = functions
        self._kept = store.functions
        self._kept.on_change.append(self._changed)
        self._outbox = Outbox(store.deliveries, services, self._deliver, metrics, notice)
        self.queue = AsyncQueue(
            store.async_events,
            functions,
            invoke,
            metrics,
            notice,
            self._outbox.wake,
            time_scale=time_scale,
        )

    @property
    def busy(self) -> bool:
        """Whether an event runs or will soon, or a record is being sent."""
        return self.queue.busy or self._outbox.sending > 0

    def resume(self) -> None:
        """Go on with what an earlier process left."""
        self.queue.resume()
        self._outbox.wake()

    async def close(self) -> None:
        """Start nothing more; what is not done is still on disk."""
        self.queue.close()
        await self._outbox.close()

    def _changed(self, function: str) -> None:
        if self._kept.get(function) is None:
            self.queue.forget(function)

    def _deliver(self, delivery: Delivery) -> None:
        """Invoke the function that is a record's destination with it."""
        self.invoke(delivery.arn, delivery.body, delivery.trace_header)

    def invoke(self, function_arn: str, event: bytes, trace: str) -> None:
        """Accept an event (JSON) for a function. Raises ApiError."""
        function, qualifier = self._functions.named(function_arn)
        if len(event) > MAX_EVENT:
            raise ApiError(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {MAX_EVENT} bytes for the InvokeFunction operation",
            )
        self._functions.find(function, qualifier)
        self.queue.accept(new_request_id(), function, qualifier, event, trace)
