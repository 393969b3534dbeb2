"""What invokes functions: event sources, schedules, front doors, and what a policy allows.

The local Lambda tells all of it (`/_workbench/sources` and `/_workbench/fronts`). On AWS there are
the event source mappings, the function's URLs and its policies (`trigger_client.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SERVICES = {
    "sqs": "SQS", "kinesis": "Kinesis", "dynamodb": "DynamoDB", "kafka": "Kafka", "mq": "MQ",
    "rds": "DocumentDB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueContents:
    """How many messages an SQS queue holds: those that wait, those that were received and are
    neither deleted nor seen again yet, and how many wait in its dead-letter queue, whose name is
    None when it has none."""

    waiting: int
    in_flight: int
    dead_letter_queue: str | None
    dead: int


@dataclass(frozen=True, slots=True)
class Stall:
    """Why a shard does not go on. `first_record` is the sequence number of the first of `records`
    that failed; None when what failed is the end of a tumbling window. `next_try` is in epoch
    seconds, `behind` counts the records that wait behind it."""

    shard: str
    first_record: str | None
    records: int
    failures: int
    next_try: float
    behind: int


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing that invokes functions, or may.

    `kind` is "SQS", "Kinesis", "DynamoDB" … for event source mappings (`uuid` set), "S3", "SNS",
    "Rule", "Schedule" for what pushes events, "Bridge" for a `workbench bridge` that runs,
    "FunctionUrl", "HttpApi" … for front doors (`url` set, and `page` what a browser can open of
    it), "Policy" for a statement that allows somebody to invoke, "Unread" for those that may not
    be read, where `detail` says why. `functions` are names, with
    `:qualifier` where there is one. `next_run` is in epoch
    seconds. `in_flight` counts batches, `backlog` messages or records; None where it is not known.
    """

    id: str
    kind: str
    name: str
    functions: tuple[str, ...]
    state: str = ""
    arn: str | None = None
    detail: str = ""
    uuid: str | None = None
    in_flight: int | None = None
    backlog: int | None = None
    iterator_age_ms: float | None = None
    last_result: str | None = None
    stalls: tuple[Stall, ...] = ()
    next_run: float | None = None
    url: str | None = None
    page: str | None = None
    routes: tuple[str, ...] = ()

    @property
    def is_front(self) -> bool:
        """Whether it answers HTTP requests."""
        return self.url is not None

    def of(self, function: str) -> bool:
        """Whether it invokes this function, in any version."""
        return any(name.partition(":")[0] == function for name in self.functions)


def of_source(source: Mapping[str, Any]) -> Trigger:
    """A trigger of `/_workbench/sources` or of the `source` event."""
    if source.get("Kind") == "Mapping":
        return of_mapping(
            source,
            in_flight=source["InFlight"],
            backlog=source["Backlog"],
            iterator_age_ms=source["IteratorAgeMs"],
            stalls=tuple(map(_stall_of, source["Stalled"])),
        )
    return Trigger(
        id=source["Id"],
        kind=source["Kind"],
        name=source["Name"],
        functions=(function_name(source["FunctionArn"]),),
        state=source["State"],
        arn=source["EventSourceArn"],
        detail=source["Detail"],
        next_run=source["NextRun"],
    )


def of_mapping(mapping: Mapping[str, Any], **live: Any) -> Trigger:
    """An event source mapping as the API describes it (lambda-facts §7.1); `live` is what its
    pollers tell besides."""
    arn = mapping.get("EventSourceArn")
    servers = mapping.get("SelfManagedEventSource", {}).get("Endpoints", {})
    brokers = ", ".join(servers.get("KAFKA_BOOTSTRAP_SERVERS", []))
    kind = _SERVICES.get(arn.split(":")[2], arn.split(":")[2]) if arn else "Kafka"
    result = mapping.get("LastProcessingResult")
    reason = str(mapping.get("StateTransitionReason") or "")
    return Trigger(
        id=mapping["UUID"],
        kind=kind,
        name=source_name(arn) if arn else brokers,
        functions=(function_name(mapping["FunctionArn"]),),
        state=mapping["State"],
        arn=arn,
        detail="" if _by_user(reason) else reason,
        uuid=mapping["UUID"],
        last_result=result if result != "No records processed" else None,
        **live,
    )


def _by_user(reason: str) -> bool:
    """Whether a mapping is as somebody asked for: "User action", "USER_INITIATED" …"""
    return reason.replace("_", " ").lower() in ("user action", "user initiated")


def unread(function: str, what: str, why: str) -> Trigger:
    """In the place of triggers of a function that may not be read."""
    return Trigger(f"Unread {what}", "Unread", what, (function,), detail=why)


def of_front(front: Mapping[str, Any]) -> Trigger:
    """A front door of `/_workbench/fronts`."""
    routes = front["Routes"]
    functions = [_qualified(route["FunctionName"], route.get("Qualifier")) for route in routes]
    return Trigger(
        id=f"{front['Kind']} {front['Name']}",
        kind=front["Kind"],
        name=front["Name"],
        functions=tuple(dict.fromkeys(functions)),
        state="Unhealthy" if front.get("Healthy") is False else "Listening",
        url=front["Url"],
        page=_page(front["Url"], routes),
        routes=tuple(map(_route_words, routes)),
    )


def source_name(arn: str) -> str:
    """What people call the source of an ARN: its queue, stream, table, bucket, topic or broker."""
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    if service in ("sqs", "sns", "s3"):
        return resource.rpartition(":")[2]
    if service == "mq":
        return resource.split(":")[1] if ":" in resource else resource
    return resource.split("/")[1] if "/" in resource else resource.rpartition(":")[2]


def function_name(arn: str) -> str:
    """A function's name in its ARN, with `:qualifier` where the ARN has one."""
    return ":".join(arn.split(":")[6:]) or arn


def _stall_of(stall: Mapping[str, Any]) -> Stall:
    return Stall(
        shard=stall["Shard"],
        first_record=stall["FirstRecord"],
        records=stall["Records"],
        failures=stall["Failures"],
        next_try=stall["NextTry"],
        behind=stall["Behind"],
    )


def _qualified(name: str, qualifier: str | None) -> str:
    return f"{name}:{qualifier}" if qualifier else name


def _page(url: str, routes: Sequence[Mapping[str, Any]]) -> str:
    """The address of the first route that a browser can ask for, else the door's own."""
    paths = [
        str(route["Path"])
        for route in routes
        if route["Method"] in ("GET", "ANY") and route["Path"].startswith("/")
    ]
    plain = [path for path in paths if "{" not in path]
    return url if "/" in plain or not plain else url.rstrip("/") + plain[0]


def _route_words(route: Mapping[str, Any]) -> str:
    authorizer = f"  ({route['Authorizer']})" if route.get("Authorizer") else ""
    function = _qualified(route["FunctionName"], route.get("Qualifier"))
    return f"{route['Method']} {route['Path']} → {function}{authorizer}"
