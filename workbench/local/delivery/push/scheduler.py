"""Schedules of the embedded EventBridge Scheduler: when they are due and what their targets get."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.local.delivery.push import schedule_expressions
from workbench.local.delivery.push.deliveries import Deliveries, Delivery, Failure, retry_policy
from workbench.local.delivery.push.events import scheduled_event
from workbench.local.delivery.push.schedule_expressions import InvalidSchedule, Schedule, Zone
from workbench.local.delivery.push.targets import targets, universal
from workbench.local.delivery.push.targets.dead_letters import to_queue

_INVOKE = "arn:aws:scheduler:::aws-sdk:lambda:invoke"


def correct() -> None:
    """Make moto's Scheduler refuse what AWS refuses. Loads that part of moto."""
    from moto.scheduler import models, responses

    backend: Any = models.EventBridgeSchedulerBackend
    handler: Any = responses.EventBridgeSchedulerResponse
    backend.create_schedule = _checking(backend.create_schedule)
    backend.update_schedule = _checking(backend.update_schedule)
    handler.update_schedule = _updating(handler.update_schedule)


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


def run(deliveries: Deliveries, found: Any, when: datetime) -> None:
    """Send what moto's Schedule has for its target."""
    target = found.target
    region, account = found.arn.split(":")[3:5]
    execution, scheduled = str(uuid.uuid4()), when.strftime("%Y-%m-%dT%H:%M:%SZ")
    input = _filled(target.get("Input"), found.arn, scheduled, execution)
    if input is None:
        input = scheduled_event(found.arn, "aws.scheduler", account, region, when)
    arn = target["Arn"]
    if arn == _INVOKE and isinstance(input, Mapping):
        arn, input = str(input["FunctionName"]), _json_or_text(input.get("Payload", "{}"))

    def failed(failure: Failure) -> None:
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue:
            told = {
                "SCHEDULE_ARN": found.arn,
                "TARGET_ARN": target["Arn"],
                "SCHEDULED_TIME": scheduled,
                "EXECUTION_ID": execution,
                "ERROR_CODE": failure.error,
                "IS_PAYLOAD_TRUNCATED": "false",
            }
            to_queue(queue, targets.text(input), {**told, **failure.attributes()})

    delivery = Delivery(
        arn,
        input,
        source=f"The schedule {found.name}",
        source_arn=found.arn,
        account=account,
        principal="",  # it acts by its role
        failed=failed,
        retry=retry_policy(target),
        parameters=target,
    )
    targets.send(deliveries, delivery)


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
        if reason := universal.problem(given["target"]["Arn"]):
            raise ValidationException(reason)
        return original(backend, **given)

    return checked


def _updating(original: Callable[..., str]) -> Callable[..., str]:
    """UpdateSchedule with its ActionAfterCompletion, which moto leaves as it was."""

    def update_schedule(handler: Any) -> str:
        answer = original(handler)
        _, group, name = json.loads(answer)["ScheduleArn"].split("/")
        schedule = handler.scheduler_backend.get_schedule(group, name)
        schedule.action_after_completion = handler._get_param("ActionAfterCompletion")
        return answer

    return update_schedule


def _filled(input: str | None, arn: str, scheduled: str, execution: str) -> Any:
    """The target's input with Scheduler's context attributes in it; None when it has none."""
    if input is None:
        return None
    for name, value in {
        "schedule-arn": arn,
        "scheduled-time": scheduled,
        "execution-id": execution,
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
