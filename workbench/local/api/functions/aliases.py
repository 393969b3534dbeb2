"""Create-, Get-, Update-, Delete- and ListAliases (lambda-facts §4.5)."""

from __future__ import annotations

from dataclasses import replace

from workbench.local.api.concurrency import provisioned
from workbench.local.api.context import Context, Input, Output, new_revision
from workbench.local.api.paging import page_size
from workbench.local.errors import conflict, invalid_parameter, not_found, stale_revision
from workbench.local.store.records import LATEST, Alias


def create_alias(context: Context, input: Input) -> Output:
    """201 with the alias."""
    name, _ = context.named(input)
    context.function(name, input["FunctionVersion"])
    if context.store.functions.alias(name, input["Name"]) is not None:
        raise conflict(f"Alias already exists: {context.arn(name, input['Name'])}")
    alias = Alias(
        name,
        input["Name"],
        input["FunctionVersion"],
        input.get("Description") or "",
        new_revision(),
        _weights(input),
    )
    return _kept(context, alias)


def get_alias(context: Context, input: Input) -> Output:
    """The alias, or 404."""
    name, _ = context.named(input)
    context.function(name)
    return _rendered(context, context.alias(name, input["Name"]))


def update_alias(context: Context, input: Input) -> Output:
    """Change what is given; always a new RevisionId."""
    name, _ = context.named(input)
    context.function(name)
    alias = context.store.functions.alias(name, input["Name"])
    if alias is None:
        raise not_found(f"Alias not found: {context.arn(name, input['Name'])}")
    if input.get("RevisionId") not in (None, alias.revision_id):
        raise stale_revision()
    changed = replace(
        alias,
        version=input.get("FunctionVersion", alias.version),
        description=input.get("Description", alias.description),
        weights=_weights(input) if "RoutingConfig" in input else alias.weights,
        revision_id=new_revision(),
    )
    return _kept(context, changed)


def delete_alias(context: Context, input: Input) -> Output:
    """204, also when there is no such alias."""
    name, _ = context.named(input)
    context.function(name)
    context.store.functions.delete_alias(name, input["Name"])
    return {}


def list_aliases(context: Context, input: Input) -> Output:
    """One page of the aliases, those of FunctionVersion if that is given."""
    name, _ = context.named(input)
    context.function(name)
    wanted = input.get("FunctionVersion")
    found = [
        alias
        for alias in context.store.functions.aliases(name, after=input.get("Marker") or "")
        if wanted in (None, alias.version) or wanted in alias.weights
    ]
    size = page_size(input)
    output: Output = {"Aliases": [_rendered(context, alias) for alias in found[:size]]}
    if len(found) > size:
        output["NextMarker"] = found[size - 1].name
    return output


def _weights(input: Input) -> dict[str, float]:
    routing = input.get("RoutingConfig") or {}
    weights: dict[str, float] = routing.get("AdditionalVersionWeights") or {}
    return weights


def _kept(context: Context, alias: Alias) -> Output:
    """Check what the alias points at (lambda-facts §4.6 no. 3, 24), keep it, return it."""
    if len(alias.weights) > 1:
        raise invalid_parameter(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    if alias.weights and alias.version == LATEST:
        raise invalid_parameter(
            "$LATEST is not supported for an alias pointing to more than 1 version", type=None
        )
    if alias.version in alias.weights:
        raise invalid_parameter(
            f"Invalid function version {alias.version}. Function version {alias.version} is "
            "already included in routing configuration."
        )
    for version in (alias.version, *alias.weights):
        context.version(alias.function, version)
    provisioned.check_moved(context, alias)
    context.store.functions.put_alias(alias)
    return _rendered(context, alias)


def _rendered(context: Context, alias: Alias) -> Output:
    output: Output = {
        "AliasArn": context.arn(alias.function, alias.name),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        output["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return output
