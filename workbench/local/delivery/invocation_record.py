"""What destinations and dead-letter queues are told of an event that is over (lambda-facts §6)."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

from workbench.local.delivery.outcomes import Condition
from workbench.local.store.records import AsyncEvent, Delivery

MAX_ERROR_MESSAGE = 1024
MAX_TOPIC_MESSAGE = 262_144
"""What SNS takes; the record of a failure that is larger goes without its payloads."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a function answered: `version` is the one that ran, `failed` a function error."""

    version: str
    payload: bytes
    failed: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """How an event ended. `run` is the last one, None when it never ran; `runs` counts them.

    `refusal` is the HTTP status and message of what kept it from running, if it never did.
    """

    event: AsyncEvent
    condition: Condition
    run: Run | None
    runs: int
    refusal: tuple[str, str]


def record(ending: Ending, function_arn: str, now: float) -> dict[str, Any]:
    """The invocation record; `function_arn` is qualified, `now` in epoch seconds."""
    event, run = ending.event, ending.run
    moment = datetime.datetime.fromtimestamp(now, datetime.UTC)
    told: dict[str, Any] = {
        "version": "1.0",
        "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": function_arn,
            "condition": ending.condition,
            "approximateInvokeCount": ending.runs,
        },
        "requestPayload": _parsed(event.payload),
    }
    if run is not None:
        told["responseContext"] = {"statusCode": 200, "executedVersion": run.version}
        if run.failed:
            told["responseContext"]["functionError"] = "Unhandled"
        told["responsePayload"] = _parsed(run.payload)
    return told


def record_delivery(ending: Ending, function_arn: str, arn: str, now: float) -> Delivery:
    """The invocation record for the destination `arn`."""
    event = ending.event
    told = record(ending, function_arn, now)
    body = _encoded(told)
    result = "Success" if ending.condition == "Success" else "Failure"
    if result == "Failure" and ":sns:" in arn and len(body) > MAX_TOPIC_MESSAGE:
        body = _encoded({key: told[key] for key in told if not key.endswith("Payload")})
    return Delivery(
        "destination",
        event.function,
        event.qualifier,
        arn,
        event.trace_header,
        {"Result": result, "FunctionArn": function_arn},
        body,
        now,
    )


def dead_letter(ending: Ending, arn: str, now: float) -> Delivery:
    """The event itself for the dead-letter queue or topic `arn`, with what went wrong."""
    event, run = ending.event, ending.run
    code, message = ending.refusal if run is None else ("200", error_message(run.payload))
    attributes = {"RequestID": event.request_id, "ErrorCode": code, "ErrorMessage": message}
    return Delivery(
        "dead-letter",
        event.function,
        event.qualifier,
        arn,
        event.trace_header,
        attributes,
        event.payload,
        now,
    )


def _encoded(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def error_message(response: bytes) -> str:
    """The first 1 KB of a function error's errorMessage; never empty, which SQS refuses."""
    told = _parsed(response)
    message = told.get("errorMessage") if isinstance(told, dict) else None
    text = message if isinstance(message, str) and message else "Unhandled"
    return text.encode("utf-8", "replace")[:MAX_ERROR_MESSAGE].decode("utf-8", "ignore")


def _parsed(payload: bytes) -> Any:
    """The JSON value, or the text as it is when a runtime answered with something else."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload.decode("utf-8", "replace")
