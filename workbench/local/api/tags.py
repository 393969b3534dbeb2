"""ListTags, TagResource, UntagResource (lambda-facts §4.6 no. 9, 39, 46)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.local.api.code import code_signing
from workbench.local.api.context import Context, Input, Output
from workbench.local.arns import event_source_mapping_arn, resolve_function
from workbench.local.errors import invalid_parameter, not_found
from workbench.local.store.records import EventSourceMapping

MAX_TAGS = 50


def check_count(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a resource may have."""
    if len(tags) > MAX_TAGS:
        raise invalid_parameter("Number of tags exceeds resource tag limit.")


def list_tags(context: Context, input: Input) -> Output:
    """The resource's tags."""
    return {"Tags": _read(context, input["Resource"])}


def tag_resource(context: Context, input: Input) -> Output:
    """Add tags, replacing those of the same names. A function gets a new RevisionId."""
    if not input["Tags"]:
        raise invalid_parameter("An error occurred and the request cannot be processed.")
    tags = {**_read(context, input["Resource"]), **input["Tags"]}
    check_count(tags)
    _write(context, input["Resource"], tags)
    return {}


def untag_resource(context: Context, input: Input) -> Output:
    """Remove tags; those not there are no error. A function gets a new RevisionId."""
    tags = _read(context, input["Resource"])
    left = {key: value for key, value in tags.items() if key not in input["TagKeys"]}
    _write(context, input["Resource"], left)
    return {}


def _read(context: Context, arn: str) -> dict[str, str]:
    if _kind(arn) == "code-signing-config":
        return dict(code_signing.found(context, arn).tags)
    if _kind(arn) == "event-source-mapping":
        return dict(_mapping(context, arn).tags)
    return dict(context.function(_function(context, arn)).tags)


def _write(context: Context, arn: str, tags: Mapping[str, str]) -> None:
    if _kind(arn) == "code-signing-config":
        config = code_signing.found(context, arn)
        context.store.code_signing_configs.put(replace(config, tags=tags))
        return
    if _kind(arn) == "event-source-mapping":
        mapping = _mapping(context, arn)
        context.store.event_source_mappings.put(replace(mapping, tags=tags))
        return
    name = _function(context, arn)
    context.store.functions.put(replace(context.function(name), tags=tags))
    context.renew_revision(name)


def _mapping(context: Context, arn: str) -> EventSourceMapping:
    found = context.store.event_source_mappings.get(arn.rpartition(":")[2])
    if found is None or event_source_mapping_arn(context.config, found.uuid) != arn:
        raise not_found(f"Event source mapping not found: {arn}")
    return found


def _function(context: Context, arn: str) -> str:
    """The function's name. Raises 404 for a resource of a kind of which there is none here."""
    kind = _kind(arn)
    if kind in _ABSENT:
        raise not_found(f"{_ABSENT[kind]} not found: {arn}")
    name, qualifier = resolve_function(context.config, arn)
    if qualifier is not None:
        raise invalid_parameter(
            "Tags on function aliases and versions are not supported. "
            "Please specify a function ARN."
        )
    return name


_ABSENT = {
    "capacity-provider": "Capacity provider",
    "layer": "Layer",
}


def _kind(arn: str) -> str:
    return arn.split(":")[5]
