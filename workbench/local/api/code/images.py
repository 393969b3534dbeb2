"""Functions from container images: which image it is, and ImageConfig (lambda-facts §4.6 no. 38).

AWS finds the digest of an image in ECR. Here the images are those of Docker or Podman. Without
either, all but invoking works: the digest of such an image is made up, the same for each ImageUri.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.local.api.context import Input
from workbench.local.containers.images import digest_of
from workbench.local.containers.references import parse_reference, stand_in_digest
from workbench.local.containers.tool import ContainerTool, ImageFacts, ToolError, find_tool
from workbench.local.errors import ApiError, invalid_parameter
from workbench.local.runtime.records import ContainerImage
from workbench.local.store.records import Image, Version

IMAGE = "Image"
_CONFIG = ("EntryPoint", "Command", "WorkingDirectory")


def check_members(input: Input) -> None:
    """Refuse what an image brings itself in a create or update request of its function."""
    if any(input.get(member) for member in ("Handler", "Runtime", "Layers")):
        raise invalid_parameter(
            "Please don't provide Handler or Runtime or Layer when the intended function "
            "PackageType is Image."
        )


def image_uri(source: Input, doing: str) -> str:
    """The ImageUri of a FunctionCode, or of an UpdateFunctionCode; `doing` says which: "creating"
    or "updating". Raises ApiError."""
    uri = source.get("ImageUri")
    if not uri or source.get("ZipFile") is not None or source.get("S3Bucket"):
        raise invalid_parameter(
            f"Please provide ImageUri when {doing} a function with packageType Image."
        )
    return str(uri)


async def resolve(uri: str) -> Image:
    """The image that `uri` means now. One that is not on this machine is pulled, which may take
    minutes. Raises ApiError for one that is none or that nobody has."""
    reference = parse_reference(uri)
    if reference is None:
        raise invalid_parameter(f"Source image {uri} is not valid. Provide a valid source image.")
    digest = reference.digest
    if not digest:
        tool = find_tool()
        try:
            facts = await _found(tool, uri) if tool is not None else None
            digest = stand_in_digest(uri) if facts is None else digest_of(facts, reference)
        except ToolError:  # its daemon does not run: as good as none
            digest = stand_in_digest(uri)
    return Image(uri, f"{reference.repository}@sha256:{digest}")


async def _found(tool: ContainerTool, uri: str) -> ImageFacts:
    facts = await tool.image(uri)
    if facts is not None:
        return facts
    try:
        await tool.pull(uri)
    except ToolError as error:
        raise _missing(uri) from error
    facts = await tool.image(uri)
    if facts is None:
        raise _missing(uri)
    return facts


def _missing(uri: str) -> ApiError:
    return invalid_parameter(f"Source image {uri} does not exist. Provide a valid source image.")


def apply_config(configuration: dict[str, Any], asked: Mapping[str, Any] | None) -> None:
    """Change ImageConfigResponse of `configuration` to the ImageConfig `asked` for; one without a
    setting removes it."""
    kept = {member: asked[member] for member in _CONFIG if asked and asked.get(member)}
    configuration.pop("ImageConfigResponse", None)
    if kept and configuration["PackageType"] != IMAGE:
        raise invalid_parameter(
            "Please don't provide ImageConfig when the intended function PackageType is Zip."
        )
    if kept:
        configuration["ImageConfigResponse"] = {"ImageConfig": kept}


def container_image(version: Version) -> ContainerImage | None:
    """What the runtime runs of a version with an image; None for other versions."""
    image = version.image
    if image is None:
        return None
    config = version.configuration.get("ImageConfigResponse", {}).get("ImageConfig", {})
    known = image.digest != stand_in_digest(image.uri)
    return ContainerImage(
        image.uri,
        image.resolved_uri if known else image.uri,
        tuple(config.get("EntryPoint", ())),
        tuple(config.get("Command", ())),
        config.get("WorkingDirectory", ""),
    )
