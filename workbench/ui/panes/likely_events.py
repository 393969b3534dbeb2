"""Which sample events a function's own triggers would send it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws.triggers.trigger import Trigger
from workbench.aws.triggers.words import kind_words

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

_GATEWAYS = ("RestApi", "HttpApi")
"""Those whose events tell the route."""

_BODILESS = ("GET", "HEAD", "DELETE", "OPTIONS")

_VARIABLE = re.compile(r"\{[^}]*\}")
_MOST = 6


@dataclass(frozen=True, slots=True)
class Likely:
    """A sample, the trigger that would send it in words (`short` for a list), and values for those
    of its parameters that are among them. `route`: "POST /orders/{id}" of an API, or ""."""

    sample: str
    words: str
    values: Mapping[str, str]
    short: str = ""
    route: str = ""


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
                found.setdefault((sample, source), Likely(sample, source, values, source))
                continue
            route = f"{method} {path}"
            values = {"method": method, "path": _VARIABLE.sub("42", path), "query": ""}
            if method in _BODILESS:
                values["body"] = ""
            short = f"{route} · {kind_words(trigger.kind)}"
            likely = Likely(sample, f"{route} of {source}", values, short,
                            route if trigger.kind in _GATEWAYS else "")  # fmt: skip
            found.setdefault((sample, route), likely)
    return list(found.values())[:_MOST]


def along_route(event: dict[str, Any], route: str) -> dict[str, Any]:
    """An API's event as it is when this route took the request: lambda-facts §8."""
    path = route.partition(" ")[2]
    first_format = "resource" in event
    requested = event["path"] if first_format else event["rawPath"]
    if first_format:
        event["resource"] = event["requestContext"]["resourcePath"] = path
    else:
        event["routeKey"] = event["requestContext"]["routeKey"] = route
    names = [name.strip("{}+") for name in _VARIABLE.findall(path)]
    values = re.fullmatch("(.+)".join(map(re.escape, _VARIABLE.split(path))), requested)
    if names and values:
        event["pathParameters"] = dict(zip(names, values.groups(), strict=True))
    elif first_format:
        event["pathParameters"] = None
    else:
        event.pop("pathParameters", None)
    return event


def _routes(trigger: Trigger, function: str) -> list[tuple[str, str]]:
    """(method, path) of the routes to a function: `POST /orders → PlaceOrder:live  (Auth)`."""
    routes = []
    for route in trigger.routes:
        request, _, to = route.partition(" → ")
        if to.partition("  ")[0].partition(":")[0] == function:
            method, _, path = request.partition(" ")
            routes.append((method, path))
    return routes
