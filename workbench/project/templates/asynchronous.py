"""What a template says of asynchronous invocations: dead letters, retries, destinations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

_DEAD_LETTERS = re.compile(r"arn:[^:]+:(sqs|sns):[^:]*:\d{12}:[^:]+")
_DESTINATIONS = {
    "OnSuccess": re.compile(r"arn:[^:]+:(sqs|sns|lambda|events):[^:]*:\d{12}:.+"),
    "OnFailure": re.compile(r"arn:[^:]+:((sqs|sns|lambda|events):[^:]*:\d{12}|s3::):.+"),
}
_NUMBERS = {"MaximumRetryAttempts": (0, 2), "MaximumEventAgeInSeconds": (60, 21_600)}


class AsyncReader:
    """Reads these properties; what cannot be is reported and left out."""

    def __init__(self, resolver: Resolver, report: Report) -> None:
        self._resolver = resolver
        self._report = report

    def dead_letter_arn(self, properties: Mapping[str, Node]) -> str | None:
        """The target of a function's DeadLetterConfig, or of SAM's DeadLetterQueue."""
        config = self._mapping(properties.get("DeadLetterConfig"))
        config |= self._mapping(properties.get("DeadLetterQueue"))
        target = config.get("TargetArn")
        if target is None:
            return None
        arn = self._resolver.text(target)
        if _DEAD_LETTERS.fullmatch(arn):
            return arn
        self._report(target, f"“{arn}” is not the ARN of a queue or topic: no dead letters here.")
        return None

    def event_invoke_config(self, config: Node | None) -> dict[str, Any] | None:
        """SAM's EventInvokeConfig as PutFunctionEventInvokeConfig takes it, None without one."""
        chosen = self._resolver.select(config)
        return None if chosen is None else self._config(chosen.mapping)

    def of_resources(self, resources: Mapping[str, Node]) -> dict[str, dict[str, Any]]:
        """AWS::Lambda::EventInvokeConfig resources by their functions' names. Those of versions
        and aliases are not: these are made with the API here."""
        found: dict[str, dict[str, Any]] = {}
        for node in resources.values():
            type_, properties = node.mapping.get("Type"), node.mapping.get("Properties")
            if type_ is None or properties is None or not self._is_made(node):
                continue
            given = properties.mapping
            if type_.value == "AWS::Lambda::EventInvokeConfig":
                name, qualifier = (
                    self._resolver.text(given[key]) if key in given else ""
                    for key in ("FunctionName", "Qualifier")
                )
                if qualifier == "$LATEST":
                    found[name.rpartition(":function:")[2]] = self._config(given)
        return found

    def _is_made(self, node: Node) -> bool:
        condition = node.mapping.get("Condition")
        return condition is None or self._resolver.condition(str(condition.value), condition)

    def _mapping(self, node: Node | None) -> dict[str, Node]:
        chosen = self._resolver.select(node)
        return {} if chosen is None else dict(chosen.mapping)

    def _config(self, given: Mapping[str, Node]) -> dict[str, Any]:
        config: dict[str, Any] = {}
        for name, (low, high) in _NUMBERS.items():
            chosen = self._resolver.select(given.get(name))
            if chosen is None:
                continue
            text = self._resolver.text(chosen)
            if re.fullmatch(r"\d{1,9}", text) and low <= int(text) <= high:
                config[name] = int(text)
            else:
                self._report(chosen, f"{name} must be a whole number from {low} to {high}.")
        sides = self._mapping(given.get("DestinationConfig"))
        destinations = {
            side: {"Destination": arn}
            for side in _DESTINATIONS
            if (arn := self._destination(side, sides.get(side))) is not None
        }
        return {**config, "DestinationConfig": destinations} if destinations else config

    def _destination(self, side: str, node: Node | None) -> str | None:
        chosen = self._resolver.select(node)
        if chosen is None:
            return None
        target = chosen.mapping.get("Destination")
        if target is None:
            self._report(
                chosen,
                f"{side} has no Destination: a queue or topic that SAM would make for it is not "
                "made here; declare one and name it.",
            )
            return None
        arn = self._resolver.text(target)
        if _DESTINATIONS[side].fullmatch(arn):
            return arn
        self._report(target, f"“{arn}” cannot be the Destination of {side}: it is left out here.")
        return None
