"""CloudWatch Logs: log streams, and how functions write events of their own."""

from __future__ import annotations

import asyncio
import time

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.logs.log_groups import existing_group, group_arn, invalid
from workbench.local.errors import ApiError
from workbench.local.store.logs import LogStream


def describe_log_streams(context: Context, input: Input) -> Output:
    """A group's streams by name or by the time of their last event; the token is an offset."""
    group = existing_group(context, input)
    by_time = input.get("orderBy") == "LastEventTime"
    prefix = input.get("logStreamNamePrefix") or ""
    if by_time and prefix:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    limit, offset = input.get("limit") or 50, _offset(input.get("nextToken"))
    found = context.store.logs.streams(
        group,
        prefix=prefix,
        by_time=by_time,
        descending=bool(input.get("descending")),
        offset=offset,
        limit=limit + 1,
    )
    arn = group_arn(context, group)
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


def create_log_stream(context: Context, input: Input) -> Output:
    """Make a stream; 400 when it exists."""
    if not context.store.logs.create_stream(existing_group(context, input), input["logStreamName"]):
        raise ApiError("ResourceAlreadyExistsException", "The specified log stream already exists")
    return {}


def delete_log_stream(context: Context, input: Input) -> Output:
    """Remove a stream."""
    group = existing_group(context, input)
    if not context.store.logs.delete_stream(group, input["logStreamName"]):
        raise no_stream()
    return {}


async def put_log_events(context: Context, input: Input) -> Output:
    """Append events to an existing stream; who tails hears of it in the event loop's thread."""
    group = await asyncio.to_thread(existing_group, context, input)
    stream = await asyncio.to_thread(existing_stream, context, group, input["logStreamName"])
    times = [event["timestamp"] for event in input["logEvents"]]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    context.store.logs.append(
        group, stream.name, [(event["timestamp"], event["message"]) for event in input["logEvents"]]
    )
    return {"nextSequenceToken": f"{stream.id:040d}{int(time.time() * 1000):016d}"}


def existing_stream(context: Context, group: str, name: str) -> LogStream:
    """A stream of a group. Raises ApiError when there is none."""
    stream = context.store.logs.stream(group, name)
    if stream is None:
        raise no_stream()
    return stream


def no_stream() -> ApiError:
    """400 for a stream that is not there."""
    return ApiError(
        "ResourceNotFoundException", "The specified log stream does not exist.", status=400
    )


def _offset(token: str | None) -> int:
    if token and not (token.isdecimal() and len(token) < 12):
        raise invalid("The specified nextToken is invalid.")
    return int(token or 0)
