"""Resources of a template by their type, with their properties worked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.project.loose_values import mapping
from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Declared = dict[str, tuple[Node, dict[str, Any]]]
"""By logical id: where it is, and its properties."""


class DeclaredResources:
    """The resources whose Condition holds. `report` is told what cannot be read."""

    def __init__(
        self, resources: Node | None, resolver: Resolver, report: Callable[[Node, str], None]
    ) -> None:
        self._resources = resources.mapping if resources is not None else {}
        self._resolver = resolver
        self._report = report

    def of(self, type_: str) -> Declared:
        """All of one type, in the template's order."""
        found: Declared = {}
        for logical_id, node in self._resources.items():
            given = node.mapping.get("Type")
            if given is None or given.value != type_ or not self._is_made(node):
                continue
            properties = node.mapping.get("Properties")
            try:
                value = mapping(self._resolver.value(properties)) if properties else {}
            except RecursionError:
                self._report(node, f"{logical_id} is nested too deeply.")
                continue
            found[logical_id] = node, value
        return found

    def _is_made(self, node: Node) -> bool:
        condition = node.mapping.get("Condition")
        return condition is None or self._resolver.condition(str(condition.value), condition)
