"""Reading a function's logs: what there is, and what comes.

Following uses StartLiveTail, which tells within a second, and FilterLogEvents where that is not
allowed or not offered.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import LambdaError, explain, in_words
from workbench.aws.records import LogEvent, Target
from workbench.aws.targets import account_of, partition_of

# A new event can have a time before one already seen: streams arrive independently.
_OVERLAP_MS = 30_000
_PAGE = 10_000
_THROTTLED = ("ThrottlingException", "Throttling", "TooManyRequestsException")
_MAX_PAUSE = 15.0
_FORGET_ABOVE = 50_000

_Key = tuple[str, int, str]


class _Unavailable(Exception):
    """A live tail is not to be had here; polling is."""


def fetch(target: Target, group: str, start: int, end: int, limit: int = 10_000) -> list[LogEvent]:
    """The first `limit` events of the group from `start` up to `end` (epoch ms), in time order.

    Empty when the group does not exist yet: it comes with the first line. Raises LambdaError.
    """
    found: list[LogEvent] = []
    try:
        for page in _filter(Clients(target), group, start, end):
            found += page
            if len(found) >= limit:
                break
    except LambdaError as error:
        if error.code != "ResourceNotFoundException":
            raise
    return sorted(found, key=_time)[:limit]


def tail(
    target: Target, group: str, *, since_ms: int, stop: threading.Event
) -> Iterator[list[LogEvent]]:
    """The group's events from `since_ms` (epoch ms), then new ones as they come, until `stop`.

    A batch at a time, never an empty one; none comes twice. Waits for a group that does not exist
    yet. Blocks for up to a second after `stop` is set. Raises LambdaError.
    """
    seen = _Seen(since_ms)
    clients = Clients(target)
    pause = 0.2 if target.kind == "local" else 1.0
    live = True
    while not stop.is_set():
        try:
            if live:
                yield from _live(clients, group, seen, stop)
            else:
                fresh = seen.fresh(_poll(clients, group, seen), Counter())
                if fresh:
                    yield fresh
            pause = 0.2 if target.kind == "local" else 1.0
        except _Unavailable:
            live = False
            continue
        except LambdaError as error:
            if error.code in _THROTTLED:
                pause = min(pause * 2, _MAX_PAUSE)
            elif error.code != "ResourceNotFoundException":
                raise
        stop.wait(pause)


def _live(
    clients: Clients, group: str, seen: _Seen, stop: threading.Event
) -> Iterator[list[LogEvent]]:
    """One live tail session, from its start to its end (AWS ends it after three hours)."""
    target = clients.target
    partition, account = partition_of(target.region), _account(target)
    arn = f"arn:{partition}:logs:{target.region}:{account}:log-group:{group}"
    logs = clients.logs
    try:
        session = logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"]
    except Exception as error:
        raise _refused(error, target) from error
    try:
        updates = iter(session)
        told: Counter[_Key] = Counter()
        while not stop.is_set():
            try:
                with in_words(target):
                    update: Mapping[str, Any] | None = next(updates, None)
            except LambdaError:
                # Sessions end: after three hours, or when the connection breaks.
                _check_alive(clients, group)
                return
            if update is None:
                return
            if "sessionStart" in update:
                # Everything written before the session began is read once; from now on it tells.
                fresh = seen.fresh(_poll(clients, group, seen), Counter())
            else:
                results = update.get("sessionUpdate", {}).get("sessionResults", [])
                fresh = seen.fresh([_live_event(result) for result in results], told)
            if fresh:
                yield fresh
    finally:
        session.close()


def _account(target: Target) -> str:
    try:
        return account_of(target)
    except LambdaError as error:
        if error.status is None and error.code != "ResponseParserError":
            raise
        raise _Unavailable from error  # STS is not allowed, or not offered at this endpoint


def _refused(error: Exception, target: Target) -> Exception:
    explained = explain(error, target)
    if explained is None:
        return error
    if explained.code == "ResourceNotFoundException" or explained.code in _THROTTLED:
        return explained
    # An answer that is no: not allowed, too many sessions, or unknown to this endpoint.
    return _Unavailable() if explained.status is not None else explained


def _check_alive(clients: Clients, group: str) -> None:
    """Raise LambdaError when the endpoint is gone, and not only the session."""
    now = int(time.time() * 1000)
    next(_filter(clients, group, now, now + 1), None)


def _poll(clients: Clients, group: str, seen: _Seen) -> list[LogEvent]:
    pages = _filter(clients, group, seen.read_from, None)
    return sorted((event for page in pages for event in page), key=_time)


def _filter(clients: Clients, group: str, start: int, end: int | None) -> Iterator[list[LogEvent]]:
    logs = clients.logs
    request: dict[str, Any] = {"logGroupName": group, "startTime": start, "limit": _PAGE}
    if end is not None:
        request["endTime"] = end
    while True:
        with in_words(clients.target):
            answer = logs.filter_log_events(**request)
        yield [
            LogEvent(
                timestamp=event["timestamp"],
                message=event["message"],
                stream=event.get("logStreamName", ""),
                event_id=event.get("eventId", ""),
            )
            for event in answer.get("events", [])
        ]
        token = answer.get("nextToken")
        if not token or token == request.get("nextToken"):
            return
        request["nextToken"] = token


def _live_event(result: Mapping[str, Any]) -> LogEvent:
    return LogEvent(
        timestamp=result["timestamp"],
        message=result["message"],
        stream=result.get("logStreamName", ""),
        event_id=result.get("eventId", ""),
    )


def _time(event: LogEvent) -> int:
    return event.timestamp


class _Seen:
    """Which events were given out already.

    A live tail has no event ids, so an event is known by its stream, time and text, and by how
    many such there were: two equal lines of the same millisecond are two events.
    """

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self._newest = since_ms
        self._given: Counter[_Key] = Counter()

    @property
    def read_from(self) -> int:
        """From when on events have to be read again, epoch ms."""
        return max(self.since_ms, self._newest - _OVERLAP_MS)

    def fresh(self, events: list[LogEvent], reading: Counter[_Key]) -> list[LogEvent]:
        """Those of `events` that were not given out before.

        `reading` counts what one pass over the log has met so far: a poll is a pass of its own,
        a live session is one pass from its start to its end.
        """
        fresh = []
        for event in events:
            key = (event.stream, event.timestamp, event.message)
            reading[key] += 1
            if event.timestamp >= self.since_ms and reading[key] > self._given[key]:
                self._given[key] = reading[key]
                fresh.append(event)
            self._newest = max(self._newest, event.timestamp)
        if len(self._given) > _FORGET_ABOVE:
            oldest = self._newest - 2 * _OVERLAP_MS
            self._given = Counter({k: n for k, n in self._given.items() if k[1] >= oldest})
        return fresh
