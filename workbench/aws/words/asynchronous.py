"""What becomes of an event that nobody waits for, in words: retries, age, where it goes then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import LambdaError, in_words
from workbench.aws.records import Target

RETRIES = 2
AGE_S = 6 * 3600
"""Lambda's defaults (lambda-facts §6)."""


def event_invoke_config(target: Target, name: str, qualifier: str | None) -> Mapping[str, Any]:
    """GetFunctionEventInvokeConfig's answer; {} where nothing was set. Raises LambdaError."""
    client = Clients(target).control
    which = {"Qualifier": qualifier} if qualifier else {}
    try:
        with in_words(target):
            return client.get_function_event_invoke_config(FunctionName=name, **which)
    except LambdaError as error:
        if error.code != "ResourceNotFoundException":
            raise
    return {}


def asynchronous_words(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(label, value) of an EventInvokeConfig; what it leaves out is Lambda's default."""
    retries = config.get("MaximumRetryAttempts", RETRIES)
    times = {0: "not at all", 1: "once more, after 1 min"}
    yield "Tried again", times.get(retries, "twice more, after 1 and 2 min")
    yield "For at most", _age(config.get("MaximumEventAgeInSeconds", AGE_S))
    destinations: Mapping[str, Any] = config.get("DestinationConfig", {})
    for outcome, label in (("OnSuccess", "On success"), ("OnFailure", "On failure")):
        if arn := destinations.get(outcome, {}).get("Destination"):
            yield label, f"to {arn}"


def _age(seconds: int) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
