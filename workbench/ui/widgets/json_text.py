"""JSON as text: tokens, layout into indented lines, formatting. No Textual, nothing parsed away.

Numbers keep their text (``1.0`` and 20-digit integers stay as they are), keys keep their order and
duplicates. ``json_fault`` (its own module) says in words why a text is no JSON.
"""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*+"(?=\s*:))'
    r'|(?P<string>"(?:[^"\\]|\\.)*+"?)'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<literal>true|false|null)"
    r"|(?P<punctuation>[{}\[\],:])"
    r"|(?P<other>[^\s{}\[\],:\"]+)"
)
"""One token of a JSON line; the group's name is the kind. ``other`` is what isn't JSON."""

# Everything up to and with the next bracket or comma outside a text.
_PIECE = re.compile(r'[^"{}\[\],]*+(?:"(?:[^"\\]|\\.)*+"[^"{}\[\],]*+)*+[{}\[\],]', re.DOTALL)

# Pieces, and at the end whatever is none: a search would go on inside a text that is cut off.
_PIECES = re.compile(_PIECE.pattern + "|.+", re.DOTALL)

_CHUNK = 256 * 1024

INDENT = 2
"""Spaces per level."""


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of each token; white space between them is left out."""
    for match in TOKEN.finditer(text):
        yield match.lastgroup or "other", match.group()


def is_json(text: str) -> bool:
    """Is the text one JSON value?"""
    try:
        # Numbers are not converted: it is quicker, and a million digits are no error.
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


class Layout:
    """Where each line of the indented form of a JSON text starts and ends in the text itself.

    Lines are numbered from 0. The text must be valid JSON (or the beginning of one). Building it
    for 6 MB takes some hundred milliseconds; only the lines that are shown are ever formatted.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = array("I")
        self.ends = array("I")
        self.depths = array("I")
        self.parents = array("I")
        """Line of the container each line is in; the line itself at the top."""
        self.ordinals = array("I")
        """Index among the container's members; on a closing line the number of members."""
        self.closes = array("I")
        """On a line that opens a container the line that closes it, else 0."""
        self.longest = 0
        """The line with most characters."""
        self._build()

    def __len__(self) -> int:
        return len(self.starts)

    def pack(self) -> bytes:
        """Return the layout without its text, for another process."""
        head = array("I", (len(self), self.longest))
        return b"".join(part.tobytes() for part in (head, *self._parts()))

    @classmethod
    def unpack(cls, text: str, packed: bytes) -> Layout:
        """Return the layout of a text that ``pack`` gave."""
        layout = cls("")
        layout.text = text
        values = memoryview(packed).cast("I")
        count, layout.longest = values[:2]
        for number, part in enumerate(layout._parts()):
            part.frombytes(values[2 + number * count : 2 + (number + 1) * count].cast("B"))
        return layout

    def _parts(self) -> tuple[array[int], ...]:
        return (self.starts, self.ends, self.depths, self.parents, self.ordinals, self.closes)

    def _build(self) -> None:
        text = self.text
        starts, ends, depths = self.starts, self.ends, self.depths
        parents, ordinals, closes = self.parents, self.ordinals, self.closes
        stack: list[int] = []
        counts: list[int] = [0]
        depth = 0
        parent = 0
        row = 0
        previous = ""  # the bracket or comma that ended the piece before
        longest = -1
        position = 0
        while pieces := self._pieces(position):
            for end in accumulate(map(len, pieces), initial=position):
                if end == position:
                    continue
                mark = text[end - 1]
                start, position = position, end
                if mark == "," and previous in "}]" and previous:
                    ends[row - 1] = end  # the comma stands behind the closing bracket
                    previous = mark
                    continue
                if mark == "}" or mark == "]":
                    body = text[start : end - 1]
                    if body and not body.isspace():
                        starts.append(start)
                        ends.append(end - 1)
                        depths.append(depth)
                        parents.append(parent)
                        ordinals.append(counts[-1])
                        closes.append(0)
                        counts[-1] += 1
                        if end - start > longest:
                            longest, self.longest = end - start, row
                        row += 1
                    elif previous == "{" or previous == "[":  # empty: stays on one line
                        depth -= 1
                        stack.pop()
                        counts.pop()
                        ends[row - 1] = end
                        parent = stack[-1] if stack else 0
                        previous = mark
                        continue
                    opened = stack.pop() if stack else 0
                    members = counts.pop() if len(counts) > 1 else 0
                    depth = max(0, depth - 1)
                    parent = stack[-1] if stack else 0
                    closes[opened] = row
                    starts.append(end - 1)
                    ends.append(end)
                    depths.append(depth)
                    parents.append(parent)
                    ordinals.append(members)
                    closes.append(0)
                    row += 1
                    previous = mark
                    continue
                starts.append(start)
                ends.append(end)
                depths.append(depth)
                parents.append(parent if stack else row)
                ordinals.append(counts[-1])
                closes.append(0)
                counts[-1] += 1
                if end - start > longest:
                    longest, self.longest = end - start, row
                if mark != ",":
                    stack.append(row)
                    counts.append(0)
                    depth += 1
                    parent = row
                row += 1
                previous = mark
        if text[position:].strip():
            starts.append(position)
            ends.append(len(text))
            depths.append(depth)
            parents.append(parent if stack else row)
            ordinals.append(counts[-1])
            closes.append(0)
            if len(text) - position > longest:
                self.longest = row
        # A text that was cut off leaves containers open: they end with the last line.
        for opened in stack:
            if opened < len(starts) - 1:
                closes[opened] = len(starts) - 1

    def _pieces(self, position: int) -> list[str]:
        """Return the next pieces from position: all that end within the next chunk or two."""
        size = _CHUNK
        while True:
            end = min(position + size, len(self.text))
            pieces: list[str] = _PIECES.findall(self.text, position, end)
            if pieces and _PIECE.fullmatch(pieces[-1]) is None:
                pieces.pop()
            if pieces or end == len(self.text):
                return pieces
            size *= 4  # one text longer than the chunk

    def line(self, row: int, limit: int | None = None) -> str:
        """Return the indented text of a line, at most about limit characters of it."""
        return " " * (INDENT * self.depths[row]) + "".join(
            part for _, part in self.line_tokens(row, limit)
        )

    def line_tokens(self, row: int, limit: int | None = None) -> list[tuple[str, str]]:
        """Return (kind, text) of each part of a line, without its indent."""
        start, end = self.starts[row], self.ends[row]
        if limit is not None:
            end = min(end, start + limit)
        parts = []
        for kind, text in tokens(self.text[start:end]):
            parts.append((kind, ": " if text == ":" and kind == "punctuation" else text))
        return parts

    def row_at(self, offset: int) -> int:
        """Return the line that holds an offset of the text."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def key(self, row: int) -> str | None:
        """Return the member name on a line as written between its quotes, or None."""
        match = TOKEN.match(self.text, self._first(row), self.ends[row])
        return match.group()[1:-1] if match and match.lastgroup == "key" else None

    def _first(self, row: int) -> int:
        start, end = self.starts[row], self.ends[row]
        while start < end and self.text[start].isspace():
            start += 1
        return start

    def is_close(self, row: int) -> bool:
        """Is this the line of a closing bracket?"""
        return self.text[self._first(row)] in "}]"

    def path(self, row: int) -> str:
        """Return the JSONPath of the value on a line, such as ``$.Records[0].s3``."""
        row = self._opener(row)
        parts: list[str] = []
        while self.depths[row]:
            key = self.key(row)
            if key is None:
                parts.append(f"[{self.ordinals[row]}]")
            elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
                parts.append(f".{key}")
            else:
                parts.append('["' + key + '"]')
            row = self.parents[row]
        return "$" + "".join(reversed(parts))

    def _opener(self, row: int) -> int:
        if not self.is_close(row):
            return row
        # The line before a close is in the container or closes one of its members.
        before = row - 1
        while self.depths[before] > self.depths[row] + 1:
            before = self.parents[before]
        return self.parents[before]

    def value(self, row: int) -> str:
        """Return the text of the value on a line, as it stands in the source."""
        row = self._opener(row)
        close = self.closes[row]
        end = self.ends[close] if close else self.ends[row]
        text = self.text[self._first(row) : end].rstrip()
        text = text.removesuffix(",").rstrip()
        if self.key(row) is not None:
            match = TOKEN.match(text)
            assert match is not None
            text = text[match.end() :].lstrip().removeprefix(":").lstrip()
        return text


# A line as nearly all are: nothing but white space between name, colon, value and comma to mend.
_LINE = re.compile(
    r'\s*+(?:("(?:[^"\\]|\\.)*+")\s*+:)?\s*+'
    r'((?:"(?:[^"\\]|\\.)*+"|[^\s",:{}\[\]]++)?[{}\[\],]*+)\s*+',
    re.DOTALL,
)


def format_json(text: str) -> str:
    """Return valid JSON indented by two spaces; numbers, key order and texts stay as written."""
    layout = Layout(text)
    lines = []
    for row, (start, end, depth) in enumerate(
        zip(layout.starts, layout.ends, layout.depths, strict=True)
    ):
        match = _LINE.fullmatch(text, start, end)
        if match is None:
            lines.append(layout.line(row))
            continue
        key, rest = match.groups()
        indent = " " * (INDENT * depth)
        lines.append(f"{indent}{rest}" if key is None else f"{indent}{key}: {rest}")
    return "\n".join(lines)
