"""Differences between two texts, line by line; quick for texts of megabytes.

Common beginnings and ends are cut off, then lines that occur once on both sides are taken as fixed
points (patience diff); only what lies between them goes to difflib.
"""

from __future__ import annotations

import contextlib
import gc
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import chain, groupby, repeat
from operator import eq
from typing import Any

from workbench.ui.widgets.json_in_text import may_have_json, take_apart
from workbench.ui.widgets.json_paths import IGNORED, without

_DIFFLIB_CELLS = 40_000
"""Lines times lines up to which difflib, whose time grows with the square, is asked."""

_MOSTLY = 0.75

_STRIDE = 256
"""Lines that are compared at once where whole stretches are the same."""


@dataclass(frozen=True)
class Span:
    """Lines old_start..old_end against new_start..new_end (ends excluded)."""

    equal: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def diff_lines(old: Sequence[str], new: Sequence[str]) -> list[Span]:
    """Return spans in order that cover both texts, equal and different ones alternating."""
    pairs = list(_matches(old, new))
    spans: list[Span] = []
    old_at = new_at = 0
    for old_start, new_start, size in [*pairs, (len(old), len(new), 0)]:
        if old_start > old_at or new_start > new_at:
            spans.append(Span(False, old_at, old_start, new_at, new_start))
        old_at, new_at = old_start + size, new_start + size
        if not size:
            continue
        if spans and spans[-1].equal:
            last = spans.pop()
            spans.append(Span(True, last.old_start, old_at, last.new_start, new_at))
        else:
            spans.append(Span(True, old_start, old_at, new_start, new_at))
    return spans


def changes(spans: Iterable[Span]) -> tuple[int, int]:
    """How many lines were (added, removed)."""
    added = removed = 0
    for span in spans:
        if not span.equal:
            added += span.new_end - span.new_start
            removed += span.old_end - span.old_start
    return added, removed


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    # A stack instead of recursion; blocks wait on it in reverse, so that matches come in order.
    work: list[tuple[int, int, int, int] | tuple[int, int, int]] = [(0, len(old), 0, len(new))]
    while work:
        block = work.pop()
        if len(block) == 3:
            yield block
            continue
        old_start, old_end, new_start, new_end = block
        prefix = 0
        limit = min(old_end - old_start, new_end - new_start)
        while (
            prefix + _STRIDE <= limit
            and old[old_start + prefix : old_start + prefix + _STRIDE]
            == new[new_start + prefix : new_start + prefix + _STRIDE]
        ):
            prefix += _STRIDE
        while prefix < limit and old[old_start + prefix] == new[new_start + prefix]:
            prefix += 1
        if prefix:
            yield old_start, new_start, prefix
            old_start += prefix
            new_start += prefix
            limit -= prefix
        suffix = 0
        while (
            suffix + _STRIDE <= limit
            and old[old_end - suffix - _STRIDE : old_end - suffix]
            == new[new_end - suffix - _STRIDE : new_end - suffix]
        ):
            suffix += _STRIDE
        while suffix < limit and old[old_end - suffix - 1] == new[new_end - suffix - 1]:
            suffix += 1
        if suffix:
            old_end -= suffix
            new_end -= suffix
            work.append((old_end, new_end, suffix))
        if old_start == old_end or new_start == new_end:
            continue
        if old_end - old_start == new_end - new_start == 1:
            continue  # one line for another, as nearly all changes are
        aligned = _aligned(old[old_start:old_end], new[new_start:new_end])
        if aligned is not None:
            for at, size in aligned:
                yield old_start + at, new_start + at, size
            continue
        fixed = _fixed_points(old, old_start, old_end, new, new_start, new_end)
        if not fixed:
            yield from _by_difflib(old, old_start, old_end, new, new_start, new_end)
            continue
        blocks: list[tuple[int, int, int, int] | tuple[int, int, int]] = []
        for old_at, new_at in fixed:
            blocks.append((old_start, old_at, new_start, new_at))
            blocks.append((old_at, new_at, 1))
            old_start, new_start = old_at + 1, new_at + 1
        blocks.append((old_start, old_end, new_start, new_end))
        work.extend(reversed(blocks))


def _aligned(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]] | None:
    """(start, size) of equal runs where nearly all lines are the same at the same place, None
    where they are not: values have changed and nothing has moved, as it is with most answers."""
    if len(old) != len(new):
        return None
    equal = list(map(eq, old, new))
    if sum(equal) < len(equal) * _MOSTLY:
        return None
    runs = []
    at = 0
    for is_equal, run in groupby(equal):
        size = sum(1 for _ in run)
        if is_equal:
            runs.append((at, size))
        at += size
    return runs


def _fixed_points(
    old: Sequence[str],
    old_start: int,
    old_end: int,
    new: Sequence[str],
    new_start: int,
    new_end: int,
) -> list[tuple[int, int]]:
    old_counts = Counter(old[old_start:old_end])
    new_counts = Counter(new[new_start:new_end])
    where = {
        new[index]: index for index in range(new_start, new_end) if new_counts[new[index]] == 1
    }
    pairs = [
        (index, where[old[index]])
        for index in range(old_start, old_end)
        if old_counts[old[index]] == 1 and old[index] in where
    ]
    # The longest run of pairs whose order is the same on both sides.
    tails: list[int] = []
    tail_pairs: list[int] = []
    before: list[int] = []
    for number, (_, new_at) in enumerate(pairs):
        place = bisect_left(tails, new_at)
        before.append(tail_pairs[place - 1] if place else -1)
        if place == len(tails):
            tails.append(new_at)
            tail_pairs.append(number)
        else:
            tails[place] = new_at
            tail_pairs[place] = number
    chain: list[tuple[int, int]] = []
    number = tail_pairs[-1] if tail_pairs else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _by_difflib(
    old: Sequence[str],
    old_start: int,
    old_end: int,
    new: Sequence[str],
    new_start: int,
    new_end: int,
) -> Iterator[tuple[int, int, int]]:
    if (old_end - old_start) * (new_end - new_start) > _DIFFLIB_CELLS:
        return  # shown as replaced
    matcher = SequenceMatcher(None, old[old_start:old_end], new[new_start:new_end], autojunk=False)
    for match in matcher.get_matching_blocks():
        if match.size:
            yield old_start + match.a, new_start + match.b, match.size


def same(old: str, new: str, ignored: Sequence[str] = ()) -> bool:
    """Are two texts the same, JSON by structure and but for the paths ``ignored``?"""
    if old == new:
        return True
    old_lines, new_lines = comparable(old, new, ignored)
    return old_lines == new_lines


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Hold the garbage collector for a moment in which very much is made and all of it kept.

    It would go through hundreds of thousands of values again and again: a third of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def comparable(old: str, new: str, ignored: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Return the lines to compare two texts by.

    When both are JSON they are indented, members of the new one in the order of the old one (order
    means nothing in an object), without the commas at line ends (a member that is no longer the
    last has not changed). A text that is JSON on both sides is indented too, and said to be a
    text. Values at the paths ``ignored`` (``json_paths``) read "(ignored)". Otherwise they are
    the texts' own lines.
    """
    try:
        old_value, new_value = _parsed(old), _parsed(new)
        texts: set[int] = set()
        if may_have_json(old) and may_have_json(new):
            texts = take_apart(old_value, new_value, _parsed)
        without(old_value, ignored)
        without(new_value, ignored)
        first = _Lines({}, texts)
        first.emit(old_value, None, "", "")
        second = _Lines(first.places, texts, first.lines)
        second.emit(new_value, old_value, "", "")
    except (ValueError, RecursionError):
        return old.splitlines(), new.splitlines()
    return first.lines, second.lines


def _parsed(text: str) -> Any:
    # A number as written: bytes, which no text is equal to.
    return json.loads(text, parse_int=str.encode, parse_float=str.encode)


_text = json.encoder.encode_basestring
_WORDS = {True: "true", False: "false", None: "null"}


@lru_cache(maxsize=4096)
def _name(key: str) -> str:
    return f"{_text(key)}: "


class _Lines:
    """The lines of a value. What is the same in the value compared with is taken over from its
    lines, whose ``places`` (first and last of each object and array, by id) are known; ``texts``
    are the ids of those that were a text."""

    def __init__(
        self,
        places: dict[int, tuple[int, int]],
        texts: set[int],
        others: Sequence[str] | None = None,
    ) -> None:
        self.lines: list[str] = []
        self.places = places
        self._texts = texts
        self._others = others

    def emit(self, value: Any, like: Any, indent: str, name: str) -> None:
        """Append the lines of a value; ``like`` is the value whose member order is followed."""
        lines = self.lines
        kind = type(value)
        if self._texts and id(value) in self._texts:
            name += "JSON in a text: "
        if not value or kind not in (dict, list):
            lines.append(f"{indent}{name}{_scalar(value)}")
            return
        if self._others is not None and value == like:
            start, end = self.places[id(like)]
            lines += self._others[start:end]
            return
        first = len(lines)
        lines.append(f"{indent}{name}{'{' if kind is dict else '['}")
        deeper = indent + "  "
        members: Iterable[tuple[str, Any, Any]]
        if kind is dict:
            other = like if type(like) is dict else {}
            keys = [key for key in other if key in value]
            if len(keys) < len(value):
                keys += [key for key in value if key not in other]
            likes = map(other.get, keys)
            members = zip(map(_name, keys), map(value.get, keys), likes, strict=True)
        else:
            others = like if type(like) is list else []
            members = zip(repeat(""), value, chain(others, repeat(None)))
        for prefix, item, other_item in members:
            # Most are texts and numbers: without a call for each.
            if type(item) is str:
                lines.append(f"{deeper}{prefix}{_text(item)}")
            elif type(item) is bytes:
                lines.append(f"{deeper}{prefix}{item.decode()}")
            else:
                self.emit(item, other_item, deeper, prefix)
        lines.append(f"{indent}{'}' if kind is dict else ']'}")
        if self._others is None:
            self.places[id(value)] = (first, len(lines))


def _scalar(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _text(value)
    if value is IGNORED:
        return str(value)
    if kind is dict or kind is list:
        return "{}" if kind is dict else "[]"
    return value.decode() if kind is bytes else _WORDS.get(value) or json.dumps(value)
