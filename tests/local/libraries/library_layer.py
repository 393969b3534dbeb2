"""Layers of installed Python packages, as AWS publishes them."""

from __future__ import annotations

import importlib.metadata

from endpoint_lab import LocalEndpoint, zipped


def publish(endpoint: LocalEndpoint, name: str, *distributions: str) -> str:
    """Publish a layer with these distributions as they are installed here; its ARN."""
    files: dict[str, str | bytes] = {}
    for distribution in distributions:
        for path in importlib.metadata.files(distribution) or ():
            if ".." not in path.parts and "__pycache__" not in path.parts:
                files[f"python/{path}"] = path.read_binary()
    published = endpoint.client().publish_layer_version(
        LayerName=name, Content={"ZipFile": zipped(files)}
    )
    arn: str = published["LayerVersionArn"]
    return arn
