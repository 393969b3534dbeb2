"""StartLiveTail: events as they are appended, over an event stream."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator

from workbench.local.api.context import Context, Input
from workbench.local.api.logs.log_events import pattern_of
from workbench.local.api.logs.log_groups import existing_group, group_name
from workbench.local.api.protocols.event_stream import CONTENT_TYPE, event
from workbench.local.api.protocols.serialise import encode
from workbench.local.errors import ApiError
from workbench.local.http.messages import Response
from workbench.local.store.log_writer import Events

BATCH_SECONDS = 0.05  # how long an update may wait for further events
HEARTBEAT = 1.0  # an update at least so often, as CloudWatch does
MAX_WAITING = 50_000  # for a client that does not keep up; the oldest go, `sampled` says so
MAX_UPDATE = 500
LAMBDA_GROUPS = "/aws/lambda/"


def start_live_tail(context: Context, input: Input) -> Response:
    """A response that lasts until the client goes. A function's own group need not exist yet:
    it does as soon as the function runs."""
    groups = [group_name(identifier) for identifier in input["logGroupIdentifiers"]]
    for group in groups:
        name = group.removeprefix(LAMBDA_GROUPS)
        if name == group or context.store.functions.get(name) is None:
            existing_group(context, {"logGroupName": group})
    if len(groups) > 1 and (input.get("logStreamNames") or input.get("logStreamNamePrefixes")):
        raise ApiError(
            "InvalidParameterException",
            "Log streams can be named only when there is exactly one log group.",
        )
    return Response(200, _Session(context, input, set(groups)).frames(), [CONTENT_TYPE])


class _Session:
    """One client that tails."""

    def __init__(self, context: Context, input: Input, groups: set[str]) -> None:
        self._context = context
        self._input = input
        self._groups = groups
        self._streams = set(input.get("logStreamNames") or ())
        self._prefixes = tuple(input.get("logStreamNamePrefixes") or ())
        self._matches = pattern_of(input.get("logEventFilterPattern"))
        self._waiting: list[dict[str, object]] = []
        self._sampled = False
        self._arrived = asyncio.Event()

    def _take(self, group: str, stream: str, events: Events) -> None:
        if group not in self._groups:
            return
        if (self._streams or self._prefixes) and not (
            stream in self._streams or (self._prefixes and stream.startswith(self._prefixes))
        ):
            return
        now = int(time.time() * 1000)
        for timestamp, message in events:
            if self._matches(message):
                self._waiting.append(
                    {
                        "logStreamName": stream,
                        "logGroupIdentifier": f"{self._context.config.account}:{group}",
                        "message": message,
                        "timestamp": timestamp,
                        "ingestionTime": now,
                    }
                )
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[: len(self._waiting) - MAX_WAITING]
            self._sampled = True
        if self._waiting:
            self._arrived.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """The event stream: session start, then an update for what came in, or every second."""
        unsubscribe = self._context.store.logs.subscribe(self._take)
        try:
            yield event("initial-response", b"{}") + event("sessionStart", self._start())
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT):
                        await self._arrived.wait()
                    await asyncio.sleep(BATCH_SECONDS)
                except TimeoutError:
                    pass
                yield event("sessionUpdate", self._update())
                while self._waiting:
                    yield event("sessionUpdate", self._update())
        finally:
            unsubscribe()

    def _start(self) -> bytes:
        session = {
            "requestId": str(uuid.uuid4()),
            "sessionId": str(uuid.uuid4()),
            "logGroupIdentifiers": self._input["logGroupIdentifiers"],
            "logStreamNames": self._input.get("logStreamNames") or [],
            "logStreamNamePrefixes": self._input.get("logStreamNamePrefixes") or [],
            "logEventFilterPattern": self._input.get("logEventFilterPattern") or "",
        }
        return encode(session)

    def _update(self) -> bytes:
        results = self._waiting[:MAX_UPDATE]
        del self._waiting[:MAX_UPDATE]
        if not self._waiting:
            self._arrived.clear()
        sampled, self._sampled = self._sampled, False
        return encode({"sessionMetadata": {"sampled": sampled}, "sessionResults": results})
