"""Recursive loops of invocations, and whether they are ended: Get- and PutFunctionRecursionConfig
(lambda-facts §6)."""

from __future__ import annotations

from typing import Final

from workbench.local.api.context import Context, Input, Output, unqualified_only
from workbench.local.api.functions.specs import Target
from workbench.local.delivery import lineage
from workbench.local.errors import ApiError

KIND: Final = "recursion"
TERMINATE = "Terminate"


def put_function_recursion_config(context: Context, input: Input) -> Output:
    """Terminate a loop the function is part of, or Allow it."""
    name = _name(context, input)
    context.store.attachments.put(KIND, name, input["RecursiveLoop"])
    return {"RecursiveLoop": input["RecursiveLoop"]}


def get_function_recursion_config(context: Context, input: Input) -> Output:
    """Terminate unless something else was put."""
    name = _name(context, input)
    return {"RecursiveLoop": recursive_loop(context, name)}


def recursive_loop(context: Context, name: str) -> str:
    """What happens when the function `name` is found in a loop: Terminate or Allow."""
    kept: str | None = context.store.attachments.get(KIND, name)
    return kept or TERMINATE


def trace_header(context: Context, target: Target, incoming: str | None) -> str:
    """The trace header for an invocation of `target` asked for with the header `incoming`.

    Raises ApiError when the invocation continues a recursive loop.
    """
    header = context.sampler.header(target.spec, incoming)
    header, earlier = lineage.extended(header, target.mark)
    name = target.spec.name
    if earlier >= lineage.LIMIT and recursive_loop(context, name) == TERMINATE:
        context.metrics.count("RecursiveInvocationsDropped", name)
        raise ApiError("RecursiveInvocationException", lineage.LOOP)
    return header


def _name(context: Context, input: Input) -> str:
    name, qualifier = context.named(input)
    unqualified_only(qualifier)
    context.function(name)
    return name
