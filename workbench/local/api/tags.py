"""ListTags, TagResource, UntagResource (lambda-facts §4.6 no. 39)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.local.api.context import Context, Input, Output
from workbench.local.arns import resolve_function
from workbench.local.errors import invalid_parameter
from workbench.local.store.records import Function

MAX_TAGS = 50


def check_count(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a function may have."""
    if len(tags) > MAX_TAGS:
        raise invalid_parameter("Number of tags exceeds resource tag limit.")


def list_tags(context: Context, input: Input) -> Output:
    """The function's tags."""
    return {"Tags": dict(_tagged(context, input).tags)}


def tag_resource(context: Context, input: Input) -> Output:
    """Add tags, replacing those of the same names."""
    function = _tagged(context, input)
    if not input["Tags"]:
        raise invalid_parameter("An error occurred and the request cannot be processed.")
    tags = {**function.tags, **input["Tags"]}
    check_count(tags)
    context.store.functions.put(replace(function, tags=tags))
    return {}


def untag_resource(context: Context, input: Input) -> Output:
    """Remove tags; those not there are no error."""
    function = _tagged(context, input)
    tags = {key: value for key, value in function.tags.items() if key not in input["TagKeys"]}
    context.store.functions.put(replace(function, tags=tags))
    return {}


def _tagged(context: Context, input: Input) -> Function:
    name, qualifier = resolve_function(context.config, input["Resource"])
    if qualifier is not None:
        raise invalid_parameter(
            "Tags on function aliases and versions are not supported. "
            "Please specify a function ARN."
        )
    return context.function(name)
