"""Fill the placeholders of a sample event in.

A placeholder is `{{name}}` or `{{name|filter|filter}}` in a text of the template. A text that is
nothing but one placeholder becomes the filters' value, of whatever type; otherwise the value is
put into the text. `{{size|json}}` is therefore a number, `{{size}}` a text. An object with one
member whose name starts with a bar, `{"|json_text": {…}}`, becomes its rendered member passed
through those filters: that is how JSON inside a text, or inside gzip, stays readable in the file.

Names, first match wins:
- parameters of the sample, `region` and `account`, and the sample's own `Values`;
- `partition` and `dns_suffix` of the region;
- the clock: `now_ms`, `now_s` (epoch), `now_s_fraction` (seconds with milliseconds), `now_iso`,
  `now_iso_s` (ISO 8601 with and without milliseconds), `now_iso_offset` (with +0000 for Z),
  `now_clf` (01/Dec/2026:09:30:00 +0000), `now_java` (Dec 1, 2026, 9:30:00 AM), `now_rfc2822`,
  `now_date`. `now_ms:-250` is 250 milliseconds earlier; so with every clock name;
- random: `uuid`, `hexN`, `digitsN`, `alnumN`, `upperN` of N characters; new each time, but
  `uuid:request` is the same wherever it has the same label.
"""

from __future__ import annotations

import random
import re
import string
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.samples.filters import FILTERS, OMITTED, text_of
from workbench.samples.parameters import BadParameter, parse_json

PLACEHOLDER = re.compile(r"\{\{([a-z][a-z0-9_]*)(?::([-a-z0-9_]+))?((?:\|[a-z0-9_]+)*)\}\}")

# strftime's names follow the locale; those of AWS don't.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RANDOM = re.compile(r"(hex|digits|alnum|upper)([1-9][0-9]*)")
_ALPHABETS = {
    "hex": "0123456789abcdef",
    "digits": string.digits,
    "alnum": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
}


def _iso(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def _epoch_ms(now: datetime) -> int:
    return int(now.timestamp()) * 1000 + now.microsecond // 1000


_CLOCK: Mapping[str, Callable[[datetime], Any]] = {
    "now_ms": lambda now: str(_epoch_ms(now)),
    "now_s": lambda now: str(int(now.timestamp())),
    "now_s_fraction": lambda now: str(_epoch_ms(now) / 1000),
    "now_iso": _iso,
    "now_iso_s": lambda now: now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "now_clf": lambda now: now.strftime(f"%d/{_MONTHS[now.month - 1]}/%Y:%H:%M:%S +0000"),
    "now_iso_offset": lambda now: _iso(now)[:-1] + "+0000",
    "now_java": lambda now: (
        f"{_MONTHS[now.month - 1]} {now.day}, {now.year}, "
        f"{(now.hour + 11) % 12 + 1}:{now:%M:%S} {'AM' if now.hour < 12 else 'PM'}"
    ),
    "now_rfc2822": lambda now: (
        f"{_DAYS[now.weekday()]}, {now:%d} {_MONTHS[now.month - 1]} {now:%Y %H:%M:%S} +0000"
    ),
    "now_date": lambda now: now.strftime("%Y-%m-%d"),
}


CLOCK_NAMES = tuple(_CLOCK)
"""The names of moments, for lists of what can be written."""


def is_generated(name: str) -> bool:
    """Return whether a placeholder's name stands for a moment or something random."""
    return name == "uuid" or name in _CLOCK or _RANDOM.fullmatch(name) is not None


class Renderer:
    """Renders templates with one set of values, one moment and one source of random ids."""

    def __init__(self, values: Mapping[str, Any], *, now: datetime, seed: int | None) -> None:
        self._values = dict(values)
        self._now = now.astimezone(UTC)
        # Only the look of sample ids depends on it; nothing secret does.
        self._random = random.Random(seed)
        self._labelled: dict[tuple[str, str], str] = {}

    def define(self, name: str, template: Any) -> None:
        """Render a template and give the result a name that later templates can use."""
        self._values[name] = self.render(template)

    def render(self, template: Any) -> Any:
        """Return the template with its placeholders filled in.

        Raises BadParameter when a value cannot be encoded, KeyError for a name or filter that
        does not exist (a mistake in the sample file).
        """
        if isinstance(template, str):
            return self._text(template)
        if isinstance(template, list):
            rendered = (self.render(each) for each in template)
            return [each for each in rendered if each is not OMITTED]
        if isinstance(template, dict):
            return self._object(template)
        return template

    def _object(self, template: dict[str, Any]) -> Any:
        if len(template) == 1:
            ((key, member),) = template.items()
            if key.startswith("|"):
                return self._filtered(key, self.render(member), key[1:])
        result = {}
        for key, member in template.items():
            value = self.render(member)
            if value is not OMITTED:
                result[text_of(self._text(key))] = value
        return result

    def _text(self, template: str) -> Any:
        if "{{" not in template:
            return template
        whole = PLACEHOLDER.fullmatch(template)
        if whole:
            return self._value(whole)
        return PLACEHOLDER.sub(lambda found: text_of(self._value(found)), template)

    def _value(self, placeholder: re.Match[str]) -> Any:
        name, label, filters = placeholder.groups()
        return self._filtered(name, self._named(name, label), filters[1:])

    def _filtered(self, name: str, value: Any, filters: str) -> Any:
        for each in filters.split("|") if filters else ():
            if each == "json":
                value = parse_json(name, text_of(value))
                continue
            try:
                value = FILTERS[each](value)
            except ValueError as error:
                raise BadParameter(name, str(error)) from None
        return value

    def _named(self, name: str, label: str | None) -> Any:
        if name in self._values:
            return self._values[name]
        if name in _CLOCK:
            return _CLOCK[name](self._now + timedelta(milliseconds=int(label or 0)))
        if label is None:
            return self._fresh(name)
        if (name, label) not in self._labelled:
            self._labelled[name, label] = self._fresh(name)
        return self._labelled[name, label]

    def _fresh(self, name: str) -> str:
        if name == "uuid":
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        shape = _RANDOM.fullmatch(name)
        if shape is None:
            raise KeyError(f"unknown placeholder {name}")
        return "".join(self._random.choices(_ALPHABETS[shape[1]], k=int(shape[2])))


def place(region: str, account: str) -> dict[str, str]:
    """Return the values that follow from region and account: partition and DNS suffix too."""
    china = region.startswith("cn-")
    if china:
        partition = "aws-cn"
    elif region.startswith("us-gov-"):
        partition = "aws-us-gov"
    else:
        partition = "aws"
    return {
        "region": region,
        "account": account,
        "partition": partition,
        "dns_suffix": "amazonaws.com.cn" if china else "amazonaws.com",
    }
