"""PublishVersion and ListVersionsByFunction (lambda-facts §4.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from workbench.local.api.context import Context, Input, Output, new_revision
from workbench.local.api.functions import configuration, snapstart
from workbench.local.api.functions.functions import measure_folders
from workbench.local.api.functions.transitions import PENDING, SETTLED
from workbench.local.api.paging import page_size, version_marker
from workbench.local.errors import conflict, invalid_parameter, stale_revision
from workbench.local.store.code import CodeStore
from workbench.local.store.functions import place
from workbench.local.store.records import LATEST, Version
from workbench.project.code_files import files_of


async def publish_version(context: Context, input: Input) -> Output:
    """201 with the new version, or with the last one when nothing changed since."""
    name, _ = context.named(input)
    latest = _ready(context, name)
    if latest.folder is not None:
        store = context.store.code
        snapshot = await asyncio.to_thread(store.save_folder, latest.folder)
        layers = await asyncio.to_thread(_frozen, store, latest.layers)
        latest = _ready(context, name)
        frozen = configuration.with_code(latest.configuration, snapshot.code_sha256, snapshot.size)
        latest = replace(latest, configuration=frozen, code=snapshot.sha256, layers=layers)
    given, actual = input.get("CodeSha256"), latest.configuration["CodeSha256"]
    if given and given != actual:
        raise invalid_parameter(
            f"CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({actual}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    if input.get("RevisionId") not in (None, latest.configuration["RevisionId"]):
        raise stale_revision()
    version = publish(context, latest, input.get("Description"))
    return configuration.rendered(context, version, version.version)


def _frozen(store: CodeStore, layers: Iterable[Path]) -> tuple[Path, ...]:
    """The layers as they are now: folders of the project become folders of the code store."""
    return tuple(
        Path(store.save_folder(layer).sha256) if layer.is_absolute() else layer
        for layer in layers
        if not layer.is_absolute() or any(files_of(layer))  # an empty layer is as good as none
    )


def _ready(context: Context, name: str) -> Version:
    version, _ = context.version(name, None)
    refuse_unsettled(context, version)
    return version


def publish(
    context: Context,
    latest: Version,
    description: str | None,
    states: Mapping[str, str] = SETTLED,
) -> Version:
    """Freeze `latest`, whose code is in the store, as a version; the last one if it equals it.

    The version begins in `states`. With SnapStart it is Pending until its snapshot is made.
    """
    functions = context.store.functions
    function = context.function(latest.function)
    source = configuration.fingerprint(latest)
    last = functions.version(function.name, str(function.last_version or -1))
    if last is not None and last.source == source:
        return last
    number = str(function.last_version + 1)
    snapped = snapstart.optimised(latest.configuration)
    if snapped is not latest.configuration:
        states = PENDING
    frozen = {**configuration.changed(snapped, states), "Version": number}
    if description is not None:
        frozen["Description"] = description
    version = replace(latest, version=number, configuration=frozen, folder=None, source=source)
    current = functions.version(function.name, LATEST)
    assert current is not None
    # Publishing gives $LATEST a new RevisionId.
    bumped = {**current.configuration, "RevisionId": new_revision()}
    functions.put(
        replace(function, last_version=int(number)),
        [replace(current, configuration=bumped), version],
    )
    if states is PENDING:
        context.transitions.begin(version)
    return version


def refuse_unsettled(context: Context, version: Version) -> None:
    """409 while $LATEST is being created or updated (lambda-facts §4.6 no. 12, 13)."""
    prefix = "The operation cannot be performed at this time. "
    if version.configuration.get("State") == "Pending":
        raise conflict(f"{prefix}The function is currently in the following state: Pending")
    if version.configuration.get("LastUpdateStatus") == "InProgress":
        arn = context.arn(version.function)
        raise conflict(f"{prefix}An update is in progress for resource: {arn}")


async def list_versions_by_function(context: Context, input: Input) -> Output:
    """One page: $LATEST, then versions ascending. `Marker` is the last of the page before."""
    name, _ = context.named(input)
    context.function(name)
    size = page_size(input)
    found = context.store.functions.versions(
        function=name, after=version_marker(input), limit=size + 1
    )
    shown = found[:size]
    await measure_folders(context, shown)
    output: Output = {
        "Versions": [configuration.listed(context, version, version.version) for version in shown]
    }
    if len(found) > size:
        output["NextMarker"] = place(shown[-1])
    return output
