"""Put-, Update-, Get-, Delete- and ListFunctionEventInvokeConfigs (lambda-facts §6, §4.6 no. 6,
43): how asynchronous invocations of a function, a version or an alias are treated.

Each qualifier has its own; a new version has none.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.paging import attached_page
from workbench.local.arns import parse_function
from workbench.local.errors import ApiError, invalid_parameter, not_found
from workbench.local.store.records import LATEST

KIND: Final = "event-invoke-config"

_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


def put_function_event_invoke_config(context: Context, input: Input) -> Output:
    """Replace all of it; what is not given is unset."""
    name, qualifier, given = _request(context, input)
    return _kept(context, name, qualifier, given)


def update_function_event_invoke_config(context: Context, input: Input) -> Output:
    """Change what is given of a configuration that is there."""
    name, qualifier, given = _request(context, input)
    found = _found(context, name, qualifier)
    kept = {key: value for key, value in found.items() if key != "LastModified"}
    return _kept(context, name, qualifier, kept | given)


def get_function_event_invoke_config(context: Context, input: Input) -> Output:
    """The configuration of this very qualifier, or 404."""
    name, qualifier = _named(context, input)
    return _rendered(context, name, qualifier, _found(context, name, qualifier))


def delete_function_event_invoke_config(context: Context, input: Input) -> Output:
    """204, or 404 when there is none."""
    name, qualifier = _named(context, input)
    _found(context, name, qualifier)
    context.store.attachments.remove(KIND, name, qualifier)
    return {}


def list_function_event_invoke_configs(context: Context, input: Input) -> Output:
    """One page, $LATEST first, then versions and aliases. `Marker` is the last qualifier seen."""
    name, _ = context.named(input)
    if context.store.functions.get(name) is None:
        raise _no_function()
    shown, more = attached_page(context, KIND, name, input)
    return {
        "FunctionEventInvokeConfigs": [
            _rendered(context, name, qualifier, config) for qualifier, config in shown
        ],
        **more,
    }


def declare(context: Context, name: str, declared: Mapping[str, Any] | None) -> None:
    """Give the function `name` the configuration that its project declares, or none any more."""
    if declared is None:
        context.store.attachments.remove(KIND, name)
    else:
        _kept(context, name, LATEST, dict(declared))


def _request(context: Context, input: Input) -> tuple[str, str, dict[str, Any]]:
    """Whose configuration a put or update is about, and what it sets, checked."""
    name, qualifier = _named(context, input)
    given = {key: input[key] for key in _SETTINGS if input.get(key) is not None}
    if not given:
        raise invalid_parameter(
            "You must specify at least one of error handling or destination setting."
        )
    try:
        context.version(name, qualifier)
    except ApiError:
        raise _no_function() from None
    _check_destinations(context, name, given.get("DestinationConfig") or {})
    return name, qualifier, given


def _named(context: Context, input: Input) -> tuple[str, str]:
    name, qualifier = context.named(input)
    return name, qualifier or LATEST


def _no_function() -> ApiError:
    return not_found("The function doesn't exist.")


def _found(context: Context, name: str, qualifier: str) -> dict[str, Any]:
    found: dict[str, Any] | None = context.store.attachments.get(KIND, name, qualifier)
    if found is None:
        arn = context.arn(name, qualifier)
        raise not_found(f"The function {arn} doesn't have an EventInvokeConfig")
    return found


def _kept(context: Context, name: str, qualifier: str, config: dict[str, Any]) -> Output:
    config = {**config, "LastModified": round(time.time(), 3)}
    context.store.attachments.put(KIND, name, config, qualifier)
    return _rendered(context, name, qualifier, config)


def _rendered(context: Context, name: str, qualifier: str, config: Mapping[str, Any]) -> Output:
    destinations = config.get("DestinationConfig") or {}
    return {
        **config,
        "FunctionArn": context.arn(name, qualifier),
        "DestinationConfig": {
            side: destinations.get(side) or {} for side in ("OnSuccess", "OnFailure")
        },
    }


def _check_destinations(context: Context, name: str, config: Mapping[str, Any]) -> None:
    success, failure = (
        (config.get(side) or {}).get("Destination") or None for side in ("OnSuccess", "OnFailure")
    )
    for arn, services in (
        (success, ("lambda", "sqs", "sns", "events")),
        (failure, ("lambda", "sqs", "sns", "events", "s3")),
    ):
        if arn is None:
            continue
        service = arn.split(":")[2] if arn.startswith("arn:") else ""
        if service not in services:
            success_part = f"OnSuccess(destination={success})" if success else "null"
            failure_part = f"OnFailure(destination={failure})" if failure else "null"
            raise invalid_parameter(
                f"The provided destination config DestinationConfig(onSuccess={success_part}, "
                f"onFailure={failure_part}) is invalid."
            )
        if service == "lambda":
            _check_function(context, name, arn)
        elif arn.endswith(".fifo"):  # only standard queues and topics
            raise invalid_parameter(f"The destination ARN {arn} is invalid.")


def _check_function(context: Context, name: str, arn: str) -> None:
    reference = parse_function(arn)
    if reference is not None and reference.name == name:
        raise invalid_parameter("You can't specify the function as a destination for itself.")
    try:
        if reference is None:
            raise not_found(arn)
        context.version(*context.named({"FunctionName": arn}))
    except ApiError:
        raise invalid_parameter(f"The destination ARN {arn} is invalid.") from None
