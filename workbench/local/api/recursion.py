"""Get- and PutFunctionRecursionConfig: whether loops of invocations are ended (lambda-facts §6)."""

from __future__ import annotations

from typing import Final

from workbench.local.api.context import Context, Input, Output, unqualified_only

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


def _name(context: Context, input: Input) -> str:
    name, qualifier = context.named(input)
    unqualified_only(qualifier)
    context.function(name)
    return name
