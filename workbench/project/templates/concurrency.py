"""What a template says of a function's concurrency: reserved, and provisioned for SAM's alias."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

_ALIAS = re.compile(r"(?!\d+$)[a-zA-Z0-9-_]{1,128}")  # Lambda's own pattern of an alias


class ConcurrencyReader:
    """Reads these properties; what cannot be is reported and left out."""

    def __init__(self, resolver: Resolver, report: Report) -> None:
        self._resolver = resolver
        self._report = report

    def reserved(self, node: Node | None) -> int | None:
        """ReservedConcurrentExecutions; 0 lets nothing be invoked."""
        return self._number(node, "ReservedConcurrentExecutions", 0)

    def alias(self, node: Node | None) -> str | None:
        """SAM's AutoPublishAlias."""
        chosen = self._resolver.select(node)
        if chosen is None:
            return None
        name = self._resolver.text(chosen)
        if _ALIAS.fullmatch(name):
            return name
        self._report(chosen, f"“{name}” cannot be the name of an alias: there is none here.")
        return None

    def provisioned(self, properties: Mapping[str, Node]) -> int | None:
        """SAM's ProvisionedConcurrencyConfig, which needs an AutoPublishAlias."""
        config = self._resolver.select(properties.get("ProvisionedConcurrencyConfig"))
        if config is None:
            return None
        if self._resolver.select(properties.get("AutoPublishAlias")) is None:
            self._report(config, "ProvisionedConcurrencyConfig needs an AutoPublishAlias: add one.")
            return None
        name = "ProvisionedConcurrentExecutions"
        return self._number(config.mapping.get(name), name, 1)

    def _number(self, node: Node | None, name: str, low: int) -> int | None:
        chosen = self._resolver.select(node)
        if chosen is None:
            return None
        text = self._resolver.text(chosen)
        if re.fullmatch(r"\d{1,9}", text) and int(text) >= low:
            return int(text)
        self._report(chosen, f"{name} must be a whole number from {low}, not “{text}”: none here.")
        return None
