"""Reading a function's logs: what there is, and what comes.

Following uses StartLiveTail, which tells within a second, and FilterLogEvents where that is not
allowed, not offered or does not tell all: AWS's leaves out what is more than 500 events an update.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
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

# A quiet live tail is compared with the log now and then, later each time, in seconds.
_FIRST_CHECK, _LAST_CHECK = 8.0, 300.0
_WRITTEN_MS = 3_000  # what is older than that a live tail has told

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
    target: Target,
    group: str,
    *,
    since_ms: int,
    stop: threading.Event,
    clients: Clients | None = None,
) -> Iterator[list[LogEvent]]:
    """The group's events from `since_ms` (epoch ms), then new ones as they come, until `stop`.

    A batch at a time, never an empty one; none comes twice. Waits for a group that does not exist
    yet. Blocks for up to a second after `stop` is set. `clients` are those of the target
    that the caller has already. Raises LambdaError.
    """
    seen = _Seen(since_ms)
    clients = clients or Clients(target)
    pause = 0.2 if target.kind == "local" else 1.0
    live = True
    while not stop.is_set():
        try:
            if live:
                yield from _live(clients, group, seen, stop)
            else:
                seen.begin_pass()
                fresh = seen.fresh(_poll(clients, group, seen))
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
    checks = _Checks()
    try:
        updates = iter(session)
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
                yield from _before(clients, group, seen, stop)
                continue
            told = update.get("sessionUpdate", {})
            if told.get("sessionMetadata", {}).get("sampled"):
                if target.kind == "local":
                    # It leaves out only what we were too slow for. The next session begins with
                    # that, and gives it out page by page; a poll would chase a flood to its end.
                    return
                raise _Unavailable  # some were left out: polling finds all
            fresh = seen.fresh([_live_event(each) for each in told.get("sessionResults", [])])
            if fresh:
                yield fresh
            if not fresh and target.kind != "local" and checks.due():
                missed = _missed(clients, group, seen)
                if missed:  # MiniStack's tells nothing of functions
                    yield missed
                    raise _Unavailable
    finally:
        session.close()


class _Checks:
    """When to compare a live tail that tells nothing with the log."""

    def __init__(self) -> None:
        self._pause = _FIRST_CHECK
        self._next = time.monotonic() + self._pause

    def due(self) -> bool:
        """Whether it is time; the next one is later."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._pause = min(2 * self._pause, _LAST_CHECK)
        self._next = now + self._pause
        return True


def _missed(clients: Clients, group: str, seen: _Seen) -> list[LogEvent]:
    """What the log has and a live tail should have told by now."""
    seen.begin_pass()
    start, end = seen.read_from, int(time.time() * 1000) - _WRITTEN_MS
    try:
        pages = list(_filter(clients, group, start, end)) if start < end else []
    except LambdaError:
        return []  # not allowed, throttled or no such group: the session goes on
    return seen.fresh(sorted((event for page in pages for event in page), key=_time))


def _before(
    clients: Clients, group: str, seen: _Seen, stop: threading.Event
) -> Iterator[list[LogEvent]]:
    """The events until now, page by page: a flood would write more than could be read at once."""
    seen.begin_pass()
    try:
        for page in _filter(clients, group, seen.read_from, int(time.time() * 1000) + 1):
            fresh = seen.fresh(sorted(page, key=_time))
            if fresh:
                yield fresh
            if stop.is_set():
                return
    except LambdaError as error:
        if error.code != "ResourceNotFoundException":
            raise  # a function's group comes with its first line
    seen.begin_pass()


def _account(target: Target) -> str:
    try:
        return account_of(target)
    except LambdaError as error:
        # STS is not allowed, not offered or not reached; what polling lacks too it says itself.
        raise _Unavailable from error


def _refused(error: Exception, target: Target) -> Exception:
    explained = explain(error, target)
    if explained is None:
        return error
    if explained.code == "ResourceNotFoundException" or explained.code in _THROTTLED:
        return explained
    # Not allowed, too many sessions, unknown to this endpoint; or its host, another than that of
    # all else (streaming-logs), is not reached from here.
    return _Unavailable()


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
            )
            for event in answer.get("events", [])
        ]
        token = answer.get("nextToken")
        if not token or token == request.get("nextToken"):
            return
        request["nextToken"] = token


def _live_event(result: Mapping[str, Any]) -> LogEvent:
    return LogEvent(result["timestamp"], result["message"], result.get("logStreamName", ""))


def _time(event: LogEvent) -> int:
    return event.timestamp


class _Seen:
    """Which events were given out already.

    A live tail has no event ids, so an event is known by its stream, time and text, and by how
    many such there were: two equal lines of the same millisecond are two events. One pass over
    the log gives each event once: a poll is a pass of its own, a live session is one from its
    start to its end. So only what a pass has in common with those before it has to be known.
    """

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self._newest = since_ms
        self._given: deque[list[LogEvent]] = deque()
        self._count = 0
        self._known: Counter[_Key] = Counter()
        self._known_to = since_ms

    @property
    def read_from(self) -> int:
        """From when on events have to be read again, epoch ms."""
        return max(self.since_ms, self._newest - _OVERLAP_MS)

    def begin_pass(self) -> None:
        """What is told from now on is told once, but may have been given before."""
        self._known = Counter(_key(event) for events in self._given for event in events)
        self._known_to = self._newest

    def fresh(self, events: list[LogEvent]) -> list[LogEvent]:
        """Those of `events` that were not given out before."""
        fresh = [event for event in events if self._is_fresh(event)]
        if fresh:
            self._newest = max(self._newest, max(map(_time, fresh)))
            self._given.append(fresh)
            self._count += len(fresh)
            self._forget()
        return fresh

    def _is_fresh(self, event: LogEvent) -> bool:
        if event.timestamp > self._known_to:
            return True
        if event.timestamp < self.since_ms:
            return False
        key = _key(event)
        if self._known[key] > 0:
            self._known[key] -= 1
            return False
        return True

    def _forget(self) -> None:
        """Forget what is not read again. Of a flood only so much is remembered: the times before
        are not read again then."""
        oldest = self._newest - _OVERLAP_MS
        while len(self._given) > 1:
            newest_of_first = max(map(_time, self._given[0]))
            if newest_of_first >= oldest and self._count - len(self._given[0]) < _FORGET_ABOVE:
                return
            self._count -= len(self._given.popleft())
            if newest_of_first >= oldest:
                self.since_ms = max(self.since_ms, newest_of_first)


def _key(event: LogEvent) -> _Key:
    return (event.stream, event.timestamp, event.message)
