"""CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from workbench.local.api import tags
from workbench.local.api.code import code_signing, code_source, images
from workbench.local.api.code.code_location import location
from workbench.local.api.context import Context, Input, Output
from workbench.local.api.functions import configuration, snapstart, vpc
from workbench.local.api.functions.transitions import PENDING
from workbench.local.api.layers import function_layers
from workbench.local.api.paging import page_size, version_marker
from workbench.local.api.protocols.validate import detected, violation
from workbench.local.errors import ApiError, conflict, invalid_parameter
from workbench.local.store.code import CodeStore, Snapshot
from workbench.local.store.functions import place
from workbench.local.store.records import LATEST, CodeSigningConfig, Function, Version

MAX_NAME = 64


async def create_function(context: Context, input: Input) -> Output:
    """201 with State Pending; Active and with another RevisionId soon (lambda-facts §4.3)."""
    name, qualifier = context.named(input)
    if len(name) > MAX_NAME and name == input["FunctionName"]:
        text = f"Member must have length less than or equal to {MAX_NAME}"
        raise invalid_parameter(detected([violation(name, "functionName", text)]))
    if qualifier is not None:
        raise invalid_parameter("The function name of a new function cannot have a qualifier.")
    input = await vpc.looked_up(context, input)
    asked = configuration.created(context, name, input)
    layers = function_layers.apply(context, asked, input) or ()
    is_image = asked["PackageType"] == images.IMAGE
    if not is_image and not (asked["Runtime"] and asked["Handler"]):
        raise invalid_parameter(
            "Runtime and Handler are mandatory parameters for functions created with "
            "deployment packages."
        )
    labels = input.get("Tags") or {}
    tags.check_count(labels)
    _refuse_existing(context, name)
    signing = input.get("CodeSigningConfigArn")
    signed_by = code_signing.usable(context, signing) if signing else None
    code_signing.check_layers(context, signed_by, name, layers)
    if is_image:
        latest = await _with_image(name, asked, input["Code"])
    else:
        folders = function_layers.folders(layers)
        latest = await _with_archive(context, name, asked, input["Code"], folders, signed_by)
    # Once more: another request may have made it while the code was on its way.
    _refuse_existing(context, name)
    latest = replace(latest, configuration=configuration.changed(latest.configuration, PENDING))
    function = Function(name, tags=labels)
    made = [latest]
    if input.get("Publish"):
        snapped = snapstart.optimised(latest.configuration)
        first = {**configuration.changed(snapped, PENDING), "Version": "1"}
        source = configuration.fingerprint(latest)
        made.append(replace(latest, version="1", configuration=first, source=source))
        function = replace(function, last_version=1)
    context.store.functions.put(function, made)
    if signed_by is not None:
        context.store.attachments.put("code-signing-config", name, signed_by.id)
    for version in made:
        context.transitions.begin(version)
    # With Publish the answer is version 1, but its ARN is the function's all the same.
    return configuration.rendered(context, made[-1])


async def _with_image(name: str, asked: Output, code: Input) -> Version:
    """The first $LATEST of a function whose code is a container image. Raises ApiError."""
    image = await images.resolve(images.image_uri(code, "creating"))
    return Version(name, LATEST, configuration.with_code(asked, image.digest, 0), image=image)


async def _with_archive(
    context: Context,
    name: str,
    asked: Output,
    code: Input,
    layers: tuple[Path, ...],
    signed_by: CodeSigningConfig | None,
) -> Version:
    """The first $LATEST of a function whose code is an archive; `layers` are folders. Raises
    ApiError."""
    snapshot = await saved_code(context, name, code, signed_by)
    function_layers.check_size(context, snapshot.sha256, layers)
    asked = configuration.with_code(asked, snapshot.code_sha256, snapshot.size)
    return Version(name, LATEST, asked, snapshot.sha256, layers=layers)


def _refuse_existing(context: Context, name: str) -> None:
    if context.store.functions.get(name) is not None:
        raise conflict(f"Function already exist: {name}")


async def saved_code(
    context: Context, name: str, code: Input, signed_by: CodeSigningConfig | None
) -> Snapshot:
    """Keep the code of a create or update request for the function `name`, which must be signed
    as `signed_by` says. Raises ApiError (§4.6 no. 33, 34)."""
    archive = await code_source.archive(context, code, "function code")
    code_signing.check_code(signed_by, name, archive)
    return await code_source.save(context, code, archive)


async def measure_folders(context: Context, versions: Iterable[Version]) -> None:
    """Make hash and size of linked folders known before they are rendered."""
    code = context.store.code
    for folder in {version.folder for version in versions if version.folder is not None}:
        await asyncio.to_thread(_measure, code, folder)


def _measure(code: CodeStore, folder: Path) -> None:
    try:
        code.measure(folder)
    except ApiError:
        return  # larger than Lambda takes: it has no hash until it is published, which says so


async def get_function(context: Context, input: Input) -> Output:
    """Configuration, where to download the code, tags, reserved concurrency."""
    name, qualifier = context.named(input)
    version, _ = context.version(name, qualifier)
    await measure_folders(context, [version])
    function = context.function(name)
    output: Output = {
        "Configuration": configuration.rendered(context, version, qualifier),
        "Code": _code(context, version),
    }
    if function.tags:
        output["Tags"] = dict(function.tags)
    if function.reserved_concurrency is not None:
        output["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
    return output


def _code(context: Context, version: Version) -> Output:
    image = version.image
    if image is None:
        return {"RepositoryType": "S3", "Location": location(context, version)}
    return {
        "RepositoryType": "ECR",
        "ImageUri": image.uri,
        "ResolvedImageUri": image.resolved_uri,
    }


async def get_function_configuration(context: Context, input: Input) -> Output:
    """The configuration alone."""
    name, qualifier = context.named(input)
    version, _ = context.version(name, qualifier)
    await measure_folders(context, [version])
    return configuration.rendered(context, version, qualifier)


async def list_functions(context: Context, input: Input) -> Output:
    """One page: $LATEST of each function with unqualified ARNs, or with FunctionVersion=ALL
    every version with qualified ones. `Marker` is the last item of the page before."""
    every = input.get("FunctionVersion") == "ALL"
    size = page_size(input)
    found = context.store.functions.versions(
        latest_only=not every, after=version_marker(input), limit=size + 1
    )
    shown = found[:size]
    await measure_folders(context, shown)
    output: Output = {
        "Functions": [
            configuration.listed(context, version, version.version if every else None)
            for version in shown
        ]
    }
    if len(found) > size:
        output["NextMarker"] = place(shown[-1])
    return output


def delete_function(context: Context, input: Input) -> Output:
    """Remove a function, or one published version of it (lambda-facts §4.4)."""
    name, qualifier = context.named(input)
    functions = context.store.functions
    if qualifier is None:
        context.function(name)
        functions.delete(name)
        context.runtime.retire(context.arn(name))
        return {}
    if qualifier == LATEST:
        raise invalid_parameter("$LATEST version cannot be deleted without deleting the function.")
    if not qualifier.isdigit():
        raise invalid_parameter("Deletion of aliases is not currently supported.")
    context.function(name)
    users = [
        alias.name
        for alias in functions.aliases(name)
        if qualifier == alias.version or qualifier in alias.weights
    ]
    if users:
        raise conflict(
            "Unable to delete version because the following aliases reference it: "
            f"[{', '.join(users)}]"
        )
    functions.delete_version(name, qualifier)
    context.runtime.retire(context.arn(name), version=qualifier)
    return {}
