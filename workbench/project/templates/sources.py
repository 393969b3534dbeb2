"""Queues, streams and brokers that a template has its functions invoked with: SAM's Events of type
SQS, Kinesis, DynamoDB and MQ, and AWS::Lambda::EventSourceMapping."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Report = Callable[[Node, str], None]
Source = dict[str, Any]
"""The members of CreateEventSourceMapping but FunctionName."""

_ARN = re.compile(r"arn:[^:]+:(sqs|kinesis|dynamodb|mq):[^:]*:\d{12}:.+")
_SAM_SOURCE = {"SQS": "Queue", "Kinesis": "Stream", "DynamoDB": "Stream", "MQ": "Broker"}
_NOT_POLLED = {"MSK": "Kafka", "SelfManagedKafka": "Kafka", "DocumentDB": "DocumentDB"}

_NUMBERS = (
    "BatchSize", "MaximumBatchingWindowInSeconds", "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts", "ParallelizationFactor", "StartingPositionTimestamp",
    "TumblingWindowInSeconds",
)  # fmt: skip
_FLAGS = ("BisectBatchOnFunctionError", "Enabled")
_OTHERS = ("FunctionResponseTypes", "StartingPosition")


class SourcesReader:
    """Reads these declarations; what cannot be is reported and left out."""

    def __init__(self, resolver: Resolver, report: Report) -> None:
        self._resolver = resolver
        self._report = report

    def of_sam(self, events: Node | None) -> tuple[Source, ...]:
        """The sources among the Events of a function."""
        chosen = self._resolver.select(events)
        found: list[Source] = []
        for node in (chosen.mapping if chosen is not None else {}).values():
            event = self._resolver.select(node)
            fields = event.mapping if event is not None else {}
            type_ = self._text(fields.get("Type"))
            if event is not None and type_ in _SAM_SOURCE and "Properties" in fields:
                properties = fields["Properties"].mapping
                source = self._source(event, properties, _SAM_SOURCE[type_])
                found += [source] if source else []
            elif event is not None and type_ in _NOT_POLLED:
                what = _NOT_POLLED[type_]
                self._report(
                    event,
                    f"{what} is not polled here: the function is not invoked with its events.",
                )
        return tuple(found)

    def of_resources(self, resources: Mapping[str, Node]) -> dict[str, tuple[Source, ...]]:
        """Those of AWS::Lambda::EventSourceMapping resources by their functions' names, or by
        `name:qualifier`."""
        found: dict[str, tuple[Source, ...]] = {}
        for node in resources.values():
            type_, properties = node.mapping.get("Type"), node.mapping.get("Properties")
            if type_ is None or properties is None or not self._is_made(node):
                continue
            if type_.value == "AWS::Lambda::EventSourceMapping":
                given = properties.mapping
                name = self._text(given.get("FunctionName")).rpartition(":function:")[2]
                source = self._source(node, given, "EventSourceArn")
                if source is not None:
                    found[name] = (*found.get(name, ()), source)
        return found

    def _is_made(self, node: Node) -> bool:
        condition = node.mapping.get("Condition")
        return condition is None or self._resolver.condition(str(condition.value), condition)

    def _text(self, node: Node | None) -> str:
        return "" if node is None else self._resolver.text(node)

    def _source(self, at: Node, given: Mapping[str, Node], source: str) -> Source | None:
        arn = self._text(given.get(source))
        if not _ARN.fullmatch(arn):
            self._report(
                at,
                f"“{arn}” is not the ARN of a queue, a stream or a broker that is polled here: the "
                "function is not invoked with it.",
            )
            return None
        made: Source = {"EventSourceArn": arn}
        for name in (*_NUMBERS, *_FLAGS, *_OTHERS):
            node = self._resolver.select(given.get(name))
            if node is None:
                continue
            text = self._resolver.text(node) if name not in _OTHERS else ""
            if name in _FLAGS:
                made[name] = text.lower() == "true"
            elif name in _OTHERS:
                made[name] = self._resolver.value(node)
            elif re.fullmatch(r"-?\d{1,12}", text):
                made[name] = int(text)
            else:
                self._report(node, f"{name} must be a whole number.")
        return {**made, **self._structures(given), **self._of_broker(at, given)}

    def _structures(self, given: Mapping[str, Node]) -> Source:
        made: Source = {}
        scaling = self._mapping(given.get("ScalingConfig"))
        if "MaximumConcurrency" in scaling:
            made["ScalingConfig"] = {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}
        failure = self._mapping(given.get("DestinationConfig")).get("OnFailure")
        if isinstance(failure, dict) and "Destination" in failure:
            made["DestinationConfig"] = {"OnFailure": {"Destination": failure["Destination"]}}
        filters = self._mapping(given.get("FilterCriteria")).get("Filters")
        if isinstance(filters, list):
            patterns = [item.get("Pattern") for item in filters if isinstance(item, dict)]
            made["FilterCriteria"] = {
                "Filters": [
                    {"Pattern": pattern if isinstance(pattern, str) else json.dumps(pattern)}
                    for pattern in patterns
                ]
            }
        return made

    def _of_broker(self, at: Node, given: Mapping[str, Node]) -> Source:
        queues = self._list(given.get("Queues"))
        access = [
            {"Type": item.get("Type"), "URI": item.get("URI")}
            for item in self._list(given.get("SourceAccessConfigurations"))
            if isinstance(item, dict)
        ]
        values = [*queues, *(value for item in access for value in item.values())]
        if not all(isinstance(value, str) for value in values):
            self._report(at, "Queues are names, SourceAccessConfigurations have Type and URI.")
            return {}
        made: Source = {"Queues": queues, "SourceAccessConfigurations": access}
        return {name: value for name, value in made.items() if value}

    def _list(self, node: Node | None) -> list[Any]:
        chosen = self._resolver.select(node)
        value = self._resolver.value(chosen) if chosen is not None else []
        return list(value) if isinstance(value, list) else []

    def _mapping(self, node: Node | None) -> dict[str, Any]:
        chosen = self._resolver.select(node)
        value = self._resolver.value(chosen) if chosen is not None else {}
        return dict(value) if isinstance(value, dict) else {}
