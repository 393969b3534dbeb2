"""From a function as the project declares it to its link, which is what the local Lambda keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.local.store.records import Image, Link
from workbench.project.records import FunctionSource, FunctionUrl


def link_of(source: FunctionSource, installed: Path | None, image: Image | None = None) -> Link:
    """The link. `installed` is the folder of its third-party packages, if it has any; `image` the
    container image that the function's `image_uri` leads to."""
    return Link(
        name=source.name,
        folder=source.code,
        runtime=source.runtime,
        handler=source.handler,
        description=source.description,
        timeout=source.timeout,
        memory_size=source.memory_size,
        ephemeral_storage=source.ephemeral_storage,
        architecture=source.architecture,
        active_tracing=source.active_tracing,
        logging=source.logging,
        environment=source.environment,
        layers=source.layers,
        dependencies=installed,
        url=None if source.url is None else _url(source.url),
        dead_letter_arn=source.dead_letter_arn,
        event_invoke_config=source.event_invoke_config,
        event_sources=source.event_sources,
        permissions=source.permissions,
        image=image,
        image_config=source.image_config,
        reserved_concurrency=source.reserved_concurrency,
        alias=source.alias,
        provisioned_concurrency=source.provisioned_concurrency,
    )


def _url(url: FunctionUrl) -> dict[str, Any]:
    return {
        "AuthType": url.auth_type,
        "InvokeMode": url.invoke_mode,
        "Cors": dict(url.cors),
        "Public": url.public,
    }
