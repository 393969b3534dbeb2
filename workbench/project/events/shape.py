"""The shape of events: which members and values belong at a place, from events that are alike.

What an event is like is told by the members it has: an event with `Records[].s3` is one of S3's.
Paths are names, and `None` for any element of an array.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from workbench.samples import SampleEvent, catalogue

Path = tuple[str | None, ...]

_ALIKE = 0.5
_ALTERNATIVES = 40
_VALUES = 12
_OWN_WORTH = 1000


@dataclass(frozen=True)
class Example:
    """An event that others may be like: what it is called, and one or more forms of it.

    `own` are those a person has made for the function.
    """

    title: str
    events: tuple[Any, ...]
    own: bool = False

    @cached_property
    def paths(self) -> frozenset[Path]:
        """The paths of all members."""
        return frozenset(path for event in self.events for path, _ in _walk(event, ()))

    @cached_property
    def values(self) -> Mapping[Path, tuple[Any, ...]]:
        """The values at each path, each once, in the order met."""
        found: dict[Path, list[Any]] = {}
        for event in self.events:
            for path, value in _walk(event, ()):
                known = found.setdefault(path, [])
                if value not in known and len(known) < _VALUES:
                    known.append(value)
        return {path: tuple(values) for path, values in found.items()}


@dataclass(frozen=True, slots=True)
class Offer:
    """A member's name or a value that can be written: `value` is its example, `title` whose."""

    name: str
    value: Any
    title: str


def general(path: Iterable[str | int]) -> Path:
    """A path with indices as one for all elements."""
    return tuple(None if isinstance(each, int) else each for each in path)


@cache
def sample_examples() -> tuple[Example, ...]:
    """The sample catalogue, each event with every choice of its parameters (30 ms, once)."""
    return tuple(Example(sample.title, tuple(_forms(sample))) for sample in catalogue())


def _forms(sample: SampleEvent) -> Iterator[Any]:
    yield sample.render(seed=0)
    for parameter in sample.parameters:
        for choice in parameter.choices[:_ALTERNATIVES]:
            if choice != parameter.default:
                yield sample.render({parameter.name: choice}, seed=0)


def alike(paths: Iterable[Path], examples: Iterable[Example]) -> list[Example]:
    """The examples that have at least half of the paths and nearly as many as the best one.

    The most alike is first.
    With no paths all are alike, those given first coming first.
    """
    wanted = set(paths)
    if not wanted:
        return list(examples)
    scored = [(len(wanted & each.paths) / len(wanted), each) for each in examples]
    least = max(_ALIKE, 0.8 * max((score for score, _ in scored), default=0))
    found = sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: -pair[0])
    return [each for _, each in found]


def members(container: Path, examples: Iterable[Example]) -> list[Offer]:
    """The members that belong into a container, by the examples; each name once.

    At the top, where nothing tells yet what the event will be, those most examples have come
    first, but after the `own` ones.
    """
    found: dict[str, Offer] = {}
    worth: Counter[str] = Counter()
    for example in examples:
        for path, values in example.values.items():
            if len(path) == len(container) + 1 and path[:-1] == container:
                name = path[-1]
                if name is None:
                    continue
                found.setdefault(name, Offer(name, values[0], example.title))
                worth[name] += _OWN_WORTH if example.own else 1
    offers = list(found.values())
    return offers if container else sorted(offers, key=lambda offer: -worth[offer.name])


def values(path: Path, examples: Iterable[Example]) -> list[Offer]:
    """The values that can stand at a path, by the examples, and its containers as a whole."""
    found: dict[str, Offer] = {}
    for example in examples:
        for value in example.values.get(path, ()):
            name = _summary(value)
            found.setdefault(name, Offer(name, value, example.title))
    return list(found.values())


def _summary(value: Any) -> str:
    match value:
        case dict():
            return f"{{ {', '.join(value)} }}" if value else "{}"
        case list():
            return f"[ {_summary(value[0])} ]" if value else "[]"
        case str():
            return value
    return json.dumps(value)


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _walk(member, (*path, str(name)))
    elif isinstance(value, list):
        for element in value:
            yield from _walk(element, (*path, None))
