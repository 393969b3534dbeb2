"""The sources in the embedded services that push to functions, for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Source = dict[str, object]
"""Id, Kind ("S3", "SNS", "Rule", "Schedule"), Name, FunctionArn, EventSourceArn, State, Detail (an
expression, a pattern, the events) and NextRun (epoch seconds, or None)."""


def sources(due: Mapping[str, datetime | None]) -> Iterator[Source]:
    """All of them. `due` has the next run of what has a schedule, by its ARN."""
    yield from _buckets()
    yield from _topics()
    yield from _rules(due)
    yield from _schedules(due)


def _source(
    kind: str,
    name: str,
    arn: str,
    function: str,
    detail: str,
    state: str = "Enabled",
    key: str = "",
) -> Source:
    return {
        "Id": f"{kind} {arn} {key or function}",
        "Kind": kind,
        "Name": name,
        "FunctionArn": function,
        "EventSourceArn": arn,
        "State": state,
        "Detail": detail,
        "NextRun": None,
    }


def _backends(of: Any) -> Iterator[Any]:
    for regions in list(of.values()):
        yield from list(regions.values())


def _buckets() -> Iterator[Source]:
    from moto.s3.models import s3_backends

    for backend in _backends(s3_backends):
        for bucket in list(backend.buckets.values()):
            configured = bucket.notification_configuration
            for found in configured.cloud_function if configured is not None else ():
                yield _source(
                    "S3", bucket.name, bucket.arn, found.arn, ", ".join(found.events), key=found.id
                )


def _topics() -> Iterator[Source]:
    from moto.sns.models import sns_backends

    for backend in _backends(sns_backends):
        for found in list(backend.subscriptions.values()):
            if found.protocol == "lambda":
                policy = found.attributes.get("FilterPolicy") or ""
                topic = found.topic
                yield _source("SNS", topic.name, topic.arn, found.endpoint, policy, key=found.arn)


def _rules(due: Mapping[str, datetime | None]) -> Iterator[Source]:
    from moto.events.models import events_backends

    for backend in _backends(events_backends):
        for bus in list(backend.event_buses.values()):
            for rule in list(bus.rules.values()):
                detail = rule.scheduled_expression or rule.event_pattern.dump() or ""
                state = "Disabled" if rule.state == "DISABLED" else "Enabled"
                for target in list(rule.targets):
                    if ":lambda:" in target["Arn"]:
                        made = _source(
                            "Rule", rule.name, rule.arn, target["Arn"], detail, state, target["Id"]
                        )
                        yield {**made, "NextRun": _epoch(due.get(rule.arn))}


def _schedules(due: Mapping[str, datetime | None]) -> Iterator[Source]:
    from moto.scheduler.models import scheduler_backends

    for backend in _backends(scheduler_backends):
        for group in list(backend.schedule_groups.values()):
            for found in list(group.schedules.values()):
                if ":lambda:" in found.target["Arn"]:
                    state = "Disabled" if found.state == "DISABLED" else "Enabled"
                    detail = found.schedule_expression
                    function = found.target["Arn"]
                    made = _source("Schedule", found.name, found.arn, function, detail, state)
                    yield {**made, "NextRun": _epoch(due.get(found.arn))}


def _epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment is not None else None
