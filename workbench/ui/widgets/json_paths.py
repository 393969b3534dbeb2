"""Places in a JSON document to leave out of a comparison, written as the JSONPath that views show.

`$.Records[*].eventTime` is that member of every record, `$.*.id` that of every member, `$..id` the
member wherever it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

_STEP = re.compile(
    r"(?P<deep>\.\.(?P<anywhere>[A-Za-z_][\w-]*))"
    r"|\.(?P<name>\*|[A-Za-z_][\w-]*)"
    r"|\[(?P<index>\*|\d+)\]"
    r'|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]'
)

ANY: Final = object()


class _Ignored:
    """What stands in the place of an ignored value; there is one."""

    def __str__(self) -> str:
        return "(ignored)"


IGNORED: Final = _Ignored()


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a path: a member's name, an index, or ANY; `deep`: at any depth below."""

    name: object
    deep: bool = False


def path_fault(path: str) -> str | None:
    """What is wrong with a path, in words; None when nothing is."""
    try:
        _steps(path)
    except ValueError as error:
        return str(error)
    return None


def _steps(path: str) -> tuple[_Step, ...]:
    if not path.startswith("$"):
        raise ValueError("A path begins with $, for example $.Records[*].eventTime")
    steps = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise ValueError(f"“{path[at:]}” is no step of a path: write .name, ..name, [*] or [0]")
        at = match.end()
        if match["deep"]:
            steps.append(_Step(match["anywhere"], deep=True))
        elif match["quoted"]:
            steps.append(_Step(json.loads(match["quoted"])))
        elif match["index"]:
            steps.append(_Step(ANY if match["index"] == "*" else int(match["index"])))
        else:
            steps.append(_Step(ANY if match["name"] == "*" else match["name"]))
    if not steps:
        raise ValueError("$ alone would ignore the whole answer")
    return tuple(steps)


def without(value: Any, paths: Iterable[str]) -> Any:
    """Put IGNORED into a parsed JSON value, in place, wherever a path leads; returns the value.

    Paths with a fault are passed over.
    """
    patterns = [_steps(path) for path in paths if path_fault(path) is None]
    if patterns:
        _mark(value, patterns)
    return value


def _mark(value: Any, patterns: list[tuple[_Step, ...]]) -> None:
    members: Iterable[tuple[Any, Any]]
    if type(value) is dict:
        members = list(value.items())
    elif type(value) is list:
        members = enumerate(value)
    else:
        return
    for name, member in members:
        below = []
        for pattern in patterns:
            step = pattern[0]
            if step.name is ANY or step.name == name:
                if len(pattern) == 1:
                    value[name] = IGNORED
                    break
                below.append(pattern[1:])
            if step.deep:
                below.append(pattern)
        else:
            if below:
                _mark(member, below)


_VOLATILE = re.compile(
    r'(?:"(?:[^"\\]|\\.)*": )?'
    r'(?:"\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?"'  # ISO 8601
    r'|"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"'  # UUID
    r'|"[0-9a-f]{16,64}"|"[0-9A-HJKMNP-TV-Z]{26}"'  # hash, ULID
    r'|"?1\d{9}(?:\d{3})?(?:\.\d+)?"?)'  # seconds or milliseconds of these years
)


def is_volatile(line: str) -> bool:
    """Does a line of `line_diff.comparable` hold what looks like a time or an id?"""
    return _VOLATILE.fullmatch(line.strip()) is not None


_NAME = re.compile(r'\s*("(?:[^"\\]|\\.)*"): ')


def path_at(lines: Sequence[str], index: int) -> str | None:
    """The path of the value on a line of `line_diff.comparable`, its indexes as [*].

    None where no path leads to a part of a document: the top, closing brackets, plain text.
    """
    parts: list[str] = []
    depth = _depth(lines[index])
    if lines[index].strip() in ("}", "]"):
        return None
    while depth:
        match = _NAME.match(lines[index])
        parts.append(_member(json.loads(match[1])) if match else "[*]")
        while _depth(lines[index]) >= depth:
            index -= 1
            if index < 0:
                return None
        if lines[index][-1:] not in ("{", "["):
            return None  # plain text that happens to be indented
        depth = _depth(lines[index])
    return "$" + "".join(reversed(parts)) if parts else None


def _member(name: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return f".{name}"
    return f"[{json.dumps(name, ensure_ascii=False)}]"


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
