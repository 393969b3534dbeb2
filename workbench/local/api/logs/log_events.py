"""CloudWatch Logs: reading events, of one stream or all that match."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.logs.filter_patterns import BadPattern, Matches, compile_pattern
from workbench.local.api.logs.log_groups import existing_group, invalid
from workbench.local.api.logs.log_streams import existing_stream, no_stream
from workbench.local.store.log_writer import OVERHEAD
from workbench.local.store.logs import LogEvent

MAX_PAGE_BYTES = 1_048_576
MAX_PAGE_EVENTS = 10_000
SCAN = 10_000  # events read at a time while filtering
MAX_SCANNED = 100_000  # after which a page ends, found something or not

Place = tuple[int, int]  # (timestamp, id) of an event


def get_log_events(context: Context, input: Input) -> Output:
    """One stream's events. Tokens lead forwards and backwards from the page; at the end of the
    stream a token returns itself."""
    stream = existing_stream(context, existing_group(context, input), input["logStreamName"])
    direction, place = _log_token(input.get("nextToken"))
    newest = direction == "b" or (not direction and not input.get("startFromHead"))
    found = context.store.logs.events(
        [stream],
        start=input.get("startTime"),
        end=input.get("endTime"),
        after=place if direction == "f" else None,
        before=place if direction == "b" else None,
        newest_first=newest,
        limit=input.get("limit") or MAX_PAGE_EVENTS,
    )
    events = _within_page(found)
    if newest:
        events.reverse()
    first = (events[0].timestamp, events[0].id) if events else place
    last = (events[-1].timestamp, events[-1].id) if events else place
    return {
        "events": [
            {"timestamp": e.timestamp, "message": e.message, "ingestionTime": e.ingested}
            for e in events
        ],
        "nextForwardToken": f"f/{last[0]:020d}/{last[1]:020d}/s",
        "nextBackwardToken": f"b/{first[0]:020d}/{first[1]:020d}/s",
    }


def filter_log_events(context: Context, input: Input) -> Output:
    """A group's events, those of some streams, that match a pattern; oldest first."""
    group = existing_group(context, input)
    matches = pattern_of(input.get("filterPattern"))
    if input.get("logStreamNames") and input.get("logStreamNamePrefix"):
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    return _filter(context, group, matches, input)


def _filter(context: Context, group: str, matches: Matches, input: Input) -> Output:
    logs = context.store.logs
    streams = logs.streams(group, prefix=input.get("logStreamNamePrefix") or "", limit=-1)
    names = input.get("logStreamNames")
    if names is not None:
        streams = [stream for stream in streams if stream.name in names]
        if not streams:
            raise no_stream()
    limit = input.get("limit") or MAX_PAGE_EVENTS
    end = input.get("endTime")
    place: Place | None = _log_token(input.get("nextToken"))[1]
    found: list[LogEvent] = []
    size = scanned = 0
    more = bool(streams)
    while more and len(found) < limit and size < MAX_PAGE_BYTES and scanned < MAX_SCANNED:
        batch = logs.events(
            streams,
            start=input.get("startTime"),
            end=None if end is None else end + 1,
            after=place,
            limit=SCAN,
        )
        more = len(batch) == SCAN
        scanned += len(batch)
        for number, event in enumerate(batch, 1):
            place = (event.timestamp, event.id)
            if matches(event.message):
                found.append(event)
                size += len(event.message) + OVERHEAD
                if len(found) >= limit or size >= MAX_PAGE_BYTES:
                    more = more or number < len(batch)
                    break
    output: Output = {
        "events": [
            {
                "logStreamName": event.stream,
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.ingested,
                "eventId": f"{event.timestamp:020d}{event.id:036d}",
            }
            for event in found
        ],
        "searchedLogStreams": [],
    }
    if more and place is not None:
        output["nextToken"] = f"f/{place[0]:020d}/{place[1]:020d}/s"
    return output


def pattern_of(pattern: str | None) -> Matches:
    """A filter pattern's predicate. Raises ApiError for one that cannot be understood."""
    try:
        return compile_pattern(pattern or "")
    except BadPattern as error:
        raise invalid(str(error)) from None


def _within_page(events: Iterable[LogEvent]) -> list[LogEvent]:
    size, page = 0, list[LogEvent]()
    for event in events:
        size += len(event.message) + OVERHEAD
        if page and size > MAX_PAGE_BYTES:
            break
        page.append(event)
    return page


def _log_token(token: str | None) -> tuple[str, Place]:
    if not token:
        return "", (0, 0)
    direction, *parts = token.split("/")
    if (
        direction not in ("f", "b")
        or len(parts) != 3
        or not all(re.fullmatch(r"\d{20}", p) for p in parts[:2])
    ):
        raise invalid("The specified nextToken is invalid.")
    timestamp, number = int(parts[0]), int(parts[1])
    if max(timestamp, number) >= 2**63:
        raise invalid("The specified nextToken is invalid.")
    return direction, (timestamp, number)
