"""What a service makes of an answer, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """`good` is None where the service does not look at the answer; `words` are a sentence."""

    words: str
    good: bool | None = True

    @property
    def line(self) -> str:
        """The sentence with its glyph."""
        return f"{ {True: '✓', False: '✗', None: '·'}[self.good] } {self.words}"


class Refused(Exception):
    """The service does not take the answer; the text goes on after "<service> refuses it: "."""


def members(value: Any, what: str) -> Mapping[str, Any]:
    """`value`, which has to be an object. Raises Refused."""
    if not isinstance(value, dict):
        raise Refused(f"{what} is {_kind(value)}, not an object")
    return value


def one_of(value: Any, allowed: tuple[str, ...], what: str) -> str:
    """`value`, which has to be one of `allowed`. Raises Refused."""
    if value not in allowed:
        found = "is missing" if value is None else f"is {value!r}"
        raise Refused(f"{what} {found}: it must be {' or '.join(allowed)}")
    return str(value)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
    return "a list"
