"""Painted lines: wrapping them, and marking those that go on beyond the right edge."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip


def wrapped(strip: Strip, width: int) -> list[Strip]:
    """Return a strip as several, none wider than width cells; at least one."""
    if strip.cell_length <= width:
        return [strip]
    strips: list[Strip] = []
    segments: list[Segment] = []
    used = 0
    for segment in strip:
        rest = segment
        while used + cell_len(rest.text) > width:
            left, rest = _split(rest, width - used)
            segments.append(left)
            strips.append(Strip(segments))
            segments, used = [], 0
        segments.append(rest)
        used += cell_len(rest.text)
    strips.append(Strip(segments))
    return strips


def _split(segment: Segment, cells: int) -> tuple[Segment, Segment]:
    """Split a segment at a cell; a wide character that doesn't fit goes to the right part."""
    used = 0
    text = segment.text
    for index, character in enumerate(text):
        used += cell_len(character)
        if used > cells:
            return Segment(text[:index], segment.style), Segment(text[index:], segment.style)
    return segment, Segment("", segment.style)


def windowed(strip: Strip, start: int, width: int, mark: Style) -> Strip:
    """Return the width cells of a strip from start on; ``›`` at the edge says that it goes on."""
    if width > 1 and strip.cell_length > start + width:
        shown = strip.crop_extend(start, start + width - 1, None)
        return Strip([*shown, Segment("›", mark)], width)
    return strip.crop_extend(start, start + width, None)
