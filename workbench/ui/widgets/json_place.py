"""Where in a JSON text an offset is: the path, and what is being written there. No Textual.

The text may be unfinished or wrong: what stands before the offset counts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Literal

Path = tuple[str | int, ...]
"""Member names and indices from the top to a value."""

Role = Literal["key", "value", "none"]

# Unlike the highlighter's, a text ends with its line: one that is not closed must not swallow more.
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\n]|\\.)*+"?)|(?P<punctuation>[{}\[\],:])|(?P<other>[^\s{}\[\],:"]+)'
)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Place:
    """What an offset is in.

    `path` is that of the value (or of the member whose name is being written); `container` that of
    the object or array around it. `role` says what belongs there: a member's name, a value, or
    nothing. `start` and `end` are the token's offsets (equal when there is none), `typed` is what
    stands of it before the offset, without its quote.
    """

    path: Path
    container: Path
    role: Role
    start: int
    end: int
    typed: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A place, and every member's path in the text with those of the place's own container."""

    place: Place
    paths: frozenset[Path]
    siblings: frozenset[str]


@dataclass(slots=True)
class _Frame:
    is_object: bool
    name: str | int | None
    expects: Literal["key", "colon", "value", "comma"] = "value"
    names: set[str] = field(default_factory=set)


def written(path: Path) -> str:
    """A path as people write it: `$.Records[0].s3`, `$["a b"]`."""
    parts = []
    for each in path:
        if isinstance(each, int):
            parts.append(f"[{each}]")
        else:
            plain = _PLAIN_NAME.fullmatch(each)
            parts.append(f".{each}" if plain else f"[{json.dumps(each, ensure_ascii=False)}]")
    return "$" + "".join(parts)


def place_at(text: str, offset: int) -> Place:
    """The place of an offset; what is behind it is not looked at, but the rest of its line."""
    line_end = text.find("\n", offset)
    return scan(text if line_end < 0 else text[:line_end], offset).place


def scan(text: str, offset: int) -> Scan:
    """The place of an offset and the members of the whole text."""
    scanner = _Scanner(offset)
    for token in _TOKEN.finditer(text):
        scanner.take(token)
    return scanner.finish()


class _Scanner:
    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._stack: list[_Frame] = [_Frame(False, None)]
        self._paths: set[Path] = set()
        self._place: Place | None = None
        self._around: _Frame | None = None

    def take(self, token: re.Match[str]) -> None:
        start, end = token.span()
        kind, text = token.lastgroup, token.group()
        if self._place is None and start >= self._offset:
            self._found(self._offset, self._offset)
        inside = self._place is None and self._is_inside(token)
        top = self._stack[-1]
        if kind == "punctuation":
            self._punctuation(text)
            return
        if top.is_object and top.expects != "value":
            name = _unquoted(text)
            if inside:
                self._found(start, end, name=name, quoted=kind == "string", token=text)
            else:
                # The name that is being written is no member yet.
                top.names.add(name)
                self._paths.add((*self._container(), name))
            top.name, top.expects = name, "colon"
            return
        if inside:
            self._found(start, end, quoted=kind == "string", token=text)
        top.expects = "comma"

    def _is_inside(self, token: re.Match[str]) -> bool:
        start, end = token.span()
        if token.lastgroup == "punctuation" or not start < self._offset <= end:
            return False
        # Behind its closing quote a text is finished.
        closed = token.lastgroup == "string" and end - start > 1 and token.group()[-1] == '"'
        return not (closed and self._offset == end)

    def _punctuation(self, text: str) -> None:
        top = self._stack[-1]
        if text in "{[":
            is_object = text == "{"
            top.expects = "comma"
            frame = _Frame(is_object, None if is_object else 0)
            frame.expects = "key" if is_object else "value"
            self._stack.append(frame)
        elif text in "}]":
            if len(self._stack) > 1:
                self._stack.pop()
        elif text == ":":
            top.expects = "value"
        else:
            if isinstance(top.name, int):
                top.name += 1
            elif top.is_object:
                top.name = None
            top.expects = "key" if top.is_object else "value"

    def _role(self) -> Role:
        expects = self._stack[-1].expects
        if expects == "key":
            return "key"
        return "value" if expects == "value" else "none"

    def _container(self) -> Path:
        return tuple(frame.name for frame in self._stack[:-1] if frame.name is not None)

    def _found(
        self,
        start: int,
        end: int,
        *,
        name: str | None = None,
        quoted: bool = False,
        token: str = "",
    ) -> None:
        top = self._stack[-1]
        container = self._container()
        own = name if name is not None else top.name
        path = container if own is None else (*container, own)
        role: Role = "key" if name is not None else self._role()
        typed = token[: max(0, self._offset - start)]
        if quoted and (len(token) < 2 or token[-1] != '"'):
            end = self._offset  # not closed: what is behind the cursor need not belong to it
        self._around = top
        self._place = Place(
            path, container, role, start, end, typed[1:] if quoted else typed, quoted
        )

    def finish(self) -> Scan:
        if self._place is None:
            self._found(self._offset, self._offset)
        assert self._place is not None and self._around is not None
        return Scan(self._place, frozenset(self._paths), frozenset(self._around.names))


def _unquoted(token: str) -> str:
    if token.startswith('"'):
        try:
            return str(json.loads(token))
        except ValueError:
            return token.strip('"')
    return token
