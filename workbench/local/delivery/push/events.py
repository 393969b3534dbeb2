"""Rules of the embedded EventBridge: which events they choose and what their targets get.

moto's rules know neither functions as targets nor the whole grammar of patterns, and a disabled
rule goes on sending: here is its sending anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from workbench.local.delivery.event_patterns import InvalidPattern, Predicate, compile_pattern
from workbench.local.delivery.push import replays, schedule_expressions
from workbench.local.delivery.push.deliveries import Deliveries, Delivery, Failure, retry_policy
from workbench.local.delivery.push.targets import targets
from workbench.local.delivery.push.targets.dead_letters import to_queue
from workbench.local.delivery.push.targets.input import at_path, target_input
from workbench.local.services.corrections.traced_messages import trace_header

PRINCIPAL = "events.amazonaws.com"

Event = Mapping[str, Any]


def correct(deliveries: Deliveries) -> None:
    """Make moto's rules so. Loads that part of moto."""
    from moto.events import models, responses

    rule: Any = models.Rule
    backend: Any = models.EventsBackend
    rule.send_to_targets = _sending(deliveries)
    backend.put_rule = _checking(backend.put_rule)
    handler: Any = responses.EventsHandler
    handler.test_event_pattern = _test_event_pattern
    backend.create_connection = _once("Connection", "connections", backend.create_connection)
    backend.create_api_destination = _once(
        "ApiDestination", "destinations", backend.create_api_destination
    )
    replays.correct()


def publish(account: str, region: str, event: Event) -> None:
    """An event of an AWS service comes to the account's default bus."""
    targets.to_rules(account, region, "default", event)


def run_schedule(rule: Any, when: datetime) -> None:
    """A rule's schedule says that it is due: its targets get the event of a schedule."""
    event = scheduled_event(rule.arn, "aws.events", rule.account_id, rule.region_name, when)
    rule.send_to_targets(event, scheduled=True)


def scheduled_event(
    arn: str, source: str, account: str, region: str, when: datetime
) -> dict[str, Any]:
    """The event of a schedule (lambda-facts §8.2). Scheduler's has its detail as a text."""
    from moto.moto_api._internal import mock_random

    return {
        "version": "0",
        "id": str(mock_random.uuid4()),
        "detail-type": "Scheduled Event",
        "source": source,
        "account": account,
        "time": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [arn],
        "detail": {} if source == "aws.events" else "{}",
    }


@lru_cache(1000)
def _pattern(text: str) -> Predicate:
    return compile_pattern(text)


def _checking(original: Callable[..., Any]) -> Callable[..., Any]:
    """PutRule with AWS's own checks of patterns and schedules."""

    def put_rule(backend: Any, name: str, **given: Any) -> Any:
        from moto.events.exceptions import InvalidEventPatternException, ValidationException

        try:
            if given.get("event_pattern"):
                _pattern(given["event_pattern"])
            if given.get("scheduled_expression"):
                now = datetime.now(UTC)
                schedule_expressions.parse(given["scheduled_expression"], now)
        except InvalidPattern as error:
            raise InvalidEventPatternException(str(error)) from None
        except schedule_expressions.InvalidSchedule:
            raise ValidationException("Parameter ScheduleExpression is not valid.") from None
        rule = original(backend, name, **given)
        rule.made = time.time()
        return rule

    return put_rule


def _once(kind: str, member: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """A creation that does not replace what is there; moto has its things in `member`."""

    def create(backend: Any, *given: Any, **named: Any) -> Any:
        from moto.events.exceptions import ResourceAlreadyExistsException

        name = named["name"] if named else given[0]
        if name in getattr(backend, member):
            raise ResourceAlreadyExistsException(f"{kind} {name} already exists.")
        return original(backend, *given, **named)

    return create


def _test_event_pattern(handler: Any) -> Any:
    """TestEventPattern, which moto does not have."""
    from moto.events.exceptions import InvalidEventPatternException, ValidationException

    try:
        pattern = compile_pattern(handler._get_param("EventPattern") or "")
    except InvalidPattern as error:
        raise InvalidEventPatternException(str(error)) from None
    try:
        event = json.loads(handler._get_param("Event") or "")
    except (ValueError, RecursionError):
        raise ValidationException("Parameter Event is not valid.") from None
    return handler._create_response({"Result": pattern(event)})


def _sending(deliveries: Deliveries) -> Callable[..., None]:
    """What takes the place of moto's `Rule.send_to_targets`."""

    def send_to_targets(
        rule: Any, given: Event, transform_input: bool = True, scheduled: bool = False
    ) -> None:
        if rule.state == "DISABLED":
            return
        event = _in_aws_form(given)
        pattern = rule.event_pattern.dump()
        if not scheduled and not (pattern and _pattern(pattern)(event)):
            return
        for target in list(rule.targets):
            _send(deliveries, rule, target, event)

    return send_to_targets


def _send(deliveries: Deliveries, rule: Any, target: Mapping[str, Any], event: Event) -> None:
    arn = target["Arn"]
    if rule.managed_by:  # by an archive: its target is no resource
        _to_archive(rule, event)
        return
    input = target_input(target, event, rule.name, rule.arn)

    def failed(failure: Failure) -> None:
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue:
            arns = {"RULE_ARN": rule.arn, "TARGET_ARN": arn, "ERROR_CODE": failure.code}
            to_queue(queue, targets.text(input), {**arns, **failure.attributes()})

    delivery = Delivery(
        arn,
        input,
        source=f"The rule {rule.name}",
        source_arn=rule.arn,
        account=rule.account_id,
        principal=PRINCIPAL,
        trace=trace_header(),
        failed=failed,
        retry=retry_policy(target),
        parameters={**target, "KinesisParameters": {"PartitionKey": _partition_key(target, event)}},
    )
    targets.send(deliveries, delivery)


def _partition_key(target: Mapping[str, Any], event: Event) -> str:
    """Of a record for a stream: what the target's path leads to, else the event's id."""
    path = target.get("KinesisParameters", {}).get("PartitionKeyPath")
    found = at_path(event, path) if path else None
    return str(found if isinstance(found, str | int | float) else event["id"])


def _to_archive(rule: Any, event: Event) -> None:
    from moto.events.models import events_backends

    for archive in events_backends[rule.account_id][rule.region_name].archives.values():
        if archive.rule is not None and archive.rule.arn == rule.arn:
            archive.events.append(dict(event))  # type: ignore[arg-type]


def _in_aws_form(event: Event) -> dict[str, Any]:
    """moto's event with the time as AWS writes it, and nothing of moto's own."""
    made = {name: value for name, value in event.items() if name != "ingestion-time"}
    given = made.get("time")
    if given is None or not isinstance(given, str):
        when = datetime.fromtimestamp(float(given or time.time()), UTC)
        made["time"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not made.get("replay-name"):
        made.pop("replay-name", None)
    return made
