"""The one place from which rules, schedules and alarms send, by what the target's ARN names."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from workbench.local.delivery.push.deliveries import (
    Deliveries,
    Delivery,
    Failure,
    Sender,
    Undelivered,
)
from workbench.local.delivery.push.targets.api_destinations import ApiDestinationSender
from workbench.local.delivery.push.targets.dead_letters import to_queue
from workbench.local.delivery.push.targets.functions import FunctionSender
from workbench.local.delivery.push.targets.log_groups import LogGroupSender
from workbench.local.delivery.push.targets.sdk import SdkClient, undelivered
from workbench.local.delivery.push.targets.universal import UniversalSender
from workbench.local.services.settings import ServiceSettings


def sender_for(arn: str, place: ServiceSettings) -> Sender:
    """The sender of a target outside of this process."""
    match arn.split(":")[2:6]:
        case ["events", *_]:
            return ApiDestinationSender()
        case ["logs", *_]:
            return LogGroupSender(SdkClient(place, "logs"))
        case ["scheduler", *_]:
            return UniversalSender(arn, place)
    return FunctionSender(place.endpoint_url or "")


def send(deliveries: Deliveries, delivery: Delivery) -> None:
    """Send it: at once what stays in this process, which then is in its target when this returns;
    in a lane of the target's what does not. Never raises: what fails is told, and goes to the
    target's queue."""
    put = _putter(delivery.target_arn)
    if put is None:
        deliveries.send(delivery)
        return
    try:
        put(delivery)
    except Exception as error:  # moto's, of many kinds: one target must not hold up the others
        problem = error if isinstance(error, Undelivered) else _of_moto(error)
        deliveries.give_up(delivery, Failure(problem.code, problem.error, str(problem)))


def to_rules(account: str, region: str, bus: str, event: Mapping[str, Any]) -> None:
    """An event comes to a bus. Raises moto's errors, for instance when there is no such bus."""
    from moto.events.models import events_backends

    for rule in list(events_backends[account][region].describe_event_bus(bus).rules.values()):
        rule.send_to_targets(dict(event))  # type: ignore[arg-type]


def text(input: object) -> str:
    """A target's input as a text."""
    return input if isinstance(input, str) else json.dumps(input)


def _putter(arn: str) -> Callable[[Delivery], None] | None:
    """What puts an event into a target of this process; None for one outside of it."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return None  # the name of a function
    match parts[2]:
        case "lambda" | "logs":
            return None
        case "scheduler" if parts[5].startswith("aws-sdk:"):
            return None
        case "events" if parts[5].startswith("api-destination/"):
            return None
        case "events" if parts[5].startswith("event-bus/"):
            return _to_event_bus
    return _PUTTERS.get(parts[2], _to_nothing)


def _to_queue(delivery: Delivery) -> None:
    group = (delivery.parameters.get("SqsParameters") or {}).get("MessageGroupId")
    to_queue(delivery.target_arn, text(delivery.event), group=group)


def _to_topic(delivery: Delivery) -> None:
    from moto.sns.models import sns_backends

    region, account = delivery.target_arn.split(":")[3:5]
    subject = delivery.parameters.get("Subject")  # of an alarm
    message, arn = text(delivery.event), delivery.target_arn
    sns_backends[account][region].publish(message, arn=arn, subject=subject)


def _to_stream(delivery: Delivery) -> None:
    from moto.kinesis.models import kinesis_backends

    region, account, name = delivery.target_arn.split(":", 5)[3:]
    key = delivery.parameters["KinesisParameters"]["PartitionKey"]
    data = base64.b64encode(text(delivery.event).encode()).decode()
    backend: Any = kinesis_backends[account][region]
    backend.put_record(delivery.target_arn, name.removeprefix("stream/"), key, None, data)


def _to_state_machine(delivery: Delivery) -> None:
    """An execution named by a UUID, as AWS names them."""
    from moto.stepfunctions.responses import get_backend

    arn = delivery.target_arn
    region, account = arn.split(":")[3:5]
    input = json.dumps(delivery.event)
    get_backend(account, region).start_execution(arn, str(uuid.uuid4()), input)


def _to_event_bus(delivery: Delivery) -> None:
    """A rule's event as it is; a schedule's with the source and detail type that its target
    names."""
    from moto.events.models import events_backends

    region, account, name = delivery.target_arn.split(":", 5)[3:]
    given = delivery.parameters.get("EventBridgeParameters")
    if given is None and isinstance(delivery.event, Mapping):
        to_rules(account, region, name.removeprefix("event-bus/"), delivery.event)
        return
    given = given or {}
    entry = {
        "Source": given.get("Source", ""),
        "DetailType": given.get("DetailType", ""),
        "Detail": text(delivery.event),
        "Resources": [delivery.source_arn],
        "EventBusName": delivery.target_arn,
    }
    (answer,) = events_backends[account][region].put_events([entry])
    if "ErrorCode" in answer:
        raise undelivered(answer["ErrorCode"], answer["ErrorMessage"])


def _to_nothing(delivery: Delivery) -> None:
    service = delivery.target_arn.split(":")[2]
    raise Undelivered(
        "INVALID_PARAMETER", "NotImplemented", f"targets of the service {service} are not offered"
    )


_PUTTERS: dict[str, Callable[[Delivery], None]] = {
    "kinesis": _to_stream,
    "sns": _to_topic,
    "sqs": _to_queue,
    "states": _to_state_machine,
}


def _of_moto(error: Exception) -> Undelivered:
    """Its exceptions have their code in one of two members, and others have none."""
    code = getattr(error, "error_type", None) or getattr(error, "code", None)
    name = code if isinstance(code, str) else type(error).__name__
    return undelivered(name, str(getattr(error, "message", None) or error))
