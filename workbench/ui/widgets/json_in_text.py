"""JSON that is a text in JSON, as the body of an HTTP response: taken apart to be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Parse = Callable[[str], Any]
"""Makes a value of a JSON text. Raises ValueError."""

_BEGINNINGS = ('"{', '"[')


def may_have_json(text: str) -> bool:
    """Whether there may be a text in a JSON document that is JSON itself. Quick."""
    return any(beginning in text for beginning in _BEGINNINGS)


def take_apart(old: Any, new: Any, parse: Parse) -> set[int]:
    """Put in place of each text of two parsed documents what it says, where it stands at the same
    place in both, differs, and is an object or array in both. Texts in those too.

    The documents' own objects are changed. Returns the ids of what came in.
    """
    came: set[int] = set()
    pairs = [(old, new)]
    while pairs:
        first, second = pairs.pop()
        if type(first) is not type(second):
            continue
        if type(first) is dict:
            names: Any = [name for name in first if name in second]
        elif type(first) is list:
            names = range(min(len(first), len(second)))
        else:
            continue
        for name in names:
            one, other = first[name], second[name]
            if type(one) is str and type(other) is str:
                if one == other or one[:1] not in ("{", "[") or other[:1] not in ("{", "["):
                    continue
                try:
                    one, other = parse(one), parse(other)
                except (ValueError, RecursionError):
                    continue
                first[name], second[name] = one, other
                came |= {id(one), id(other)}
            if type(one) is dict or type(one) is list:
                pairs.append((one, other))
    return came
