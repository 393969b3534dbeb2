"""The catalogue of sample events: `samples/events/<service>/<name>.json`.

A file has Service, Name (unique), Title, Description, InvocationType, Documentation (a page,
optional), Parameters, Values (named pieces of the event, optional) and Event (the template that
`render.py` explains).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from workbench.samples.parameters import BadParameter, Parameter, read_parameter
from workbench.samples.render import Renderer, place
from workbench.shipped import shipped

InvocationType = Literal["Event", "RequestResponse"]

COMMON_PARAMETERS = ("region", "account")
"""What `values` may hold for every sample besides its own parameters."""

_NO_VALUES: Mapping[str, str] = MappingProxyType({})


_LETTERS_ONLY = 10  # what a match of letters in order is worth to `search`


class UnknownSample(LookupError):
    """No sample event has that name. `suggestions` are the names nearest to it."""

    def __init__(self, name: str, suggestions: tuple[str, ...]) -> None:
        hint = f": did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(f"there is no sample event {name!r}{hint}")
        self.name = name
        self.suggestions = suggestions


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """One kind of event a service sends. `invocation_type` is the one the service uses."""

    service: str
    name: str
    title: str
    description: str
    invocation_type: InvocationType
    documentation: str | None
    parameters: tuple[Parameter, ...]
    template: Any = field(repr=False, hash=False, compare=False)
    pieces: Mapping[str, Any] = field(repr=False, hash=False, compare=False)

    def render(
        self,
        values: Mapping[str, str] = _NO_VALUES,
        *,
        region: str = "us-east-1",
        account: str = "123456789012",
        now: datetime | None = None,
        seed: int | None = None,
    ) -> Any:
        """Return the event as a JSON value, shaped as lambda-facts §8 says.

        `values` are texts by parameter name (region and account too); what is missing has its
        default. `now` (default: this moment) is the time in the event, `seed` fixes its random
        ids. Raises BadParameter for an unknown parameter or a value it cannot have.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known and name not in COMMON_PARAMETERS:
                names = ", ".join((*known, *COMMON_PARAMETERS))
                raise BadParameter(name, f"{self.name} has no such parameter; it has {names}")
        chosen: dict[str, Any] = place(values.get("region", region), values.get("account", account))
        for name, parameter in known.items():
            chosen[name] = parameter.check(values.get(name, parameter.default))
        renderer = Renderer(chosen, now=now or datetime.now(UTC), seed=seed)
        for name, piece in self.pieces.items():
            renderer.define(name, piece)
        return renderer.render(self.template)


@functools.cache
def catalogue() -> tuple[SampleEvent, ...]:
    """Return every sample event, by service and title. The files are read once."""
    files = (shipped("samples") / "events").glob("*/*.json")
    samples = [_read(file) for file in files]
    return tuple(sorted(samples, key=lambda sample: (sample.service.lower(), sample.title)))


def find(name: str) -> SampleEvent:
    """Return the sample event with that name. Raises UnknownSample, which knows near misses."""
    for sample in catalogue():
        if sample.name == name:
            return sample
    import difflib  # 4 ms, only when a name is wrong

    close = difflib.get_close_matches(name, [each.name for each in catalogue()], n=3, cutoff=0.6)
    found = [each.name for each in search(name)]
    raise UnknownSample(name, tuple(dict.fromkeys([*close, *found]))[:3])


def search(text: str) -> tuple[SampleEvent, ...]:
    """Return the samples that match every word of the text, best first; all for an empty text.

    A word matches a word of the name, service, title or description that it equals, begins or is
    part of, in that order of worth (most when it is the whole service), or a name that has its
    letters in order (`apgw`). A word that is in no sample stands for those like it (`kineiss`).
    """
    words = text.lower().replace("-", " ").split()
    scores = dict.fromkeys(catalogue(), 0)
    for word in words:
        worth = {sample: _worth(word, sample) for sample in catalogue()}
        if max(worth.values()) <= _LETTERS_ONLY:
            for each in _like(word):
                worth = {sample: max(best, _worth(each, sample)) for sample, best in worth.items()}
        scores = {
            sample: score + worth[sample] for sample, score in scores.items() if worth[sample]
        }
    return tuple(sorted(scores, key=lambda sample: -scores[sample]))


def _read(file: Path) -> SampleEvent:
    data = json.loads(file.read_text(encoding="utf-8"))
    return SampleEvent(
        service=data["Service"],
        name=data["Name"],
        title=data["Title"],
        description=data["Description"],
        invocation_type=data["InvocationType"],
        documentation=data.get("Documentation"),
        parameters=tuple(read_parameter(each) for each in data["Parameters"]),
        template=data["Event"],
        pieces=data.get("Values", {}),
    )


@functools.cache
def _words(sample: SampleEvent) -> tuple[frozenset[str], frozenset[str]]:
    """The words people look a sample up by, and those of its description."""
    main = f"{sample.name} {sample.service} {sample.title}".lower().replace("-", " ")
    return (
        frozenset(word.strip("(),.:") for word in main.split()),
        frozenset(word.strip("(),.:;") for word in sample.description.lower().split()),
    )


@functools.lru_cache(maxsize=4096)
def _worth(word: str, sample: SampleEvent) -> int:
    main, described = _words(sample)
    if word == sample.service.lower():
        return 120
    if word in main:
        return 100
    if any(each.startswith(word) for each in main):
        return 80
    if any(word in each for each in main):
        return 60
    if word in described:
        return 40
    if len(word) > 2 and any(each.startswith(word) for each in described):
        return 30
    return _LETTERS_ONLY if len(word) > 2 and _in_order(word, sample.name) else 0


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def _like(word: str) -> list[str]:
    import difflib

    known = set().union(*(_words(sample)[0] for sample in catalogue()))
    return difflib.get_close_matches(word, sorted(known), n=3, cutoff=0.7)
