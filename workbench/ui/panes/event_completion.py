"""What can be written in an event at the cursor, and the edit that writes it. No widgets."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.project.events.shape import Example, alike, general, members, values
from workbench.project.events.values import NAMES
from workbench.ui.widgets.json_place import Place, Scan, scan

_MOST = 60
_OPEN_BRACES = re.compile(r"\{\{\s*([a-z0-9_]*)$")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces text from `start` to `end`; the cursor then is `back` characters before its end.

    `comma_after` is where a comma is missing before it, if one is. `again`: what follows can be
    completed too.
    """

    start: int
    end: int
    text: str
    comma_after: int | None = None
    back: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to write, with the words beside it."""

    name: str
    note: str
    edit: Edit


def suggestions(text: str, offset: int, examples: Sequence[Example]) -> list[Suggestion]:
    """What can be written at an offset of an event, most likely first.

    In a text that begins a placeholder these are the names of values made at each invocation.
    """
    found = scan(text, offset)
    place = found.place
    if place.quoted and place.role != "none":
        braces = _OPEN_BRACES.search(place.typed)
        if braces:
            return _placeholders(text, offset, braces[1])
    fitting = alike(map(general, _others(found)), examples)
    if place.role == "key":
        return _names(text, found, fitting)
    if place.role == "value":
        return _values(text, place, fitting)
    return []


def _others(found: Scan) -> list[tuple[str | int, ...]]:
    return [path for path in found.paths if path != found.place.path]


def _placeholders(text: str, offset: int, typed: str) -> list[Suggestion]:
    closed = text[offset:].startswith("}}")
    made = []
    for name, words in NAMES.items():
        if name.startswith(typed):
            colon = ":" if name in ("env", "file") else ""
            rest = name[len(typed) :] + colon + ("" if closed else "}}")
            edit = Edit(offset, offset, rest, back=2 if colon and not closed else 0)
            made.append(Suggestion(f"{{{{{name}}}}}", words, edit))
    return made


def _names(text: str, found: Scan, examples: Sequence[Example]) -> list[Suggestion]:
    place = found.place
    offers = [
        offer
        for offer in members(general(place.container), examples)
        if offer.name not in found.siblings
    ]
    indent = _indent(text, place.start)
    result = []
    for offer in _matching(offers, place.typed):
        key = json.dumps(offer.name, ensure_ascii=False)
        choices = values((*general(place.container), offer.name), examples)
        has_value = text[place.end :].lstrip().startswith(":")
        again = not has_value and (len(choices) > 1 or isinstance(offer.value, dict | list))
        written = key if has_value else f"{key}: "
        if not has_value and not again:
            written += _written(offer.value, indent)
        if not again and not has_value and text[place.end :].lstrip().startswith('"'):
            written += ","
        edit = Edit(place.start, place.end, written, _missing_comma(text, place), again=again)
        result.append(Suggestion(offer.name, offer.title, edit))
    return result


def _values(text: str, place: Place, examples: Sequence[Example]) -> list[Suggestion]:
    indent = _indent(text, place.start)
    comma = "," if text[place.end :].lstrip().startswith('"') else ""
    offers = values(general(place.path), examples)
    if place.quoted:
        offers = [offer for offer in offers if isinstance(offer.value, str)]
    return [
        Suggestion(
            offer.name,
            offer.title,
            Edit(place.start, place.end, _written(offer.value, indent) + comma),
        )
        for offer in _matching(offers, place.typed)
        if offer.name != place.typed
    ]


def _matching(offers: Sequence[Any], typed: str) -> list[Any]:
    wanted = typed.lower()
    starting = [each for each in offers if each.name.lower().startswith(wanted)]
    holding = [each for each in offers if wanted in each.name.lower() and each not in starting]
    return [*starting, *holding][:_MOST]


def _written(value: Any, indent: str) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", f"\n{indent}")


def _indent(text: str, offset: int) -> str:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip())]


def _missing_comma(text: str, place: Place) -> int | None:
    before = text[: place.start].rstrip()
    return len(before) if before and before[-1] not in "{,[:" else None
