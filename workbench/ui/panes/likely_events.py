"""Which sample events a function's own triggers would send it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.aws.trigger_words import kind_words
from workbench.aws.triggers import Trigger

_SAMPLES = {
    "FunctionUrl": "function-url",
    "HttpApi": "apigateway-http-api",
    "RestApi": "apigateway-rest-proxy",
    "WebSocketApi": "apigateway-websocket-message",
    "Alb": "alb-request",
    "Edge": "cloudfront-viewer-request",
    "SQS": "sqs-message",
    "Kinesis": "kinesis-batch",
    "DynamoDB": "dynamodb-update",
    "Kafka": "kafka-self-managed",
    "S3": "s3-put",
    "SNS": "sns-notification",
    "Rule": "eventbridge-custom",
    "Schedule": "eventbridge-scheduled",
    "LogSubscription": "cloudwatch-logs",
}
"""The sample of each kind of trigger."""

_NAMED = ("queue", "bucket", "topic", "stream", "table", "log_group", "rule")
"""Parameters of samples that the trigger's name is for."""

_VARIABLE = re.compile(r"\{[^}]*\}")
_MOST = 6


@dataclass(frozen=True, slots=True)
class Likely:
    """A sample, the trigger that would send it in words, and values for those of its parameters
    that are among them."""

    sample: str
    words: str
    values: Mapping[str, str]


def likely_events(triggers: Iterable[Trigger], function: str) -> list[Likely]:
    """The samples for a function's triggers, one for each route of an API, at most six."""
    found: dict[tuple[str, str], Likely] = {}
    for trigger in triggers:
        sample = _SAMPLES.get(trigger.kind)
        if sample is None or not trigger.of(function):
            continue
        source = f"{kind_words(trigger.kind)} {trigger.name}"
        for method, path in _routes(trigger, function) or [("", "")]:
            if not path.startswith("/"):
                values = dict.fromkeys(_NAMED, trigger.name)
                found.setdefault((sample, source), Likely(sample, source, values))
                continue
            words = f"{method} {path}"
            values = {"method": method, "path": _VARIABLE.sub("42", path)}
            found.setdefault((sample, words), Likely(sample, f"{words} of {source}", values))
    return list(found.values())[:_MOST]


def _routes(trigger: Trigger, function: str) -> list[tuple[str, str]]:
    """(method, path) of the routes to a function: `POST /orders → PlaceOrder:live  (Auth)`."""
    routes = []
    for route in trigger.routes:
        request, _, to = route.partition(" → ")
        if to.partition("  ")[0].partition(":")[0] == function:
            method, _, path = request.partition(" ")
            routes.append((method, path))
    return routes
