"""botocore's service models as shapes and routes.

The files are read straight from botocore's data folder: importing botocore to do it costs
190 ms, reading takes 10. What the API does not need (documentation above all) is dropped, so the
models stay small in memory.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from workbench.local.api.protocols import overrides


@dataclass(slots=True)
class Member:
    """A member of a structure: its name, where it travels and under what name."""

    name: str
    shape: Shape
    location: str | None
    wire_name: str


@dataclass(slots=True)
class Shape:
    """A type of the model with its constraints. `pattern` is as AWS prints it."""

    name: str
    type: str
    members: dict[str, Member] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    item: Shape | None = None  # of a list, or the values of a map
    key: Shape | None = None
    payload: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()  # as AWS prints it
    unlisted: tuple[str, ...] = ()  # accepted all the same
    matcher: re.Pattern[str] | None = None

    def matches(self, text: str) -> bool:
        """Whether all of `text` matches the pattern."""
        if self.matcher is None:
            self.matcher = java_regex(self.pattern or ".*")
        return self.matcher.fullmatch(text) is not None


@dataclass(slots=True)
class Operation:
    """One operation: its route, its input and output, the status of success."""

    name: str
    method: str
    uri: str
    status: int
    input: Shape | None
    output: Shape | None


@dataclass(slots=True)
class Route:
    """Where a request leads: the operation and the decoded labels of its path."""

    operation: Operation
    labels: dict[str, str]


class ServiceModel:
    """One service's operations, by name, and by route for REST services."""

    def __init__(self, service: str, version: str) -> None:
        document = _read(service, version)
        self.target_prefix: str = document["metadata"].get("targetPrefix", "")
        self._shapes: dict[str, Any] = document["shapes"]
        self._built: dict[str, Shape] = {}
        self.operations = {
            name: self._operation(name, raw) for name, raw in document["operations"].items()
        }
        self._shapes = {}
        self._routes = _Router(self.operations.values())

    def route(self, method: str, path: str, query: list[tuple[str, str]]) -> Route | None:
        """The operation for a request line; `path` is still %-encoded."""
        return self._routes.find(method, path, query)

    def _operation(self, name: str, raw: dict[str, Any]) -> Operation:
        http = raw["http"]
        status = overrides.STATUS.get(name, http.get("responseCode", 200))
        shapes = [
            self._shape(raw[side]["shape"]) if side in raw else None for side in ("input", "output")
        ]
        return Operation(name, http["method"], http["requestUri"], status, *shapes)

    def _shape(self, name: str) -> Shape:
        known = self._built.get(name)
        if known is not None:
            return known
        raw = {**self._shapes.get(name, {}), **overrides.CONSTRAINTS.get(name, {})}
        raw = {**self._shapes.get(raw.get("like", ""), {}), **raw}
        shape = self._built[name] = Shape(name, raw["type"])
        shape.minimum, shape.maximum = raw.get("min"), raw.get("max")
        shape.pattern = raw.get("pattern")
        shape.enum = tuple(raw.get("enum") or ())
        shape.unlisted = tuple(raw.get("unlisted") or ())
        shape.required = frozenset(raw.get("required", ()))
        shape.payload = raw.get("payload")
        members = raw.get("members", {})
        for member in dict.fromkeys((*overrides.FIRST.get(name, ()), *members)):
            link = members[member]
            wire = link.get("locationName", member)
            kind = overrides.MEMBERS.get((name, member), link["shape"])
            shape.members[member] = Member(member, self._shape(kind), link.get("location"), wire)
        if "member" in raw:
            shape.item = self._shape(raw["member"]["shape"])
        if "value" in raw:
            shape.key = self._shape(raw["key"]["shape"])
            shape.item = self._shape(raw["value"]["shape"])
        return shape


@cache
def service_model(service: str, version: str) -> ServiceModel:
    """The model, which nothing changes: it is read once."""
    return ServiceModel(service, version)


class _Router:
    """Paths as a tree of segments; a label is the segment None."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._tree: dict[Any, Any] = {}
        for operation in operations:
            path, _, constants = operation.uri.partition("?")
            node, labels = self._tree.setdefault(operation.method, {}), []
            for segment in _segments(path):
                is_label = segment.startswith("{")
                if is_label:
                    labels.append(segment.strip("{}+"))
                node = node.setdefault(None if is_label else segment, {})
            ends = node.setdefault("", [])
            ends.append((operation, labels, set(parse_qsl(constants))))
            ends.sort(key=lambda end: -len(end[2]))  # the most particular first

    def find(self, method: str, path: str, query: list[tuple[str, str]]) -> Route | None:
        node, values = self._tree.get(method), []
        for segment in _segments(path):
            if node is None:
                return None
            if segment in node and segment:
                node = node[segment]
            else:
                node = node.get(None)
                values.append(unquote(segment))
        for operation, labels, constants in (node or {}).get("", ()):
            if constants <= set(query):
                return Route(operation, dict(zip(labels, values, strict=True)))
        return None


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def java_regex(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, which is Java's, for Python."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


# Inside a character class in every pattern of the two models.
_JAVA_CLASSES = {
    "\\p{L}": "\\w",
    "\\p{N}": "\\d",
    "\\p{Z}": "\\s",
    "[\\w-_]": "[\\w_-]",
}


def _read(service: str, version: str) -> dict[str, Any]:
    package = importlib.util.find_spec("botocore")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("botocore, which describes the AWS APIs, is not installed")
    folder = Path(package.origin).parent / "data" / service / version
    packed = folder / "service-2.json.gz"
    if packed.exists():
        document: dict[str, Any] = json.loads(gzip.decompress(packed.read_bytes()))
    else:
        document = json.loads((folder / "service-2.json").read_bytes())
    return document
