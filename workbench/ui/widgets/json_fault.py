"""What is wrong with a text that should be JSON, in words, with the fix."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from workbench.ui.widgets.json_text import TOKEN


@dataclass(frozen=True)
class Fault:
    """The first fault: line and column (from 1), and what to do about it."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class _NotJson(ValueError):
    pass


def _refuse(constant: str) -> None:
    raise _NotJson(constant)


_WORD = re.compile(r"[A-Za-z_][\w$]*")
_INSTEAD = {"True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null"}


def json_fault(text: str) -> Fault | None:
    """Return the first fault of a text, None when it is JSON."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        position, message = _explain(text, error)
    except _NotJson as error:
        match = re.search(rf'(?<!["\w]){re.escape(str(error))}\b', text)
        position = match.start() if match else 0
        message = f"{error} is no JSON number: use null, or put it in double quotes"
    except RecursionError:
        position, message = 0, "nested too deeply: use fewer levels of brackets"
    else:
        return None
    line_start = text.rfind("\n", 0, position) + 1
    return Fault(text.count("\n", 0, position) + 1, position - line_start + 1, message)


def _explain(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    position = error.pos
    if not text.strip():
        return 0, "expected a value, for example {}"
    rest = text[position:]
    stripped = rest.lstrip()
    position += len(rest) - len(stripped)
    next_one = stripped[:1]
    kind = error.msg
    if kind.startswith("Unterminated string"):
        return error.pos, 'the text is not closed: add a " at its end'
    if kind.startswith("Invalid control character"):
        end_of_line = text[error.pos : error.pos + 1] in ("\n", "\r")
        if end_of_line:
            return error.pos, 'the text is not closed: add a " here, or write \\n for a line break'
        return error.pos, "a tab or control character in a text: write \\t or \\u0000 instead"
    if kind.startswith("Invalid \\u"):
        return error.pos, "\\u needs four hexadecimal digits, for example \\u00e9"
    if kind.startswith("Invalid \\escape"):
        return error.pos, "unknown escape: write \\\\ for a backslash"
    if kind.startswith("Extra data"):
        return _extra(text, position, next_one)
    if next_one == "":
        return _end(text)
    if next_one in "/#":
        return position, "JSON has no comments: remove it"
    if kind.startswith("Expecting ':'"):
        return position, "expected a colon after the name"
    if kind.startswith(("Expecting property name", "Illegal trailing comma")):
        return _name(text, position, next_one, stripped)
    if kind.startswith("Expecting ','"):
        return _comma(text, position, next_one)
    return _value(text, position, next_one, stripped)


def _open_brackets(text: str, end: int) -> list[tuple[str, int]]:
    stack: list[tuple[str, int]] = []
    for match in TOKEN.finditer(text, 0, end):
        token = match.group()
        if match.lastgroup == "punctuation":
            if token in "{[":
                stack.append((token, match.start()))
            elif token in "}]" and stack:
                stack.pop()
    return stack


def _end(text: str) -> tuple[int, str]:
    end = len(text.rstrip())
    stack = _open_brackets(text, end)
    if text[:end].endswith(":"):
        return end, "expected a value after the colon"
    if not stack:
        return end, "expected a value"
    bracket, opened = stack[-1]
    line = text.count("\n", 0, opened) + 1
    what, close = ("object", "}") if bracket == "{" else ("array", "]")
    comma = ", without the comma before it" if text[:end].endswith(",") else ""
    return end, f"the {what} opened in line {line} is not closed: add {close}{comma}"


def _extra(text: str, position: int, next_one: str) -> tuple[int, str]:
    if next_one in ("}", "]"):
        return position, f"nothing is open here: remove the {next_one}"
    if next_one == ",":
        return position, "only one value is allowed: remove the comma, or put all in [ ]"
    if next_one in ("/", "#"):
        return position, "JSON has no comments: remove it"
    return position, "only one value is allowed: remove what follows, or put all in [ ]"


def _name(text: str, position: int, next_one: str, stripped: str) -> tuple[int, str]:
    before = text[:position].rstrip()
    if (next_one in ("}", ",") and before.endswith(",")) or next_one == ",":
        place = len(before) - 1 if before.endswith(",") else position
        return place, "a comma without a member after it: remove the comma"
    if next_one == "'":
        return position, "single quotes: put the name in double quotes"
    if word := _WORD.match(stripped):
        return position, f'put the name in double quotes: "{word.group()}"'
    if next_one in "]":
        return position, "expected } to close the object, not ]"
    return position, 'expected a name in double quotes, for example "key": 1'


def _comma(text: str, position: int, next_one: str) -> tuple[int, str]:
    stack = _open_brackets(text, position)
    inside = stack[-1][0] if stack else "{"
    if next_one in "}]":
        wanted = "}" if inside == "{" else "]"
        what = "object" if inside == "{" else "array"
        return position, f"expected {wanted} to close the {what}, not {next_one}"
    if next_one == ":":
        if inside == "[":
            return position, "a name in an array: put the member in { }"
        return position, "a second colon: remove it, or put the text in double quotes"
    if next_one.isdigit() and text[position - 1] == "0":
        return position, "a number cannot start with 0: remove the 0, or use double quotes"
    if inside == "{":
        return position, "expected a comma between members"
    return position, "expected a comma between elements"


def _value(text: str, position: int, next_one: str, stripped: str) -> tuple[int, str]:
    before = text[:position].rstrip()
    if before.endswith(",") and next_one in "]},":
        return len(before) - 1, "a comma without a value after it: remove the comma"
    if next_one == "'":
        return position, "single quotes: put the text in double quotes"
    if word := _WORD.match(stripped):
        name = word.group()
        if name in _INSTEAD:
            return position, f"write {_INSTEAD[name]}, not {name}"
        if name.lower() in ("true", "false", "null"):
            return position, f"write {name.lower()} in small letters"
        return position, f'unknown word {name}: put texts in double quotes: "{name}"'
    if next_one in "}]," and before.endswith(":"):
        return position, "expected a value after the colon"
    if next_one in "+.":
        return position, "a number starts with a digit or a minus sign"
    if next_one in "“”„":
        return position, 'typographic quotes: use plain ones: "'
    return position, f"expected a value, not {next_one}"
