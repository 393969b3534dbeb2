"""Reserved concurrency and the account's settings (lambda-facts §5, §4.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench.local.api.context import Context, Input, Output, unqualified_only
from workbench.local.errors import invalid_parameter
from workbench.local.store.records import LATEST
from workbench.local.store.zips import MAX_UNZIPPED, MAX_ZIPPED

TOTAL_CODE_SIZE = 80_530_636_800
_ALL = 1_000_000


def put_function_concurrency(context: Context, input: Input) -> Output:
    """Reserve concurrency; 0 stops the function. The unreserved minimum must remain."""
    name, qualifier = context.named(input)
    unqualified_only(qualifier)
    function = context.function(name, LATEST)
    wanted = input["ReservedConcurrentExecutions"]
    provisioned = sum(provisioned_of(context, name).values())
    if wanted < provisioned:
        raise invalid_parameter(
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total "
            f"provisioned concurrency [{provisioned}].",
            type=None,
        )
    config = context.config
    if wanted and unclaimed(context, without=name) - wanted < config.unreserved_minimum:
        raise invalid_parameter(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of "
            f"[{config.unreserved_minimum}].",
            type=None,
        )
    context.store.functions.put(replace(function, reserved_concurrency=wanted))
    return {"ReservedConcurrentExecutions": wanted}


def get_function_concurrency(context: Context, input: Input) -> Output:
    """What is reserved; empty when nothing is."""
    name, qualifier = context.named(input)
    unqualified_only(qualifier)
    reserved = context.function(name).reserved_concurrency
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


def delete_function_concurrency(context: Context, input: Input) -> Output:
    """Reserve nothing any more."""
    name, qualifier = context.named(input)
    unqualified_only(qualifier)
    function = context.function(name)
    context.store.functions.put(replace(function, reserved_concurrency=None))
    return {}


def get_account_settings(context: Context, input: Input) -> Output:
    """Limits and usage of the account."""
    total = context.config.concurrency
    functions = context.store.functions
    return {
        "AccountLimit": {
            "TotalCodeSize": TOTAL_CODE_SIZE,
            "CodeSizeUnzipped": MAX_UNZIPPED,
            "CodeSizeZipped": MAX_ZIPPED,
            "ConcurrentExecutions": total,
            "UnreservedConcurrentExecutions": unclaimed(context),
        },
        "AccountUsage": {
            "TotalCodeSize": (functions.total_code_size() + context.store.layers.total_code_size()),
            "FunctionCount": functions.count(),
        },
    }


def all_of(context: Context, name: str) -> list[tuple[str, Any]]:
    """The function's provisioned concurrency configurations as they are kept, by qualifier."""
    attachments = context.store.attachments
    return attachments.of_function("provisioned-concurrency", name, limit=_ALL)


def provisioned_of(context: Context, name: str) -> dict[str, int]:
    """The provisioned concurrency that was asked for, by qualifier."""
    return {qualifier: config["Requested"] for qualifier, config in all_of(context, name)}


def unclaimed(context: Context, *, without: str | None = None) -> int:
    """The account's concurrency that no function, but for `without`, has for itself: reserved, or
    else provisioned (lambda-facts §5)."""
    reserved = context.store.functions.reserved
    claims = dict(reserved)
    for name, _, config in context.store.attachments.everywhere("provisioned-concurrency"):
        arn = context.arn(name)
        if arn not in reserved:
            claims[arn] = claims.get(arn, 0) + config["Requested"]
    if without is not None:
        claims.pop(context.arn(without), None)
    return context.config.concurrency - sum(claims.values())
