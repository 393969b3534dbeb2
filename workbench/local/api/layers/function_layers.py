"""The layers of a function: whether it may have them, and their folders (§4.6 no. 8, 37)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workbench.local.api.context import Context, Input, Output
from workbench.local.api.layers.layers import foreign
from workbench.local.arns import layer_arn, parse_layer
from workbench.local.errors import invalid_parameter
from workbench.local.store import zips
from workbench.local.store.records import LayerVersion

MAX_LAYERS = 5


def resolved(context: Context, arns: list[str]) -> tuple[LayerVersion, ...]:
    """The layer versions that `arns` name, in their order. Raises ApiError."""
    if len(arns) > MAX_LAYERS:
        raise invalid_parameter(f"Cannot reference more than {MAX_LAYERS} layers.")
    seen: dict[str, str] = {}
    found: list[LayerVersion] = []
    for arn in arns:
        version = _resolved(context, arn)
        if version.layer in seen:
            raise invalid_parameter(
                "Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {seen[version.layer]} and {arn} are versions of the same layer."
            )
        seen[version.layer] = arn
        found.append(version)
    return tuple(found)


def apply(
    context: Context, configuration: dict[str, Any], input: Input
) -> tuple[LayerVersion, ...] | None:
    """Change the Layers of `configuration` as a create or update request says; returns them, or
    None when the request leaves them as they are."""
    if "Layers" not in input:
        return None
    versions = resolved(context, input["Layers"])
    configuration.pop("Layers", None)
    if versions:
        configuration["Layers"] = rendered(context, versions)
    return versions


def _resolved(context: Context, arn: str) -> LayerVersion:
    reference = parse_layer(arn)
    region = context.config.region
    if reference.account != context.config.account:
        raise foreign(context, arn)
    if reference.region != region:
        raise invalid_parameter(
            "Layers are not in the same region as the function. "
            f"Layers are expected to be in region {region}."
        )
    found = context.store.layers.get(reference.name, reference.version or 0)
    if found is None:
        raise invalid_parameter(f"Layer version {arn} does not exist.")
    return found


def rendered(context: Context, versions: Iterable[LayerVersion]) -> list[Output]:
    """The member Layers of a configuration."""
    return [
        {"Arn": layer_arn(context.config, version.layer, version.version), "CodeSize": version.size}
        for version in versions
    ]


def folders(versions: Iterable[LayerVersion]) -> tuple[Path, ...]:
    """Where the layers are unpacked, within the code store: they stay there when the layer
    version is deleted, and follow the project when it is moved."""
    return tuple(Path(version.code) for version in versions)


def check_size(context: Context, code: str, layers: Iterable[Path]) -> None:
    """Refuse code and layers that are more than Lambda unpacks (lambda-facts §10.1).

    `code` is the SHA-256 (hex) of the function's archive, "" for a linked folder; layers of a
    linked folder, which have absolute paths, are not counted either.
    """
    store = context.store.code
    kept = [store.archive(layer.name) for layer in layers if not layer.is_absolute()]
    consumed = sum(map(zips.unpacked_size, kept))
    if consumed > zips.MAX_UNZIPPED:
        raise invalid_parameter(
            f"Layers consume more than the available size of {zips.MAX_UNZIPPED} bytes"
        )
    total = consumed + (zips.unpacked_size(store.archive(code)) if code else 0)
    if consumed and total > zips.MAX_UNZIPPED:
        raise invalid_parameter(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{zips.MAX_UNZIPPED} bytes. The actual size is {total} bytes."
        )
