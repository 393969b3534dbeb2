"""Schedules of the embedded EventBridge Scheduler: when they are due and what their targets get."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.local.delivery.push import schedule_expressions, state_machines
from workbench.local.delivery.push.dead_letters import to_queue
from workbench.local.delivery.push.deliveries import Deliveries, Delivery
from workbench.local.delivery.push.events import scheduled_event
from workbench.local.delivery.push.schedule_expressions import InvalidSchedule, Schedule, Zone

_INVOKE = "arn:aws:scheduler:::aws-sdk:lambda:invoke"


def correct() -> None:
    """Make moto's Scheduler refuse what AWS refuses. Loads that part of moto."""
    from moto.scheduler import models

    backend: Any = models.EventBridgeSchedulerBackend
    backend.create_schedule = _checking(backend.create_schedule)
    backend.update_schedule = _checking(backend.update_schedule)


def schedule_of(found: Any) -> Schedule:
    """The schedule of moto's Schedule. Raises InvalidSchedule."""
    start = _moment(found.start_date) or datetime.fromtimestamp(found.creation_date, UTC)
    return schedule_expressions.parse(
        found.schedule_expression, start, _zone(found.schedule_expression_timezone), scheduler=True
    )


def next_run(found: Any, moment: datetime) -> datetime | None:
    """When moto's Schedule is due after `moment`, between its start and its end; None for never."""
    start, end = _moment(found.start_date), _moment(found.end_date)
    if start is not None and moment < start:
        # What is due at the start itself counts.
        moment = start.fromtimestamp(start.timestamp() - 1, UTC)
    due = schedule_of(found).after(moment)
    return None if due is None or (end is not None and due > end) else due


def run(deliveries: Deliveries, notice: Callable[[str], None], found: Any, when: datetime) -> None:
    """Send what moto's Schedule has for its target. Targets are functions, queues, topics and
    state machines."""
    target = found.target
    arn, account = target["Arn"], found.arn.split(":")[4]
    input = _filled(target.get("Input"), found.arn, when)
    if input is None:
        region = found.arn.split(":")[3]
        input = scheduled_event(found.arn, "aws.scheduler", account, region, when)
    if arn == _INVOKE and isinstance(input, Mapping):
        arn, input = str(input["FunctionName"]), _json_or_text(input.get("Payload", "{}"))
    try:
        _send(deliveries, found, arn, account, input)
    except Exception as error:
        reason = f"{type(error).__name__} {error}".strip()
        notice(f"The schedule {found.name} cannot send to {arn}: {reason}.")


def _send(deliveries: Deliveries, found: Any, arn: str, account: str, input: Any) -> None:
    def failed(code: str, reason: str) -> None:
        queue = found.target.get("DeadLetterConfig", {}).get("Arn")
        if queue:
            told = {
                "SCHEDULE_ARN": found.arn,
                "TARGET_ARN": arn,
                "ERROR_CODE": code,
                "ERROR_MESSAGE": reason,
                "RETRY_ATTEMPTS": "0",
            }
            to_queue(queue, json.dumps(input), told)

    text = input if isinstance(input, str) else json.dumps(input)
    match arn.split(":")[2] if arn.startswith("arn:") else "lambda":
        case "lambda":
            name = f"The schedule {found.name}"
            deliveries.send(Delivery(arn, input, name, found.arn, account, "", failed=failed))
        case "sqs":
            group = found.target.get("SqsParameters", {}).get("MessageGroupId")
            to_queue(arn, text, group=group)
        case "sns":
            from moto.sns.models import sns_backends

            sns_backends[account][arn.split(":")[3]].publish(text, arn=arn)
        case "states":
            state_machines.start(arn, json.dumps(input))
        case _:
            what = "functions, queues, topics and state machines"
            raise NotImplementedError(f"schedules run {what} here")


def _checking(original: Callable[..., Any]) -> Callable[..., Any]:
    def checked(backend: Any, **given: Any) -> Any:
        from moto.scheduler.exceptions import ValidationException

        expression, zone = given["schedule_expression"], given["schedule_expression_timezone"]
        try:
            found = _zone(zone or "UTC")
            schedule_expressions.parse(expression, datetime.now(UTC), found, scheduler=True)
        except InvalidSchedule:
            raise ValidationException(f"Invalid Schedule Expression {expression}.") from None
        except (ZoneInfoNotFoundError, ValueError):
            raise ValidationException(f"Invalid Schedule Expression Timezone {zone}.") from None
        return original(backend, **given)

    return checked


def _filled(input: str | None, arn: str, when: datetime) -> Any:
    """The target's input with Scheduler's context attributes in it; None when it has none."""
    if input is None:
        return None
    for name, value in {
        "schedule-arn": arn,
        "scheduled-time": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }.items():
        input = input.replace(f"<aws.scheduler.{name}>", value)
    return _json_or_text(input)


def _json_or_text(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text


def _zone(name: str) -> Zone:
    return UTC if name == "UTC" else ZoneInfo(name)


def _moment(given: Any) -> datetime | None:
    if given in (None, ""):
        return None
    try:
        return datetime.fromtimestamp(float(given), UTC)
    except ValueError:
        moment = datetime.fromisoformat(str(given))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
