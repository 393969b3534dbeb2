"""Layers: publish, get, list, delete (lambda-facts §1.8, §4.2, §4.6 no. 8, 37)."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.local.api.code import code_source
from workbench.local.api.code.code_location import layer_location
from workbench.local.api.context import Context, Input, Output
from workbench.local.api.functions import configuration
from workbench.local.api.paging import page_size
from workbench.local.arns import layer_arn, parse_layer
from workbench.local.errors import ApiError, invalid_parameter, not_found
from workbench.local.store.records import LayerVersion

MISSING = "The resource you requested does not exist."


async def publish_layer_version(context: Context, input: Input) -> Output:
    """201 with the new version; the layer is made with its first one."""
    layer = own_layer(context, input["LayerName"])
    content = input["Content"]
    archive = await code_source.archive(context, content, "layer content")
    snapshot = await code_source.save(context, content, archive)
    layers = context.store.layers
    version = LayerVersion(
        layer,
        layers.next_number(layer),
        snapshot.sha256,
        snapshot.size,
        configuration.now(),
        input.get("Description") or "",
        input.get("LicenseInfo"),
        _stated(input, "CompatibleArchitectures"),
        _stated(input, "CompatibleRuntimes"),
    )
    layers.put(version)
    return _with_content(context, version)


def _stated(input: Input, member: str) -> tuple[str, ...] | None:
    return None if input.get(member) is None else tuple(input[member])


def get_layer_version(context: Context, input: Input) -> Output:
    """The version with a link to what it contains."""
    layer = own_layer(context, input["LayerName"])
    return _found(context, layer, _number(input))


def get_layer_version_by_arn(context: Context, input: Input) -> Output:
    """The same by ARN."""
    layer = own_layer(context, input["Arn"])
    return _found(context, layer, parse_layer(input["Arn"]).version)


def delete_layer_version(context: Context, input: Input) -> Output:
    """204, also when there is no such version. Functions that have it keep it."""
    layer = own_layer(context, input["LayerName"])
    context.store.layers.delete(layer, _number(input))
    return {}


def list_layer_versions(context: Context, input: Input) -> Output:
    """One page of a layer's versions, the newest first. `Marker` is the last number before."""
    layer = own_layer(context, input["LayerName"])
    marker = input.get("Marker") or ""
    if marker and not marker.isdecimal():
        raise invalid_parameter("The Marker is not one that a page before has returned.")
    found = [
        version
        for version in _matching(context.store.layers.versions(layer), input)
        if not marker or version.version < int(marker)
    ]
    size = page_size(input)
    output: Output = {"LayerVersions": [_listed(context, version) for version in found[:size]]}
    if len(found) > size:
        output["NextMarker"] = str(found[size - 1].version)
    return output


def list_layers(context: Context, input: Input) -> Output:
    """One page of layers, each with its newest version that fits the filters; those without
    any are left out. `Marker` is the name of the last layer before."""
    layers = context.store.layers
    size = page_size(input)
    found: list[LayerVersion] = []
    for name in layers.names(after=input.get("Marker") or ""):
        found += _matching(layers.versions(name), input)[:1]
        if len(found) > size:
            break
    output: Output = {
        "Layers": [
            {
                "LayerName": version.layer,
                "LayerArn": layer_arn(context.config, version.layer),
                "LatestMatchingVersion": _listed(context, version),
            }
            for version in found[:size]
        ]
    }
    if len(found) > size:
        output["NextMarker"] = found[size - 1].layer
    return output


def own_layer(context: Context, name_or_arn: str) -> str:
    """The name of a layer of this account and region. Raises 403 for another account's, 404
    for another region's."""
    reference = parse_layer(name_or_arn)
    if reference.account not in (None, context.config.account):
        raise foreign(context, name_or_arn)
    if reference.region not in (None, context.config.region):
        raise not_found(MISSING)
    return reference.name


def foreign(context: Context, arn: str) -> ApiError:
    """403: nobody else's layer can be reached from here."""
    return ApiError(
        "AccessDeniedException",
        f"User: arn:aws:iam::{context.config.account}:root is not authorized to perform: "
        f"lambda:GetLayerVersion on resource: {arn} because no resource-based policy allows the "
        "lambda:GetLayerVersion action",
    )


def _number(input: Input) -> int:
    number: int = input["VersionNumber"]
    if number < 1:
        raise invalid_parameter("Layer Version Cannot be less than 1")
    return number


def _found(context: Context, layer: str, number: int | None) -> Output:
    version = None if number is None else context.store.layers.get(layer, number)
    if version is None:
        raise not_found(MISSING)
    return _with_content(context, version)


def _matching(versions: Iterable[LayerVersion], input: Input) -> list[LayerVersion]:
    runtime, architecture = input.get("CompatibleRuntime"), input.get("CompatibleArchitecture")
    return [
        version
        for version in versions
        if (runtime is None or runtime in (version.runtimes or ()))
        and (architecture is None or architecture in (version.architectures or ()))
    ]


def _listed(context: Context, version: LayerVersion) -> Output:
    output: Output = {
        "LayerVersionArn": layer_arn(context.config, version.layer, version.version),
        "Version": version.version,
        "Description": version.description,
        "CreatedDate": version.created,
    }
    for member, value in (
        ("CompatibleArchitectures", version.architectures),
        ("CompatibleRuntimes", version.runtimes),
        ("LicenseInfo", version.license),
    ):
        if value is not None:
            output[member] = list(value) if isinstance(value, tuple) else value
    return output


def _with_content(context: Context, version: LayerVersion) -> Output:
    return {
        "Content": {
            "Location": layer_location(context, version),
            "CodeSha256": version.code_sha256,
            "CodeSize": version.size,
        },
        "LayerArn": layer_arn(context.config, version.layer),
        **_listed(context, version),
    }
