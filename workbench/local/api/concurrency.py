"""Reserved concurrency and the account's settings (lambda-facts §5, §4.3)."""

from __future__ import annotations

from dataclasses import replace

from workbench.local.api.context import Context, Input, Output, unqualified_only
from workbench.local.errors import invalid_parameter
from workbench.local.store.records import LATEST
from workbench.local.store.zips import MAX_UNZIPPED, MAX_ZIPPED

TOTAL_CODE_SIZE = 80_530_636_800


def put_function_concurrency(context: Context, input: Input) -> Output:
    """Reserve concurrency; 0 stops the function. The unreserved minimum must remain."""
    name, qualifier = context.named(input)
    unqualified_only(qualifier)
    function = context.function(name, LATEST)
    wanted = input["ReservedConcurrentExecutions"]
    config = context.config
    others = _reserved(context) - (function.reserved_concurrency or 0)
    if wanted and config.concurrency - others - wanted < config.unreserved_minimum:
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
            "UnreservedConcurrentExecutions": total - _reserved(context),
        },
        "AccountUsage": {
            "TotalCodeSize": (functions.total_code_size() + context.store.layers.total_code_size()),
            "FunctionCount": functions.count(),
        },
    }


def _reserved(context: Context) -> int:
    return sum(context.store.functions.reserved.values())
