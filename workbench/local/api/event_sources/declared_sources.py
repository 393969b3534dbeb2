"""Event source mappings that the project declares for its functions: made, changed and removed
with the declaration.

They bear a tag. It takes the embedded services to make them, so it happens in the background.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.local.api.context import Context
from workbench.local.api.event_sources import event_source_rules as rules
from workbench.local.api.event_sources import event_sources
from workbench.local.arns import parse_function
from workbench.local.delivery.event_sources import AFTER_START_SECONDS
from workbench.local.errors import ApiError
from workbench.local.services.settings import ServiceError
from workbench.local.store.records import EventSourceMapping

TAG = "lambda-workbench:declared"

Source = Mapping[str, Any]

# What no update can change.
_FIXED = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp")


class DeclaredSources:
    """Keeps mappings equal to declarations. Belongs to the event loop's thread.

    `notice` is told of a function and why one of its mappings could not be made.
    """

    def __init__(self, context: Context, notice: Callable[[str, str], None]) -> None:
        self._context = context
        self._notice = notice
        self._declared: dict[str, tuple[Source, ...]] = {}
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def declare(self, name: str, sources: tuple[Source, ...]) -> None:
        """The function is to be invoked with exactly these, besides what the API gave it."""
        known = self._declared.get(name)
        if known == sources or (known is None and not sources and not self._made(name)):
            return
        self._declared[name] = sources
        pause = AFTER_START_SECONDS if known is None else 0.0
        task = asyncio.create_task(self._reconcile(name, pause))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop; the next start goes on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _made(self, name: str) -> list[EventSourceMapping]:
        return [
            mapping
            for mapping in self._context.store.event_source_mappings.all()
            if TAG in mapping.tags and _function_of(mapping) == name
        ]

    async def _reconcile(self, name: str, pause: float) -> None:
        await asyncio.sleep(pause)
        async with self._lock:
            wanted: dict[str, Any] = {}
            for source in self._declared[name]:
                try:
                    arn = await self._arn(source["EventSourceArn"])
                except ServiceError as error:
                    self._notice(name, f"{source['EventSourceArn']}: {error.message}")
                else:
                    wanted[arn] = {**source, "EventSourceArn": arn}
            for mapping in self._made(name):
                await self._context.event_sources.settled(mapping.uuid)
                source = wanted.pop(mapping.configuration["EventSourceArn"], None)
                await self._try(name, self._change(mapping, source))
            for request in wanted.values():
                await self._try(name, self._create(name, request))

    async def _arn(self, arn: str) -> str:
        """The ARN as it is now: that of a table's stream tells when the stream was made."""
        if arn.split(":")[2] != "dynamodb":
            return arn
        table = arn.split("/")[1]
        found = await self._context.services.call("dynamodb", "DescribeTable", {"TableName": table})
        latest: str = found["Table"].get("LatestStreamArn", arn)
        return latest

    async def _create(self, name: str, source: Source) -> None:
        request = {**source, "FunctionName": name, "Tags": {TAG: _digest(source)}}
        await event_sources.create_event_source_mapping(self._context, request)

    async def _change(self, mapping: EventSourceMapping, source: Source | None) -> None:
        """Make a mapping what its declaration is now; remove it when there is none."""
        if source is None:
            event_sources.delete_event_source_mapping(self._context, {"UUID": mapping.uuid})
            await self._context.event_sources.settled(mapping.uuid)
            return
        if mapping.tags[TAG] == _digest(source):
            return
        kind = rules.kind_of(source)
        defaults = {
            **rules.DEFAULTS.get(kind, rules.OTHER_DEFAULTS),
            "FilterCriteria": {},
            "Enabled": True,
        }
        if kind == "sqs":
            defaults["ScalingConfig"] = {}
        given = {name: value for name, value in source.items() if name not in _FIXED}
        request = {**defaults, **given, "UUID": mapping.uuid}
        await event_sources.update_event_source_mapping(self._context, request)
        self._context.event_sources.tag(mapping.uuid, {**mapping.tags, TAG: _digest(source)})

    async def _try(self, name: str, change: Any) -> None:
        try:
            await change
        except ApiError as error:
            self._notice(name, f"A source that the project declares: {error.message}")


def _function_of(mapping: EventSourceMapping) -> str:
    reference = parse_function(mapping.configuration["FunctionArn"])
    return reference.name if reference else ""


def _digest(source: Source) -> str:
    text = json.dumps(source, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
