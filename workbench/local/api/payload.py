"""What Lambda says of a payload that is no JSON: its parser is Jackson (lambda-facts §2.2)."""

from __future__ import annotations

import json

_SOURCE = (
    "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
    "line: {line}, column: {column}]"
)
_EXPECTED = (
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)


def is_json(payload: bytes) -> bool:
    """Whether `payload` is one JSON text in UTF-8."""
    try:
        json.loads(payload.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> object:
    raise ValueError(constant)  # NaN and Infinity are Python's, not JSON's


def jackson_error(payload: bytes) -> str:
    """The text of Jackson's complaint about `payload`, which is no JSON."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = error.start
        text = payload[:offset].decode("utf-8")
        if json_fault(text) == len(text):
            line, column = _position(text, offset)
            byte = payload[offset]
            return f"Invalid UTF-8 start byte 0x{byte:x}" + _SOURCE.format(line=line, column=column)
    offset = json_fault(text)
    if offset >= len(text):
        line, column = _position(text, len(text))
        return (
            "Unexpected end-of-input: expected close marker for Object"
            if text.lstrip()[:1] == "{"
            else "Unexpected end-of-input"
        ) + _SOURCE.format(line=line, column=column + 1)
    line, column = _position(text, offset)
    character = text[offset]
    if character.isalpha():
        word = ""
        for following in text[offset:]:
            if not (following.isalnum() or following in "_$"):
                break
            word += following
        column += len(word)
        return (
            f"Unrecognized token '{word}': was expecting "
            "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        ) + _SOURCE.format(line=line, column=column + 1)
    code = ord(character)
    shown = f"'{character}' (code {code})" if code >= 32 and code != 127 else _control(code)
    return f"Unexpected character ({shown}): {_EXPECTED}" + _SOURCE.format(
        line=line, column=column + 1
    )


def json_fault(text: str) -> int:
    """Where `text` stops being JSON: an offset, its length when more was expected."""
    try:
        json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return error.pos
    except (ValueError, RecursionError):
        return 0
    return len(text)


def _control(code: int) -> str:
    return f"(CTRL-CHAR, code {code})"


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1)
