"""Text that cannot tear the screen: no control characters, no width surprises."""

from __future__ import annotations

import re

from rich.style import Style
from rich.text import Text

_ESCAPE = re.compile(
    r"\x1b\[(?P<csi>[0-?]*)[ -/]*(?P<final>[@-~])"  # CSI; with final "m" it sets colours
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links, the clipboard
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"  # any other escape
)


def _replacements() -> dict[int, str | None]:
    table: dict[int, str | None] = {code: chr(0x2400 + code) for code in range(0x20)}
    table[0x7F] = "␡"
    table[0x09] = "    "
    table.update(dict.fromkeys(range(0x80, 0xA0), "�"))
    # Lone surrogates cannot be written to the terminal.
    table.update(dict.fromkeys(range(0xD800, 0xE000), "�"))
    # Joiners, variation selectors, skin tones and direction marks: terminals disagree about the
    # width of what they make, and one cell of disagreement tears every line after it.
    for start, end in (
        (0x200B, 0x2010),
        (0x2028, 0x202F),
        (0x2060, 0x2070),
        (0xFE00, 0xFE10),
        (0x1F3FB, 0x1F400),
        (0xE0000, 0xE0080),
    ):
        table.update(dict.fromkeys(range(start, end), None))
    table[0xFEFF] = None
    # Two regional indicators make a flag in some terminals: show the country's letters.
    table.update({0x1F1E6 + index: chr(ord("A") + index) for index in range(26)})
    return table


_TABLE = _replacements()
_ONE_TO_ONE = {
    code: value if value is not None and len(value) == 1 else "·"
    for code, value in _TABLE.items()
    if code != 0x09 and not 0xFE00 <= code < 0xFE10
}


def safe(text: str) -> str:
    """Return text with nothing in it that moves the cursor or has a doubtful width."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_TABLE)


def safe_same_length(text: str) -> str:
    """Like ``safe``, but every character stays at its index (tabs are kept)."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_ONE_TO_ONE)


def strip_ansi(text: str) -> str:
    """Return text without terminal escape sequences."""
    return _ESCAPE.sub("", text) if "\x1b" in text else text


def ansi_text(text: str, style: Style) -> Text:
    """Return one line as Rich text: colours of SGR sequences kept, all other sequences dropped.

    A carriage return keeps what was printed last over the line, as a terminal would.
    """
    line = text.rstrip("\r\n")
    if "\r" in line:
        line = line.rpartition("\r")[2]
    if "\x1b" not in line:
        return Text(safe(line), style=style, no_wrap=True, end="")
    result = Text(style=style, no_wrap=True, end="")
    current = Style()
    position = 0
    for match in _ESCAPE.finditer(line):
        result.append(safe(line[position : match.start()]), current)
        position = match.end()
        if match["final"] == "m":
            current = _sgr(current, match["csi"])
    result.append(safe(line[position:]), current)
    return result


_ATTRIBUTES = {
    1: Style(bold=True),
    2: Style(dim=True),
    3: Style(italic=True),
    4: Style(underline=True),
    7: Style(reverse=True),
    9: Style(strike=True),
    22: Style(bold=False, dim=False),
    23: Style(italic=False),
    24: Style(underline=False),
    27: Style(reverse=False),
    29: Style(strike=False),
}


def _sgr(style: Style, parameters: str) -> Style:
    codes = [int(code) if code.isdigit() else 0 for code in re.split("[;:]", parameters or "0")]
    index = 0
    while index < len(codes):
        code = codes[index]
        index += 1
        if code == 0:
            style = Style()
        elif code in _ATTRIBUTES:
            style += _ATTRIBUTES[code]
        elif code == 39:  # not the terminal's default but the theme's: no colour of its own
            style = style.without_color + Style(bgcolor=style.bgcolor)
        elif code == 49:
            style = style.without_color + Style(color=style.color)
        elif code in (38, 48):
            color, index = _extended_color(codes, index)
            if color is not None:
                style += Style(color=color) if code == 38 else Style(bgcolor=color)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style += Style(color=f"color({code - 30 if code < 90 else code - 82})")
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style += Style(bgcolor=f"color({code - 40 if code < 100 else code - 92})")
    return style


def _extended_color(codes: list[int], index: int) -> tuple[str | None, int]:
    kind = codes[index] if index < len(codes) else 0
    if kind == 5 and index + 1 < len(codes):
        return f"color({min(codes[index + 1], 255)})", index + 2
    if kind == 2 and index + 3 < len(codes):
        red, green, blue = (min(value, 255) for value in codes[index + 1 : index + 4])
        return f"#{red:02x}{green:02x}{blue:02x}", index + 4
    return None, len(codes)
