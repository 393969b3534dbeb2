"""Which digest an image has, and the images that a project's template names."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

from workbench.local.containers.references import Reference, parse_reference, stand_in_digest
from workbench.local.containers.tool import ImageFacts, ToolError, find_tool
from workbench.local.store.records import Image

_PATIENCE_S = 2.0


def digest_of(facts: ImageFacts, reference: Reference) -> str:
    """The digest it has in its repository; one that was built here and not pushed, its own."""
    pushed = (known for known in facts.digests if known.startswith(f"{reference.repository}@"))
    return next(pushed, facts.id).rpartition(":")[2]


async def of_project(uris: Iterable[str]) -> dict[str, Image]:
    """The images that a project's template names, by their names. Nothing is pulled, and starting
    does not wait for a slow daemon: an image that is not found has a digest that is made up."""
    wanted = list(uris)
    found = await asyncio.gather(*map(_of_project, wanted))
    return dict(zip(wanted, found, strict=True))


async def _of_project(uri: str) -> Image:
    reference = parse_reference(uri)
    if reference is None or reference.digest:
        repository, digest = reference[::2] if reference else (uri, stand_in_digest(uri))
        return Image(uri, f"{repository}@sha256:{digest}")
    facts = None
    tool = find_tool()
    with contextlib.suppress(ToolError, TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            facts = await tool.image(uri) if tool is not None else None
    digest = stand_in_digest(uri) if facts is None else digest_of(facts, reference)
    return Image(uri, f"{reference.repository}@sha256:{digest}")
