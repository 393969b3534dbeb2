"""Sends records and dead letters, again for a while when nobody is there (lambda-facts §6).

A delivery is on disk until it was taken or given up, so a kill repeats it at worst.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from workbench.local.delivery.destinations import Invoke, Services, send
from workbench.local.errors import ApiError
from workbench.local.metrics.counters import Metrics
from workbench.local.services.settings import ServiceError
from workbench.local.store.deliveries import Deliveries
from workbench.local.store.records import Delivery

PAUSES = (1.0, 2.0, 4.0)
"""Seconds before each further try."""
AT_ONCE = 8

Notice = Callable[[str, str], None]
"""Tells a person a sentence about a function."""

_METRICS = {"destination": "DestinationDeliveryFailures", "dead-letter": "DeadLetterErrors"}
_PASSING = ("ServiceUnavailable", "Internal", "Throttl", "Timeout", "SlowDown", "TooManyRequests")
_WHAT = {"destination": "The record", "dead-letter": "The dead letter"}


class Outbox:
    """Every call belongs to the event loop's thread."""

    def __init__(
        self,
        deliveries: Deliveries,
        services: Services,
        invoke: Invoke,
        metrics: Metrics,
        notice: Notice,
    ) -> None:
        self._deliveries = deliveries
        self._services = services
        self._invoke = invoke
        self._metrics = metrics
        self._notice = notice
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def sending(self) -> int:
        """How many deliveries are being tried."""
        return len(self._sending)

    def wake(self) -> None:
        """There may be something to send."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._closed:
            return
        now = time.time()
        room = AT_ONCE - len(self._sending)
        for delivery in self._deliveries.due(now, room, self._sending) if room else ():
            task = asyncio.create_task(self._deliver(delivery))
            self._sending[delivery.id] = task
        following = self._deliveries.next_due(now)
        if following is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(following - now, self.wake)

    async def close(self) -> None:
        """Try nothing more; what was not taken is still on disk."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._sending.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await send(self._services, self._invoke, delivery)
        except (ServiceError, ApiError) as error:
            self._failed(delivery, error)
        else:
            self._deliveries.remove(delivery.id)
        finally:
            del self._sending[delivery.id]
        self.wake()

    def _failed(self, delivery: Delivery, error: ServiceError | ApiError) -> None:
        if delivery.tries < len(PAUSES) and _may_pass(error):
            due = time.time() + PAUSES[delivery.tries]
            self._deliveries.postpone(delivery.id, due, delivery.tries + 1)
            return
        self._deliveries.remove(delivery.id)
        metric = _METRICS[delivery.kind]
        self._metrics.count(metric, delivery.function, qualifier=delivery.qualifier)
        self._notice(
            delivery.function,
            f"{_WHAT[delivery.kind]} of an event of {delivery.function} was dropped: "
            f"{delivery.arn} did not take it ({error.code}: {error.message}).",
        )


def _may_pass(error: ServiceError | ApiError) -> bool:
    """Whether another try may go better; a queue that does not exist will not be there then."""
    if isinstance(error, ApiError):
        return error.status in (409, 429) or error.status >= 500
    return any(word in error.code for word in _PASSING)
