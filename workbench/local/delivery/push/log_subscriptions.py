"""Subscription filters: new events of a log group invoke a function."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workbench.local.api.logs.filter_patterns import BadPattern, Matches, compile_pattern
from workbench.local.delivery.push.log_event import log_data
from workbench.local.errors import ApiError
from workbench.local.request_ids import new_trace
from workbench.local.store.log_writer import Events
from workbench.local.store.store import Store
from workbench.local.store.subscription_filters import Filter
from workbench.project.records import Resource

BATCH_SECONDS = 0.2  # how long an event may wait for further ones

_TYPE = "AWS::Logs::SubscriptionFilter"

Invoke = Callable[[str, bytes, str], None]
"""Invokes the function of an ARN asynchronously, with an event and a trace header; raises
ApiError."""


class LogSubscriptions:
    """Keeps them and delivers. Every call belongs to the event loop's thread.

    Without any filter nothing listens to the logs. `may` tells whether Logs is allowed to invoke
    the function of an ARN for a group; `notice` is told what is not delivered and why.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        invoke: Invoke,
        may: Callable[[str, str], bool],
        notice: Callable[[str], None],
    ) -> None:
        self._kept = store.subscription_filters
        self._logs = store.logs
        self._account = account
        self._invoke = invoke
        self._may = may
        self._notice = notice
        self._declared: tuple[Filter, ...] = ()
        self._by_group: dict[str, list[tuple[Filter, Matches]]] = {}
        self._waiting: defaultdict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        self._unsubscribe: Callable[[], None] | None = None
        self._sending: asyncio.Task[None] | None = None
        self.on_source: list[Callable[[Mapping[str, object]], None]] = []
        self._told: dict[str, Mapping[str, object]] = {}
        self._changed()

    def of(self, group: str) -> list[Filter]:
        """The filters of a group, by name."""
        found = [filter for filter, _ in self._by_group.get(group, ())]
        return sorted(found, key=lambda filter: str(filter["filterName"]))

    def put(self, filter: Filter) -> None:
        """Make or replace one."""
        self._kept.put(filter)
        self._changed()

    def delete(self, group: str, name: str) -> None:
        """Remove one."""
        self._kept.delete(group, name)
        self._changed()

    def declare(self, resources: Iterable[Resource]) -> None:
        """The project declares these, and no others any more."""
        self._declared = tuple(_filter(r) for r in resources if r.type == _TYPE)
        self._changed()

    @property
    def sources(self) -> list[Mapping[str, object]]:
        """All of them as sources, for people to read (see sources.py)."""
        return list(self._told.values())

    async def close(self) -> None:
        """Deliver what waits and stop."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._sending is not None:
            await self._sending
        await self._send()

    def _changed(self) -> None:
        self._by_group = {}
        for filter in (*self._kept.all(), *self._declared):
            try:
                matches = compile_pattern(str(filter["filterPattern"]))
            except BadPattern as error:  # of a declaration
                self._notice(f"The subscription filter {filter['filterName']}: {error}")
                continue
            self._by_group.setdefault(str(filter["logGroupName"]), []).append((filter, matches))
        if self._by_group and self._unsubscribe is None:
            self._unsubscribe = self._logs.subscribe(self._take)
        elif not self._by_group and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._tell()

    def _tell(self) -> None:
        there = {str(source["Id"]): source for source in self._described()}
        gone = [{**self._told[id], "State": "Deleted"} for id in self._told.keys() - there.keys()]
        new = [source for id, source in there.items() if self._told.get(id) != source]
        self._told = there
        for source in (*gone, *new):
            for listener in self.on_source:
                listener(source)

    def _described(self) -> Iterable[Mapping[str, object]]:
        for group, filters in self._by_group.items():
            for filter, _ in filters:
                yield {
                    "Id": f"LogSubscription {group} {filter['filterName']}",
                    "Kind": "LogSubscription",
                    "Name": filter["filterName"],
                    "FunctionArn": filter["destinationArn"],
                    "EventSourceArn": group,
                    "State": "Enabled",
                    "Detail": filter["filterPattern"],
                    "NextRun": None,
                }

    def _take(self, group: str, stream: str, events: Events) -> None:
        if group not in self._by_group:
            return
        self._waiting[group, stream].extend(events)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send_soon())

    async def _send_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(BATCH_SECONDS)
            await self._send()

    async def _send(self) -> None:
        waiting, self._waiting = self._waiting, defaultdict(list)
        for (group, stream), events in waiting.items():
            for filter, matches in self._by_group.get(group, ()):
                name = str(filter["filterName"])
                bodies = log_data(self._account, group, stream, name, matches, events)
                for body in await asyncio.to_thread(list, bodies):
                    self._deliver(filter, group, body)

    def _deliver(self, filter: Filter, group: str, body: bytes) -> None:
        arn = str(filter["destinationArn"])
        if self._may(arn, group):
            try:
                self._invoke(arn, body, new_trace())
                return
            except ApiError as error:
                reason = error.message or error.code
        else:
            reason = "its policy does not let logs.amazonaws.com invoke it, or it does not exist"
        name = arn.partition(":function:")[2]
        self._notice(f"The log group {group} does not reach {name}: {reason}.")


def _filter(resource: Resource) -> Filter:
    given: Mapping[str, Any] = resource.properties
    return {
        "filterName": given.get("FilterName") or resource.name,
        "logGroupName": given.get("LogGroupName", ""),
        "filterPattern": given.get("FilterPattern", ""),
        "destinationArn": given.get("DestinationArn", ""),
        "distribution": "ByLogStream",
        "creationTime": 0,
    }
