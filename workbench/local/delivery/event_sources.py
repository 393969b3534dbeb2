"""Event source mappings at work: their states, and the process that polls for them.

A mapping's state changes when the pollers have done what it says (lambda-facts §7.1): Enabled
means that its pollers run and know where they began, Disabled that none runs any more.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from workbench.local.arns import parse_function
from workbench.local.config import ServerConfig
from workbench.local.delivery.pollers.supervisor import Pollers
from workbench.local.metrics.counters import Metrics
from workbench.local.services.services import Services
from workbench.local.store.functions import Functions
from workbench.local.store.records import LATEST, EventSourceMapping
from workbench.local.store.store import Store

# The processes that polling takes are started when what a person waits for has had its turn.
AFTER_START_SECONDS = 1.0

TRANSITIONAL = frozenset({"Creating", "Enabling", "Disabling", "Updating", "Deleting"})


class EventSources:
    """All mappings. Every call belongs to the event loop's thread."""

    def __init__(
        self, config: ServerConfig, store: Store, services: Services, metrics: Metrics
    ) -> None:
        self._config = config
        self._mappings = store.event_source_mappings
        self._functions: Functions = store.functions
        self._services = services
        self._metrics = metrics
        self._pollers = Pollers(self._reported, self._pollers_died)
        self._revisions: Counter[str] = Counter()  # of mappings, as their pollers are told
        self._earliest: dict[str, float] = {}  # when a transition may end, in the loop's time
        self._running: dict[str, int] = {}  # the revision of each mapping that is polled for
        self._reports: dict[str, Mapping[str, Any]] = {}
        self.on_change: list[Callable[[Mapping[str, object]], None]] = []
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._ordering = False
        self._closed = False
        self._url = ""

    def start(self, url: str) -> None:
        """The local Lambda answers at `url`: go on with the mappings of earlier runs."""
        self._url = url
        mappings = self._mappings.all()
        for mapping in mappings:
            if mapping.state in TRANSITIONAL:
                self._transition(mapping.uuid)
        if any(_wanted(mapping) for mapping in mappings):
            asyncio.get_running_loop().call_later(AFTER_START_SECONDS, self._order)

    async def close(self) -> None:
        """Stop polling. What is in flight comes again after the next start."""
        self._closed = True
        await self._pollers.close()

    def begin(self, mapping: EventSourceMapping) -> None:
        """Keep a mapping in a transitional state (or Disabled) and carry it out."""
        self._mappings.put(mapping)
        self._tell(mapping)
        self._transition(mapping.uuid)
        self._order()

    def tag(self, uuid: str, tags: Mapping[str, str]) -> None:
        """Replace a mapping's tags."""
        mapping = self._mappings.get(uuid)
        if mapping is not None:
            self._mappings.put(replace(mapping, tags=tags))

    async def settled(self, uuid: str) -> None:
        """Return when no transition of the mapping is under way (any more)."""
        while (mapping := self._mappings.get(uuid)) and mapping.state in TRANSITIONAL:
            over = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(uuid, []).append(over)
            await over

    def describe(self) -> list[dict[str, object]]:
        """All mappings with what their pollers last reported, for people to read: InFlight is
        batches, Backlog messages or records, IteratorAgeMs the age of the last record invoked
        with. Stalled has, for each shard that is held up: Shard, FirstRecord (a sequence number;
        None when it is the end of a window), Records, Failures, NextTry (epoch seconds) and Behind
        (records that wait behind)."""
        return [self._described(mapping) for mapping in self._mappings.all()]

    def _described(self, mapping: EventSourceMapping) -> dict[str, object]:
        configuration, report = mapping.configuration, self._reports.get(mapping.uuid, {})
        return {
            "Id": mapping.uuid,
            "Kind": "Mapping",
            "UUID": mapping.uuid,
            "FunctionArn": configuration["FunctionArn"],
            "EventSourceArn": configuration.get("EventSourceArn"),
            "State": mapping.state,
            "LastProcessingResult": report.get("Result"),
            "InFlight": report.get("InFlight", 0),
            "Backlog": report.get("Backlog"),
            "IteratorAgeMs": report.get("IteratorAgeMs"),
            "Stalled": report.get("Stalled", []),
        }

    # -- orders to the pollers

    def _order(self) -> None:
        """Tell the pollers what there is to do, soon: many mappings may change at once."""
        if not self._ordering:
            self._ordering = True
            asyncio.get_running_loop().call_soon(self._order_now)

    def _order_now(self) -> None:
        self._ordering = False
        if self._closed:
            return
        mappings = self._mappings.all()
        wanted = [self._ordered(mapping) for mapping in mappings if _wanted(mapping)]
        if not wanted and not self._pollers.running:
            return
        begin = {
            "Url": self._url,
            "State": str(self._config.state),
            "TimeScale": self._config.time_scale,
            "Settings": self._services.settings(),
        }
        known = [mapping.uuid for mapping in mappings]
        self._pollers.order(begin, {"Mappings": wanted, "Known": known})

    def _ordered(self, mapping: EventSourceMapping) -> dict[str, Any]:
        """A mapping as the pollers get it."""
        reference = parse_function(mapping.configuration["FunctionArn"])
        version = self._functions.version(reference.name, LATEST) if reference else None
        return {
            **mapping.configuration,
            "UUID": mapping.uuid,
            "Revision": self._revisions[mapping.uuid],
            "Broker": self._config.brokers.get(mapping.configuration.get("EventSourceArn", "")),
            "Role": version.configuration.get("Role", "") if version else "",
        }

    # -- what the pollers tell

    def _reported(self, report: Mapping[str, Any]) -> None:
        uuid = report["UUID"]
        if report.get("Stopped"):
            self._running.pop(uuid, None)
            self._reports.pop(uuid, None)
        else:
            self._running[uuid] = report["Revision"]
            # An age is told with the batch that has it: until the next it is this one.
            age = self._reports.get(uuid, {}).get("IteratorAgeMs")
            self._reports[uuid] = {"IteratorAgeMs": age, **report}
        self._settle(uuid)
        mapping = self._mappings.get(uuid)
        if mapping is None:
            return
        self._count(mapping, report)
        result, configuration = report.get("Result"), mapping.configuration
        known = configuration.get("LastProcessingResult")
        if result is not None and known is not None and result != known:  # SQS does not tell it
            changed = {**configuration, "LastProcessingResult": result}
            self._mappings.put(replace(mapping, configuration=changed))
        self._tell(mapping)

    def _count(self, mapping: EventSourceMapping, report: Mapping[str, Any]) -> None:
        """Pass on to the metrics what was counted since the last report (§5)."""
        for metric, value in report.get("Counts", {}).items():
            self._metrics.count(metric, value=value, mapping=mapping.uuid)
        age = report.get("IteratorAgeMs")
        function = parse_function(mapping.configuration["FunctionArn"])
        if age is not None and function is not None:
            qualifier = function.qualifier or ""
            self._metrics.count("IteratorAge", function.name, age, qualifier=qualifier)

    def _pollers_died(self) -> None:
        """Nothing is polled for now; the process is being started again."""
        self._running.clear()
        self._reports.clear()
        for mapping in self._mappings.all():
            self._settle(mapping.uuid)

    # -- states

    def _transition(self, uuid: str) -> None:
        self._revisions[uuid] += 1
        loop = asyncio.get_running_loop()
        seconds = self._config.transition_seconds
        self._earliest[uuid] = loop.time() + seconds
        loop.call_later(seconds + 0.001, self._settle, uuid)

    def _settle(self, uuid: str) -> None:
        """End the mapping's transition if all of it has happened."""
        mapping = self._mappings.get(uuid)
        if mapping is None or mapping.state not in TRANSITIONAL:
            return
        if asyncio.get_running_loop().time() < self._earliest.get(uuid, 0.0):
            return
        wanted = _wanted(mapping)
        if wanted and self._running.get(uuid) != self._revisions[uuid]:
            return
        if not wanted and uuid in self._running:
            return
        for over in self._waiting.pop(uuid, ()):
            if not over.done():
                over.set_result(None)
        if mapping.state == "Deleting":
            self._mappings.delete(uuid)
            del self._revisions[uuid]
            self._earliest.pop(uuid, None)
            gone = {**mapping.configuration, "State": "Deleted"}
            self._tell(replace(mapping, configuration=gone))
            return
        state = "Enabled" if wanted else "Disabled"
        settled = replace(mapping, configuration={**mapping.configuration, "State": state})
        self._mappings.put(settled)
        self._tell(settled)

    def _tell(self, mapping: EventSourceMapping) -> None:
        for listener in self.on_change:
            listener(self._described(mapping))


def _wanted(mapping: EventSourceMapping) -> bool:
    return mapping.enabled and mapping.state != "Deleting"
