"""Reading values from documents in which anything may stand anywhere: what is not as expected is
as if it were not there."""

from __future__ import annotations

from typing import Any


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def texts(value: object) -> tuple[str, ...]:
    """The items of a list as text, or of one value alone; none of None."""
    if value is None:
        return ()
    return tuple(text(item) for item in value) if isinstance(value, list) else (text(value),)


def text(value: object) -> str:
    """A scalar as text, "" for None and for what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def whole(value: object) -> int | None:
    """A whole number that may be written as text."""
    digits = text(value)
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None


def flag(value: object) -> bool:
    """Whether the value is true, which may be written as text."""
    return text(value).lower() == "true"


def member(values: dict[str, Any], name: str) -> Any:
    """A member whose name may begin with a capital or not, as SAM takes both in some places."""
    return values.get(name, values.get(name[0].upper() + name[1:]))
