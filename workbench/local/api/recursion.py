"""Get- and PutFunctionRecursionConfig: whether Lambda ends loops a function takes part in."""

from __future__ import annotations

from workbench.local.api.context import Context, Input, Output

DEFAULT = "Terminate"


def put_function_recursion_config(context: Context, input: Input) -> Output:
    """Keep the choice for the whole function."""
    name, _ = context.named(input)
    context.function(name)
    context.store.attachments.put("recursion", name, input["RecursiveLoop"])
    return {"RecursiveLoop": input["RecursiveLoop"]}


def get_function_recursion_config(context: Context, input: Input) -> Output:
    """The choice; Terminate when none was made."""
    name, _ = context.named(input)
    context.function(name)
    return {"RecursiveLoop": context.store.attachments.get("recursion", name) or DEFAULT}
