"""SAM's Globals: properties that all resources of a type share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.project.tree import Node


def merged(shared: Node, own: Node) -> Node:
    """SAM's rule for Globals: mappings are merged, lists joined, anything else is replaced."""
    if isinstance(shared.value, dict) and isinstance(own.value, dict):
        if _is_call(shared.value) or _is_call(own.value):
            return own
        both = {
            key: merged(value, own.value[key]) if key in own.value else value
            for key, value in shared.value.items()
        }
        return replace(own, value={**both, **_missing(own.value, both)})
    if isinstance(shared.value, list) and isinstance(own.value, list):
        return replace(own, value=[*shared.value, *own.value])
    return own


def _is_call(mapping: Mapping[str, Node]) -> bool:
    return len(mapping) == 1 and next(iter(mapping)).startswith(("Ref", "Fn::"))


def _missing(own: Mapping[str, Node], both: Mapping[str, Node]) -> dict[str, Node]:
    return {key: value for key, value in own.items() if key not in both}
