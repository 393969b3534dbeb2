"""Telemetry of one environment: passes its events on to the extensions that subscribed (§1.6).

A subscriber also gets what happened before it subscribed; when initialisation is over nobody can
subscribe any more.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.local.runtime.domain.extensions_api import Caller, ExtensionsApi
from workbench.local.runtime.telemetry.extension_events import (
    LogsDropped,
    LogsSubscription,
    TelemetrySubscription,
)
from workbench.local.runtime.telemetry.output import Event
from workbench.local.runtime.telemetry.platform_events import PlatformEvent, timestamp
from workbench.local.runtime.telemetry.telemetry_api import (
    PATHS,
    Api,
    Subscription,
    ValidationError,
    parse_subscription,
)
from workbench.local.runtime.telemetry.telemetry_delivery import Delivery

# Beyond the batch under way and the one being filled, so many wait for a slow subscriber.
_MAX_WAITING = 4
# So many events of an initialisation are kept for those who subscribe in the course of it.
_MAX_EARLY = 10_000
_TOO_SLOW = (
    "Some logs were dropped because the downstream consumer is slower than the logs production rate"
)
# The members of a record that the Logs API's older schema has; other events it has not.
_LOGS_API: Mapping[str, tuple[str, ...]] = {
    "platform.start": ("requestId", "version"),
    "platform.end": ("requestId",),
    "platform.report": ("requestId", "metrics"),
    "platform.runtimeDone": ("requestId", "status"),
    "platform.extension": ("name", "state", "events"),
    "platform.logsSubscription": ("name", "state", "types"),
    "platform.logsDropped": ("droppedBytes", "droppedRecords", "reason"),
    "platform.fault": (),
}
_LOGS_API_ONLY = ("platform.end", "platform.fault", "platform.logsSubscription")


@dataclass(frozen=True, slots=True)
class _Item:
    """One telemetry event: `category` is what subscriptions name."""

    category: str
    type: str
    seconds: float
    record: object

    def encoded(self, api: Api) -> bytes | None:
        """As subscribers of `api` get it; None when that API does not have it."""
        record = self.record
        if api == "Telemetry":
            if self.type in _LOGS_API_ONLY:
                return None
        elif self.category == "platform":
            members = _LOGS_API.get(self.type)
            if members is None:
                return None
            if isinstance(record, dict):
                record = {name: record[name] for name in members if name in record}
        shown = {"time": timestamp(self.seconds), "type": self.type, "record": record}
        return json.dumps(shown, separators=(",", ":")).encode()


class Telemetry:
    """The subscriptions of one environment, and the Journal's listener.

    `report` is how it tells the Journal of a subscription or a loss.
    """

    def __init__(
        self,
        extensions: ExtensionsApi,
        report: Callable[[PlatformEvent], None],
        *,
        parse_json: bool,
    ) -> None:
        self._extensions = extensions
        self._report = report
        self._parse_json = parse_json
        self._early: list[_Item] | None = []
        self._subscribers: dict[str, _Subscriber] = {}

    def __bool__(self) -> bool:
        return bool(self._subscribers)

    # What the Journal tells.

    def platform(self, event: PlatformEvent, seconds: float) -> None:
        """See journal.Listener."""
        self._publish(_Item("platform", event.type, seconds, event.record()))

    def logged(self, source: str, events: list[Event]) -> None:
        """See journal.Listener."""
        for stamp, message in events:
            text = message.removesuffix("\n")
            record = _parsed(text) if self._parse_json else text
            self._publish(_Item(source, source, stamp / 1000, record))

    def _publish(self, item: _Item) -> None:
        if self._early is not None and len(self._early) < _MAX_EARLY:
            self._early.append(item)
        for subscriber in self._subscribers.values():
            subscriber.add(item)

    # What extensions and the domain ask.

    def handle(self, caller: Caller) -> bool:
        """Deal with a subscription; False when the request is none."""
        api = PATHS.get(caller.path.rstrip("/"))
        if api is None or caller.method != "PUT":
            return False
        extension = self._extensions.identify(caller)
        if extension is None:
            return True
        present = self._subscribers.get(extension.name)
        if self._early is None or (present is not None and present.subscription.api != api):
            message = f"{api} API subscription is closed already"
            caller.refuse(403, f"{api}.SubscriptionClosed", message)
            return True
        try:
            subscription = parse_subscription(api, caller.body())
        except ValidationError as error:
            caller.refuse(400, "ValidationError", str(error))
            return True
        if present is not None:
            present.end()
        subscriber = _Subscriber(subscription, self._report)
        self._subscribers[extension.name] = subscriber
        for item in self._early:
            subscriber.add(item)
        caller.reply(200, b'"OK"')
        event = TelemetrySubscription if api == "Telemetry" else LogsSubscription
        self._report(event(extension.name, subscription.types))
        return True

    def close(self) -> None:
        """Take no more subscriptions."""
        self._early = None

    def flush(self) -> None:
        """Send what is buffered, now."""
        for subscriber in self._subscribers.values():
            subscriber.flush()

    def end(self) -> None:
        """Send no more."""
        self._early = None
        for subscriber in self._subscribers.values():
            subscriber.end()
        self._subscribers.clear()


class _Subscriber:
    """Buffers events by number, size and time, and delivers one batch after another."""

    def __init__(self, subscription: Subscription, lost: Callable[[LogsDropped], None]) -> None:
        self.subscription = subscription
        self._lost = lost
        self._telling_loss = False
        self._delivery = Delivery(subscription)
        self._loop = asyncio.get_running_loop()
        self._batch: list[bytes] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: deque[list[bytes]] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, item: _Item) -> None:
        """Buffer an event, if it was subscribed to."""
        wanted = self.subscription
        # Of its own losses it is not told: they would not arrive either.
        if item.category not in wanted.types or self._telling_loss:
            return
        data = item.encoded(wanted.api)
        if data is None:
            return
        self._batch.append(data)
        self._size += len(data)
        if len(self._batch) >= wanted.max_items or self._size >= wanted.max_bytes:
            self.flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(wanted.timeout_s, self.flush)

    def flush(self) -> None:
        """Send what is buffered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._batch, self._size = self._batch, [], 0
        if not batch:
            return
        if len(self._waiting) >= _MAX_WAITING:
            self._tell_loss(batch, _TOO_SLOW)
            return
        self._waiting.append(batch)
        if self._task is None:
            self._task = self._loop.create_task(self._deliver())

    def end(self) -> None:
        """Send no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._delivery.close()

    async def _deliver(self) -> None:
        while self._waiting:
            batch = self._waiting.popleft()
            try:
                await self._delivery.send(batch)
            except OSError as error:
                self._tell_loss(batch, f"could not send events: {error}")
        self._task = None

    def _tell_loss(self, batch: list[bytes], reason: str) -> None:
        self._telling_loss = True
        self._lost(LogsDropped(sum(map(len, batch)), len(batch), reason))
        self._telling_loss = False


def _parsed(text: str) -> object:
    """A line of the JSON log format: its object, or the text when it is none."""
    if text.startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
