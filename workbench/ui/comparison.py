"""One event sent to several places: what there is to choose, and what they answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.text import Text

from workbench.aws.records import Function, Invocation
from workbench.project.cost import cost_of
from workbench.ui.backend import Backend
from workbench.ui.formats import BAD, GOOD, QUIET, WARN, milliseconds, named, routes, short_error
from workbench.ui.widgets.fuzzy_list import Row
from workbench.ui.widgets.line_diff import changes, comparable, diff_lines
from workbench.ui.widgets.palette import Palette

_MOST_VERSIONS = 50
_STYLES = {"good": GOOD, "bad": BAD, "running": WARN, "none": QUIET}


@dataclass(frozen=True, slots=True)
class Place:
    """A function's version or alias on a target. `function` is what the target calls it."""

    backend: Backend
    function: str
    qualifier: str
    words: str = ""
    """Where an alias leads, when a version was published."""

    @property
    def id(self) -> str:
        """Names the place among others."""
        return f"{self.backend.target.key} {self.function} {self.qualifier}"

    @property
    def target(self) -> str:
        """The target in a word or two: "local", "prod eu-west-1"."""
        target = self.backend.target
        if target.kind == "local":
            return "local"
        return f"{target.profile or target.account or 'AWS'} {target.region}"

    @property
    def short(self) -> str:
        """The version or alias: "$LATEST", "v3", "live"."""
        return f"v{self.qualifier}" if self.qualifier.isdecimal() else self.qualifier

    @property
    def arn(self) -> str:
        """The qualified ARN."""
        return f"{self.backend.arn(self.function)}:{self.qualifier}"


@dataclass
class Contender:
    """A place, whether the event goes to it, and what came of it."""

    place: Place
    chosen: bool = False
    running: bool = False
    invocation: Invocation | None = None
    failure: str = ""
    price: float | None = None
    """What a million of it cost, in dollars."""
    difference: str = ""
    """From the base's answer, in words: "= same", "≠ +1 −2"."""

    @property
    def payload(self) -> str | None:
        """Its answer as text, None while there is none."""
        if self.invocation is None:
            return None
        return self.invocation.payload.decode(errors="replace")

    def outcome(self) -> tuple[str, str]:
        """(words with their glyph, kind) of how it went; kind is good, bad, running or none."""
        if self.running:
            return "… running", "running"
        if self.failure:
            return "✗ no answer", "bad"
        invocation = self.invocation
        if invocation is None:
            return "", "none"
        if invocation.function_error:
            kind = invocation.error.type if invocation.error else invocation.function_error
            return f"✗ {short_error(kind)}", "bad"
        version = invocation.executed_version
        if version and version != self.place.qualifier and "%" in self.place.words:
            return f"✓ by {named(version)}", "good"  # the alias had the choice
        return "✓ answered", "good"

    def figures(self) -> tuple[str, str, str, str]:
        """Duration, init, memory and price of a million, "" where not known."""
        invocation = self.invocation
        if invocation is None:
            return "", "", "", ""
        report = invocation.report
        if report is None:
            return milliseconds(invocation.round_trip_ms), "", "", ""
        init = "" if report.init_ms is None else milliseconds(report.init_ms)
        memory = f"{report.max_memory_used}/{report.memory_size}"
        price = "" if self.price is None else f"${self.price:,.2f}"
        return milliseconds(report.duration_ms), init, memory, price


@dataclass
class Contest:
    """All places of a comparison, the base first among those that answer."""

    contenders: list[Contender] = field(default_factory=list)
    base: str = ""

    def add(self, places: Iterable[Place]) -> None:
        """More places, those there are already apart."""
        known = {each.place.id for each in self.contenders}
        self.contenders += [Contender(place) for place in places if place.id not in known]

    def find(self, place: str | None) -> Contender | None:
        """The contender with that id."""
        return next((each for each in self.contenders if each.place.id == place), None)

    def base_contender(self) -> Contender | None:
        """The one others are compared with: as chosen, else the first that answered."""
        chosen = self.find(self.base)
        if chosen is not None and chosen.invocation is not None:
            return chosen
        return next((each for each in self.contenders if each.invocation is not None), None)


def places_of(backend: Backend, function: str) -> list[Place]:
    """$LATEST, the aliases and the newest versions of a function. Raises LambdaError."""
    versions, aliases = backend.versions(function)
    found = [Place(backend, function, "$LATEST")]
    found += [Place(backend, function, alias.name, routes(alias)) for alias in aliases]
    numbers = [version.version for version in versions if version.version != "$LATEST"]
    return found + [Place(backend, function, number) for number in numbers[:_MOST_VERSIONS]]


def price_of(invocation: Invocation, function: Function | None) -> float | None:
    """What a million of an invocation cost, in dollars, None when its log has no REPORT line."""
    report = invocation.report
    if report is None:
        return None
    sizes = (function.architectures[0], function.ephemeral_storage) if function else ()
    return cost_of(report.billed_ms, report.memory_size, *sizes).total * 1_000_000


def difference(base: str, other: str, ignored: Sequence[str]) -> str:
    """How an answer differs from the base's, in words. Large ones take a while."""
    added, removed = changes(diff_lines(*comparable(base, other, ignored)))
    return f"≠ +{added} −{removed}" if added or removed else "= same"


def row_of(contender: Contender, colors: Palette, *, several: bool) -> Row:
    """A contender as a row of the list; `several`: with the name of its target."""
    place = contender.place
    where = Text(
        "[x] " if contender.chosen else "[ ] ", colors[GOOD if contender.chosen else QUIET]
    )
    where.append(f"{place.target} " if several else "", colors[QUIET])
    where.append(place.short, "")
    if place.words:
        where.append(f" → {place.words}", colors[QUIET])
    words, kind = contender.outcome()
    outcome = Text(words, colors[_STYLES[kind]])
    differs = contender.difference
    mark = WARN if differs.startswith("≠") else GOOD if differs.startswith("=") else QUIET
    return Row(
        place.id,
        (where, outcome, *contender.figures(), Text(differs, colors[mark])),
        search=f"{place.target}\n{place.short}\n{place.words}",
    )
