"""UpdateFunctionCode and UpdateFunctionConfiguration (lambda-facts §4.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbench.local.api.code import code_signing, images
from workbench.local.api.context import Context, Input, Output
from workbench.local.api.functions import configuration, versions, vpc
from workbench.local.api.functions.functions import measure_folders, saved_code
from workbench.local.api.functions.transitions import IN_PROGRESS, PENDING
from workbench.local.api.layers import function_layers
from workbench.local.errors import conflict, invalid_parameter, stale_revision
from workbench.local.store.records import Version


async def update_function_code(context: Context, input: Input) -> Output:
    """200 with LastUpdateStatus InProgress; with Publish, the new version. A function linked to
    a folder refuses: its code is edited there."""
    name, latest = _latest(context, input)
    if latest.image is not None:
        return await _update_image(context, input)
    if input.get("ImageUri"):
        raise invalid_parameter(
            "Please don't provide ImageUri when updating a function with packageType Zip."
        )
    if latest.folder is not None:
        raise conflict(
            f"The code of {name} is the folder {latest.folder}: edit it there, or take the "
            "function out of the project to upload code."
        )
    _check_revision(latest, input)
    signed_by = code_signing.config_of(context, name)
    snapshot = await saved_code(context, name, input, signed_by)
    _, latest = _latest(context, input)  # another request may have come in between
    _check_revision(latest, input)
    function_layers.check_size(context, snapshot.sha256, latest.layers)
    asked = configuration.with_code(latest.configuration, snapshot.code_sha256, snapshot.size)
    return _code_updated(context, input, replace(latest, code=snapshot.sha256), asked)


async def _update_image(context: Context, input: Input) -> Output:
    uri = images.image_uri(input, "updating")
    _check_revision(_latest(context, input)[1], input)
    image = await images.resolve(uri)
    _, latest = _latest(context, input)  # another request may have come in between
    _check_revision(latest, input)
    asked = configuration.with_code(latest.configuration, image.digest, 0)
    return _code_updated(context, input, replace(latest, image=image), asked)


def _code_updated(context: Context, input: Input, latest: Version, asked: dict[str, Any]) -> Output:
    """Keep `latest`, which has its new code already, with the configuration `asked`."""
    if input.get("Architectures"):
        asked["Architectures"] = input["Architectures"]
    updated = replace(latest, configuration=configuration.changed(asked, IN_PROGRESS))
    if input.get("DryRun"):
        return configuration.rendered(context, replace(latest, configuration=asked))
    context.store.functions.put_version(updated)
    context.transitions.begin(updated)
    if input.get("Publish"):
        published = versions.publish(context, updated, None, PENDING)
        return configuration.rendered(context, published, published.version)
    return configuration.rendered(context, updated)


async def update_function_configuration(context: Context, input: Input) -> Output:
    """200 with LastUpdateStatus InProgress. On a linked function it lasts until its template
    changes."""
    _latest(context, input)
    input = await vpc.looked_up(context, input)
    name, latest = _latest(context, input)
    _check_revision(latest, input)
    asked = dict(latest.configuration)
    configuration.apply(context, asked, input)
    layers = function_layers.apply(context, asked, input)
    updated = replace(latest, configuration=configuration.changed(asked, IN_PROGRESS))
    if layers is not None:
        code_signing.check_layers(context, code_signing.config_of(context, name), name, layers)
        updated = replace(updated, layers=function_layers.folders(layers))
        function_layers.check_size(context, updated.code, updated.layers)
    context.store.functions.put_version(updated)
    context.transitions.begin(updated)
    await measure_folders(context, [updated])
    return configuration.rendered(context, updated)


def _latest(context: Context, input: Input) -> tuple[str, Version]:
    """$LATEST, ready to be changed. Raises 404, and 409 while a change is in progress."""
    name, _ = context.named(input)
    version, _ = context.version(name, None)
    versions.refuse_unsettled(context, version)
    return name, version


def _check_revision(latest: Version, input: Input) -> None:
    wanted = input.get("RevisionId")
    if wanted and wanted != latest.configuration["RevisionId"]:
        raise stale_revision()
