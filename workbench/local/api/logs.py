"""CloudWatch Logs: groups, streams and events, and how functions write some of their own."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterable

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.filter_patterns import BadPattern, Matches, compile_pattern
from workbench.local.arns import partition
from workbench.local.errors import ApiError
from workbench.local.store.log_writer import OVERHEAD
from workbench.local.store.logs import LogEvent, LogStream

MAX_PAGE_BYTES = 1_048_576
MAX_PAGE_EVENTS = 10_000
SCAN = 10_000  # events read at a time while filtering
MAX_SCANNED = 100_000  # after which a page ends, found something or not

Place = tuple[int, int]  # (timestamp, id) of an event


async def describe_log_groups(context: Context, input: Input) -> Output:
    """Groups by name; the token is the last name."""
    limit = input.get("limit") or 50
    found = await asyncio.to_thread(
        lambda: context.store.logs.groups(
            prefix=input.get("logGroupNamePrefix") or "",
            part=input.get("logGroupNamePattern") or "",
            after=input.get("nextToken") or "",
            limit=limit + 1,
        )
    )
    output: Output = {
        "logGroups": [
            {
                "logGroupName": group.name,
                "creationTime": group.created,
                "metricFilterCount": 0,
                "arn": _group_arn(context, group.name) + ":*",
                "storedBytes": max(group.stored, 0),
                "logGroupClass": "STANDARD",
                "logGroupArn": _group_arn(context, group.name),
            }
            for group in found[:limit]
        ]
    }
    if len(found) > limit:
        output["nextToken"] = found[limit - 1].name
    return output


async def describe_log_streams(context: Context, input: Input) -> Output:
    """A group's streams by name or by the time of their last event; the token is an offset."""
    group = existing_group(context, input)
    by_time = input.get("orderBy") == "LastEventTime"
    prefix = input.get("logStreamNamePrefix") or ""
    if by_time and prefix:
        raise _invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    limit, offset = input.get("limit") or 50, _offset(input.get("nextToken"))
    found = await asyncio.to_thread(
        lambda: context.store.logs.streams(
            group,
            prefix=prefix,
            by_time=by_time,
            descending=bool(input.get("descending")),
            offset=offset,
            limit=limit + 1,
        )
    )
    arn = _group_arn(context, group)
    output: Output = {
        "logStreams": [
            {
                "logStreamName": stream.name,
                "creationTime": stream.created,
                "firstEventTimestamp": stream.first,
                "lastEventTimestamp": stream.last,
                "lastIngestionTime": stream.ingested,
                "uploadSequenceToken": f"{stream.id:056d}",
                "arn": f"{arn}:log-stream:{stream.name}",
                "storedBytes": 0,  # CloudWatch itself reports nothing for streams any more
            }
            for stream in found[:limit]
        ]
    }
    if len(found) > limit:
        output["nextToken"] = str(offset + limit)
    return output


async def get_log_events(context: Context, input: Input) -> Output:
    """One stream's events. Tokens lead forwards and backwards from the page; at the end of the
    stream a token returns itself."""
    stream = _stream(context, existing_group(context, input), input["logStreamName"])
    direction, place = _log_token(input.get("nextToken"))
    newest = direction == "b" or (not direction and not input.get("startFromHead"))
    found = await asyncio.to_thread(
        lambda: context.store.logs.events(
            [stream],
            start=input.get("startTime"),
            end=input.get("endTime"),
            after=place if direction == "f" else None,
            before=place if direction == "b" else None,
            newest_first=newest,
            limit=input.get("limit") or MAX_PAGE_EVENTS,
        )
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


async def filter_log_events(context: Context, input: Input) -> Output:
    """A group's events, those of some streams, that match a pattern; oldest first."""
    group = existing_group(context, input)
    matches = pattern_of(input.get("filterPattern"))
    if input.get("logStreamNames") and input.get("logStreamNamePrefix"):
        raise _invalid("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    return await asyncio.to_thread(_filter, context, group, matches, input)


def _filter(context: Context, group: str, matches: Matches, input: Input) -> Output:
    logs = context.store.logs
    streams = logs.streams(group, prefix=input.get("logStreamNamePrefix") or "", limit=-1)
    names = input.get("logStreamNames")
    if names is not None:
        streams = [stream for stream in streams if stream.name in names]
        if not streams:
            raise _no_stream()
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


def create_log_group(context: Context, input: Input) -> Output:
    """Make a group; 400 when it exists."""
    if not context.store.logs.create_group(input["logGroupName"]):
        raise ApiError("ResourceAlreadyExistsException", "The specified log group already exists")
    return {}


def create_log_stream(context: Context, input: Input) -> Output:
    """Make a stream; 400 when it exists."""
    if not context.store.logs.create_stream(existing_group(context, input), input["logStreamName"]):
        raise ApiError("ResourceAlreadyExistsException", "The specified log stream already exists")
    return {}


def put_log_events(context: Context, input: Input) -> Output:
    """Append events to an existing stream."""
    group = existing_group(context, input)
    stream = _stream(context, group, input["logStreamName"])
    times = [event["timestamp"] for event in input["logEvents"]]
    if times != sorted(times):
        raise _invalid(
            "Log events in a single PutLogEvents request must be in chronological order."
        )
    context.store.logs.append(
        group, stream.name, [(event["timestamp"], event["message"]) for event in input["logEvents"]]
    )
    return {"nextSequenceToken": f"{stream.id:040d}{int(time.time() * 1000):016d}"}


def delete_log_group(context: Context, input: Input) -> Output:
    """Remove a group with everything in it."""
    if not context.store.logs.delete_group(input["logGroupName"]):
        raise _no_group()
    return {}


def delete_log_stream(context: Context, input: Input) -> Output:
    """Remove a stream."""
    group = existing_group(context, input)
    if not context.store.logs.delete_stream(group, input["logStreamName"]):
        raise _no_stream()
    return {}


def group_name(identifier: str) -> str:
    """The group a name or an ARN identifies."""
    if identifier.startswith("arn:"):
        return identifier.split(":log-group:")[-1].removesuffix(":*")
    return identifier


def existing_group(context: Context, input: Input) -> str:
    """The group a request names. Raises ApiError when there is none."""
    name = input.get("logGroupName") or group_name(input.get("logGroupIdentifier") or "")
    if not name:
        raise _invalid("Either logGroupName or logGroupIdentifier must be specified.")
    if not context.store.logs.has_group(name):
        raise _no_group()
    return str(name)


def pattern_of(pattern: str | None) -> Matches:
    """A filter pattern's predicate. Raises ApiError for one that cannot be understood."""
    try:
        return compile_pattern(pattern or "")
    except BadPattern as error:
        raise _invalid(str(error)) from None


def _stream(context: Context, group: str, name: str) -> LogStream:
    stream = context.store.logs.stream(group, name)
    if stream is None:
        raise _no_stream()
    return stream


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
        raise _invalid("The specified nextToken is invalid.")
    timestamp, number = int(parts[0]), int(parts[1])
    if max(timestamp, number) >= 2**63:
        raise _invalid("The specified nextToken is invalid.")
    return direction, (timestamp, number)


def _offset(token: str | None) -> int:
    if token and not (token.isdigit() and len(token) < 12):
        raise _invalid("The specified nextToken is invalid.")
    return int(token or 0)


def _group_arn(context: Context, name: str) -> str:
    region, account = context.config.region, context.config.account
    return f"arn:{partition(region)}:logs:{region}:{account}:log-group:{name}"


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message)


def _no_group() -> ApiError:
    return ApiError(
        "ResourceNotFoundException", "The specified log group does not exist.", status=400
    )


def _no_stream() -> ApiError:
    return ApiError(
        "ResourceNotFoundException", "The specified log stream does not exist.", status=400
    )
