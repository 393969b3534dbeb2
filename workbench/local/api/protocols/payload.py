"""What Lambda says of a payload that is no JSON: its parser is Jackson (lambda-facts §2.2).

Python's parser finds the fault, Jackson's words tell it. A byte that is no UTF-8 is met as that
byte outside of strings, and as bad UTF-8 inside of them.
"""

from __future__ import annotations

import json
import re

_SOURCE = (
    "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
    "line: {line}, column: {column}]"
)
_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

# What Python's parser says → what Jackson expected of a character.
_EXPECTED = {
    "Expecting value": f"expected a valid value {_VALUE}",
    "Expecting property name enclosed in double quotes": (
        "was expecting double-quote to start field name"
    ),
    "Illegal trailing comma before end of object": "was expecting double-quote to start field name",
    "Illegal trailing comma before end of array": f"expected a valid value {_VALUE}",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
    "Extra data": f"expected a valid value {_VALUE}",
}


def is_json(payload: bytes) -> bool:
    """Whether `payload` is one JSON text in UTF-8."""
    try:
        _DECODER.decode(payload.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> object:
    raise ValueError(constant)  # NaN and Infinity are Python's, not JSON's


_DECODER = json.JSONDecoder(parse_constant=_refuse)  # making one costs as much as a small payload


def jackson_error(payload: bytes) -> str:
    """The text of Jackson's complaint about `payload`, which is no JSON."""
    # Bytes that are no UTF-8 become lone surrogates, each in its own place.
    text = payload.decode("utf-8", "surrogateescape")
    reason, offset = _fault(text)
    opened, _ = _open_at(text, offset)
    bad = re.search("[\udc80-\udcff]", text)
    if bad is not None and _open_at(text, bad.start())[1]:
        byte = ord(bad[0]) - 0xDC00
        return f"Invalid UTF-8 start byte 0x{byte:x}\n at {_at(text, bad.end())}"
    if reason.startswith("Unterminated string"):
        where = _at(text, len(text))
        return (
            f"Unexpected end-of-input: was expecting closing quote for a string value\n at {where}"
        )
    if offset >= len(text):
        where = _at(text, len(text))
        if not opened:
            return f"No content to map due to end-of-input\n at {where}"
        start = opened[-1]
        kind = "Object" if text[start] == "{" else "Array"
        return (
            f"Unexpected end-of-input: expected close marker for {kind} "
            f"(start marker at {_at(text, start)})\n at {where}"
        )
    return _unexpected(text, offset, reason, opened)


def _unexpected(text: str, offset: int, reason: str, opened: list[int]) -> str:
    where = _at(text, offset)
    if reason.startswith("Invalid control character"):
        shown = _shown(ord(text[offset]))
        return (
            f"Illegal unquoted character ({shown}): has to be escaped using backslash to be "
            f"included in string value\n at {_at(text, offset + 1)}"
        )
    if reason.startswith("Invalid \\escape") and offset + 1 < len(text):
        shown = _shown(ord(text[offset + 1]))
        return f"Unrecognized character escape {shown}\n at {_at(text, offset + 2)}"
    token = re.compile(r"[A-Za-z_$][\w$]*").match(text, offset)
    expected = _EXPECTED.get(reason)
    if token is not None and expected is not None and expected.startswith("expected"):
        return (
            f"Unrecognized token '{token[0]}': was expecting {_VALUE}\n at {_at(text, token.end())}"
        )
    if expected is None:
        kind = "Object" if opened and text[opened[-1]] == "{" else "Array"
        expected = f"was expecting comma to separate {kind} entries"
    code = ord(text[offset])
    code = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    return f"Unexpected character ({_shown(code)}): {expected}\n at {where}"


def _shown(code: int) -> str:
    if code < 32 or 127 <= code < 160:
        return f"(CTRL-CHAR, code {code})"
    return f"'{chr(code)}' (code {code}{f' / 0x{code:x}' if code > 255 else ''})"


def _fault(text: str) -> tuple[str, int]:
    """Why and where `text` stops being JSON; at its end when more was expected."""
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return error.msg, error.pos
    except RecursionError:
        return "Expecting value", 0
    except ValueError as error:
        constant = str(error)
        return "Expecting value", max(text.find(constant), 0)
    return "", len(text)


def _open_at(text: str, offset: int) -> tuple[list[int], bool]:
    """The brackets open at `offset`, by their places, and whether a string is."""
    opened: list[int] = []
    in_string = escaped = False
    for place, character in enumerate(text[:offset]):
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            opened.append(place)
        elif character in "}]" and opened:
            opened.pop()
    return opened, in_string


def _at(text: str, offset: int) -> str:
    before = text[:offset]
    column = offset - (before.rfind("\n") + 1) + 1
    return _SOURCE.format(line=before.count("\n") + 1, column=column)
