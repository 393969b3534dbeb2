"""Layers for the tests of layers and of their policies."""

from __future__ import annotations

from typing import Any

from endpoint_lab import LocalEndpoint, zipped


def content(text: str = "one") -> bytes:
    return zipped({"python/shared_words.py": f"WORD = {text!r}\n"})


def publish(endpoint: LocalEndpoint, name: str, text: str = "one", **named: Any) -> str:
    made = endpoint.client().publish_layer_version(
        LayerName=name, Content={"ZipFile": content(text)}, **named
    )
    arn: str = made["LayerVersionArn"]
    return arn
