"""Values that are made anew each time an event is sent: `{{uuid}}`, `{{now}}`, `{{counter}}` …

A placeholder stands in a text of the event, as in the samples' own templates: `{{name}}`,
`{{name:label}}`, `{{name|filter|filter}}`. Names are those `samples/render.py` generates (moments
and random ids; `now` is `now_iso`) and, besides,

- `counter` or `counter:orders`: 1, 2, 3 … in this project, the same all over one event;
- `env:NAME`: an environment variable of the workbench;
- `file:path`: the contents of a file of the project.

A text that is nothing but `{{counter|json}}` becomes a number; every other filter of
`samples/filters.py` works too. Braces around anything else are left alone, as is a placeholder
after a backslash (in JSON `"\\\\{{uuid}}"`), without it. Rules only: files, the environment and
counters come from `value_sources.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workbench.samples import BadParameter
from workbench.samples.filters import FILTERS, text_of
from workbench.samples.render import CLOCK_NAMES, Renderer, is_generated

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"')
_PLACEHOLDER = re.compile(
    r"(\\?)\{\{\s*(?P<name>[a-z][a-z0-9_]*)(?::(?P<label>[^{}|\n]*?))?"
    r"(?P<filters>(?:\s*\|\s*[a-z0-9_]+)*)\s*\}\}"
)

NAMES: Mapping[str, str] = {
    "uuid": "a random UUID; uuid:a is the same wherever it says :a",
    "now": "this moment, 2026-12-01T09:30:00.000Z; now:-60000 is a minute earlier",
    "counter": "1, 2, 3 … one more at each invocation; counter:orders counts apart",
    "env": "an environment variable: env:STAGE",
    "file": "the contents of a file of the project: file:data/order.txt",
    "hex8": "8 random hexadecimal digits",
    "digits6": "6 random digits",
    "alnum10": "10 random letters and digits",
    **dict.fromkeys(CLOCK_NAMES, "this moment in another form"),
}
"""What can be written between the braces, each with a few words."""


class BadPlaceholder(ValueError):
    """A value cannot be made. `offset` is where its text is in the event; `str()` a sentence."""

    def __init__(self, placeholder: str, reason: str, offset: int = 0) -> None:
        super().__init__(f"{placeholder}: {reason}")
        self.placeholder = placeholder
        self.reason = reason
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Sources:
    """Where values come from. `seed` fixes the random ones.

    `read` gives a file's bytes and `count` the next number of a counter; both raise ValueError
    with the reason when they cannot.
    """

    now: datetime
    seed: int
    environment: Mapping[str, str]
    read: Callable[[str], bytes]
    count: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Made:
    """One value: its placeholder as written, and the value as JSON."""

    placeholder: str
    value: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """An event as it is sent, and what was made for it, each placeholder once per place."""

    text: str
    made: tuple[Made, ...]


def has_placeholders(text: str) -> bool:
    """Whether an event's text holds a placeholder, or one that a backslash keeps as it is."""
    return "{{" in text and any(map(_is_known, _PLACEHOLDER.finditer(text)))


def resolve(text: str, sources: Sources) -> Resolved:
    """Return the event with its values made; what has none stays as it is written, to the byte.

    `text` is JSON. Raises BadPlaceholder for a value that cannot be made.
    """
    if not has_placeholders(text):
        return Resolved(text, ())
    maker = _Maker(sources)
    return Resolved(_TEXT.sub(maker.replaced, text), tuple(maker.made))


def _is_known(found: re.Match[str]) -> bool:
    return found["name"] in NAMES or is_generated(found["name"])


@dataclass
class _Maker:
    sources: Sources
    made: list[Made] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)
    _renderer: Renderer = field(init=False)
    _offset: int = 0

    def __post_init__(self) -> None:
        self._renderer = Renderer({}, now=self.sources.now, seed=self.sources.seed)

    def replaced(self, token: re.Match[str]) -> str:
        if "{{" not in token.group():
            return token.group()
        self._offset = token.start()
        try:
            text = json.loads(token.group())
        except ValueError:
            return token.group()
        whole = _PLACEHOLDER.fullmatch(text)
        if whole and _is_known(whole) and not whole[1]:
            value = self._made(whole)
            follows = token.string[token.end() : token.end() + 40].lstrip()
            if follows.startswith(":"):
                value = text_of(value)  # a member's name is a text
        else:
            value = _PLACEHOLDER.sub(self._within, text)
        return _json(value)

    def _within(self, found: re.Match[str]) -> str:
        if not _is_known(found):
            return found.group()
        if found[1]:
            return found.group()[1:]
        return text_of(self._made(found))

    def _made(self, found: re.Match[str]) -> Any:
        try:
            value = self._value(found["name"], (found["label"] or "").strip(), found["filters"])
        except BadPlaceholder:
            raise
        except BadParameter as error:
            raise BadPlaceholder(found.group(), error.reason, self._offset) from None
        except ValueError as error:
            raise BadPlaceholder(found.group(), str(error), self._offset) from None
        self.made.append(Made(found.group(), _json(value)))
        return value

    def _value(self, name: str, label: str, filters: str) -> Any:
        names = [each.strip() for each in filters.split("|")[1:]]
        for each in names:
            if each != "json" and each not in FILTERS:
                raise ValueError(f"there is no filter {each}; there are {_filter_names()}")
        value: Any
        match name:
            case "counter":
                if label not in self._counts:
                    self._counts[label] = self.sources.count(label)
                value = str(self._counts[label])
            case "env":
                value = self._variable(label)
            case "file":
                value = self._file(label)
            case _:
                value = self._generated("now_iso" if name == "now" else name, label)
        made = Renderer({"value": value}, now=self.sources.now, seed=0)
        value = made.render("".join(["{{value", *(f"|{each}" for each in names), "}}"]))
        if isinstance(value, bytes):
            raise ValueError("this is no UTF-8 text: write |base64 behind it")
        return value

    def _variable(self, name: str) -> str:
        if not name:
            raise ValueError("name the variable: {{env:STAGE}}")
        if name not in self.sources.environment:
            raise ValueError(f"the variable {name} is not set: set it before you start workbench")
        return self.sources.environment[name]

    def _file(self, path: str) -> str | bytes:
        if not path:
            raise ValueError("name the file: {{file:data/order.txt}}")
        data = self.sources.read(path)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data

    def _generated(self, name: str, label: str) -> str:
        if name in CLOCK_NAMES and label and not re.fullmatch(r"-?\d{1,15}", label):
            raise ValueError("after the colon goes a number of milliseconds, such as -60000")
        if label and not re.fullmatch(r"[-a-z0-9_]+", label):
            raise ValueError("after the colon go small letters, digits, - and _")
        try:
            return str(self._renderer.render(f"{{{{{name}:{label}}}}}" if label
                                             else f"{{{{{name}}}}}"))  # fmt: skip
        except OverflowError:
            raise ValueError("that is beyond the calendar") from None


def _filter_names() -> str:
    return ", ".join(["json", *FILTERS])


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair has no UTF-8.
    return text if text.isascii() or _is_utf8(text) else json.dumps(value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
