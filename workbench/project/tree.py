"""YAML and JSON read into a tree whose every node knows its place in the file.

CloudFormation's short forms become the long ones: `!Ref X` is {"Ref": "X"}, `!GetAtt A.B` is
{"Fn::GetAtt": ["A", "B"]}. A YAML file with a mistake in one resource is still read without it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_JSON = json.JSONDecoder()

Value = dict[str, "Node"] | list["Node"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value and where it stands (from 1). `text` is a scalar as it is written in the file.

    A value in a mapping that begins on a later line than its key has the key's place.
    """

    value: Value
    line: int
    column: int
    text: str = ""

    @property
    def mapping(self) -> dict[str, Node]:
        """The value if it is a mapping, else an empty one."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The value if it is a list, else an empty one."""
        return self.value if isinstance(self.value, list) else []


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the file itself. Line and column from 1, None when there is no place."""

    message: str
    line: int | None = None
    column: int | None = None


def read(path: Path) -> tuple[Node | None, list[Mistake]]:
    """The file's tree (None when nothing could be read) and the mistakes in it."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [Mistake(f"This is not UTF-8 text (byte {error.start + 1}).")]
    except OSError as error:
        return None, [Mistake(f"Cannot read this file: {error.strerror or error}.")]
    try:
        return _json(text) if path.suffix == ".json" else _yaml(text)
    except RecursionError:
        return None, [Mistake("This is nested too deeply, or contains itself.")]


# -- YAML ---------------------------------------------------------------------------------------


def _yaml(text: str) -> tuple[Node | None, list[Mistake]]:
    import yaml  # Late: 15 ms of start-up.

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def parse(part: str) -> tuple[Node | None, list[Mistake]]:
        root = yaml.compose(part, Loader=loader)
        converter = _Converter(yaml.SafeLoader(""))
        return (converter.convert(root) if root is not None else None), converter.mistakes

    try:
        return parse(text)
    except yaml.YAMLError as error:
        mistake = _mistake(error)
        try:
            tree, others = parse(_without_broken_parts(text, parse, yaml.YAMLError))
        except yaml.YAMLError:
            return None, [mistake]
        return tree, [mistake, *others]


def _mistake(error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    message = f"This is not valid YAML: {reason}{f' ({context})' if context else ''}."
    return Mistake(message, mark.line + 1, mark.column + 1) if mark else Mistake(message)


def _without_broken_parts(text: str, parse: Callable[[str], object], error: type[Exception]) -> str:
    """`text` with every section or resource that does not parse alone made blank lines.

    Sections are split by indentation alone: what a person half-wrote in one resource must not
    hide the functions beside it while they write.
    """
    lines = text.splitlines()
    kept = [""] * len(lines)
    for start, end in _parts(lines):
        part = lines[start:end]
        head = part[0]
        nested = list(_parts(part[1:])) if re.match(r"Resources\s*:\s*(#.*)?$", head) else []
        for first, last in [(s + 1, e + 1) for s, e in nested] or [(0, len(part))]:
            piece = part[first:last]
            try:
                parse("\n".join(piece))
            except (error, RecursionError):
                continue
            kept[start] = head
            kept[start + first : start + last] = piece
    return "\n".join(kept)


def _parts(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Ranges that begin with a line as little indented as the first."""
    begins: list[int] = []
    indent: int | None = None
    for number, line in enumerate(lines):
        content = line.lstrip(" ")
        if not content or content[0] in "#\r\t" or line.startswith("---"):
            continue
        depth = len(line) - len(content)
        indent = depth if indent is None else indent
        if depth <= indent:
            begins.append(number)
    yield from zip(begins, [*begins[1:], len(lines)], strict=True)


class _Converter:
    """PyYAML's nodes to ours. A node that anchors share is converted once."""

    def __init__(self, constructor: Any) -> None:
        self._constructor = constructor
        self._done: dict[int, Node] = {}
        self._open: set[int] = set()
        self.mistakes: list[Mistake] = []

    def convert(self, node: yaml.Node) -> Node:
        if id(node) in self._done:
            return self._done[id(node)]
        if id(node) in self._open:
            raise RecursionError
        self._open.add(id(node))
        converted = self._converted(node)
        self._open.discard(id(node))
        self._done[id(node)] = converted
        return converted

    def _converted(self, node: yaml.Node) -> Node:
        import yaml  # Loaded already by whoever parsed.

        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        value: Value
        text = ""
        if isinstance(node, yaml.MappingNode):
            value = self._mapping(node)
        elif isinstance(node, yaml.SequenceNode):
            value = [self.convert(item) for item in node.value]
        else:
            text = node.value
            value = self._scalar(node)
        plain = Node(value, line, column, text)
        if not node.tag.startswith("!") or node.tag == "!":
            return plain
        name = node.tag[1:]
        if name == "GetAtt" and isinstance(value, str):
            value = [replace(plain, value=part, text=part) for part in value.split(".", 1)]
            plain = replace(plain, value=value)
        key = name if name in ("Ref", "Condition") else f"Fn::{name}"
        return Node({key: plain}, line, column)

    def _mapping(self, node: yaml.Node) -> dict[str, Node]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                base = self.convert(value)
                for mapping in (base.items or [base])[::-1]:
                    merged.update(mapping.mapping)
                continue
            mark = key.start_mark
            name = key.value if isinstance(key.value, str) else str(key.value)
            if name in own:
                message = f"“{name}” is here twice: only this last one counts."
                self.mistakes.append(Mistake(message, mark.line + 1, mark.column + 1))
            converted = self.convert(value)
            if converted.line != mark.line + 1:
                converted = replace(converted, line=mark.line + 1, column=mark.column + 1)
            own[name] = converted
        return {**merged, **own}

    def _scalar(self, node: yaml.Node) -> Value:
        kind = node.tag.rpartition(":")[2]
        if kind in ("int", "float", "bool", "null"):
            try:
                value: Value = self._constructor.construct_object(node)
            except ValueError:
                return str(node.value)
            return value
        # Dates stay text, as CloudFormation leaves them.
        return str(node.value)


# -- JSON ---------------------------------------------------------------------------------------

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def _json(text: str) -> tuple[Node | None, list[Mistake]]:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        message = f"This is not valid JSON: {error.msg}."
        return None, [Mistake(message, error.lineno, error.colno)]
    return _JsonReader(text).read(), []


class _JsonReader:
    """Reads JSON that is known to be valid, keeping places (which the json module does not)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._line_start = 0

    def read(self) -> Node:
        self._skip()
        line, column = self._line, self._at - self._line_start + 1
        begin = self._text[self._at]
        if begin == "{":
            mapping: dict[str, Node] = {}
            for _ in self._elements("}"):
                self._skip()
                key_line, key_column = self._line, self._at - self._line_start + 1
                key = self._string()
                self._skip()
                self._at += 1  # the colon
                value = self.read()
                if value.line != key_line:
                    value = replace(value, line=key_line, column=key_column)
                mapping[key] = value
            return Node(mapping, line, column)
        if begin == "[":
            return Node([self.read() for _ in self._elements("]")], line, column)
        if begin == '"':
            string = self._string()
            return Node(string, line, column, string)
        match = _SCALAR.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return Node(json.loads(match[0]), line, column, match[0])

    def _elements(self, end: str) -> Iterator[None]:
        self._at += 1
        self._skip()
        while self._text[self._at] != end:
            yield
            self._skip()
            if self._text[self._at] == ",":
                self._at += 1
                self._skip()
        self._at += 1

    def _string(self) -> str:
        value, self._at = _JSON.raw_decode(self._text, self._at)
        return str(value)

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        breaks = match[0].count("\n")
        if breaks:
            self._line += breaks
            self._line_start = self._at + match[0].rindex("\n") + 1
        self._at = match.end()
