"""Where the seven panes are: rules over sizes only, nothing of Textual's widgets.

From 120 columns on, Functions, Versions and History stand left, Event and Result beside them and
Logs below, which Triggers shares or, from 220 columns on, stands beside. On narrower screens
Functions is an overlay and Result, Logs, Versions, History and Triggers share one place as tabs.
Where the height is too small for two panes they share a place as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PANES = ("functions", "event", "result", "logs", "versions", "history", "triggers")
"""The panes in the order of their numbers, 1 to 7."""

WIDE = 120
_WIDEST = 220  # from here on Triggers stands beside Logs
_TALL_LEFT = 30  # from here on Versions and History stand one above the other
_TALL_NARROW = 36  # from here on Logs has its own place on a narrow screen
_OVERLAY_WIDTH = 64


@dataclass(frozen=True, slots=True)
class Slot:
    """A place on the screen, in cells. `panes` share it as tabs, `active` is the one that shows."""

    x: int
    y: int
    width: int
    height: int
    panes: tuple[str, ...]
    active: str
    overlay: bool = False


def arrange(width: int, height: int, recent: Sequence[str], *, zoomed: bool) -> list[Slot]:
    """The slots that fill an area of `width` × `height` cells.

    `recent` holds all panes, the one with focus first, then by last use: of panes that share a
    place the most recent shows.
    """
    focused = recent[0]
    if zoomed:
        return [Slot(0, 0, width, height, (focused,), focused)]
    if width >= WIDE:
        return _wide(width, height, recent)
    return _narrow(width, height, recent)


def _slot(x: int, y: int, width: int, height: int, panes: Sequence[str], recent: Sequence[str],
          overlay: bool = False) -> Slot:  # fmt: skip
    active = min(panes, key=list(recent).index)
    return Slot(x, y, width, height, tuple(panes), active, overlay)


def _wide(width: int, height: int, recent: Sequence[str]) -> list[Slot]:
    left = min(max(width * 3 // 11, 32), 64)
    middle = (width - left) // 2
    right = width - left - middle
    logs = max(min(height * 3 // 10, 18), 7)
    top = height - logs
    slots = [
        _slot(left, 0, middle, top, ("event",), recent),
        _slot(left + middle, 0, right, top, ("result",), recent),
        *_bottom(left, top, width - left, logs, recent, apart=width >= _WIDEST),
    ]
    if height < _TALL_LEFT:
        upper = height - max(height * 2 // 5, 7)
        lower = ("versions", "history")
        return [
            _slot(0, 0, left, upper, ("functions",), recent),
            _slot(0, upper, left, height - upper, lower, recent),
            *slots,
        ]
    versions = max(height // 5, 7)
    history = max(height // 4, 9)
    upper = height - versions - history
    return [
        _slot(0, 0, left, upper, ("functions",), recent),
        _slot(0, upper, left, versions, ("versions",), recent),
        _slot(0, upper + versions, left, history, ("history",), recent),
        *slots,
    ]


def _bottom(
    x: int, y: int, width: int, height: int, recent: Sequence[str], *, apart: bool
) -> list[Slot]:
    if not apart:
        return [_slot(x, y, width, height, ("logs", "triggers"), recent)]
    logs = width // 2
    return [
        _slot(x, y, logs, height, ("logs",), recent),
        _slot(x + logs, y, width - logs, height, ("triggers",), recent),
    ]


def _narrow(width: int, height: int, recent: Sequence[str]) -> list[Slot]:
    # The half that has focus is the larger one.
    above = _without_functions(recent)[0] == "event"
    if height < _TALL_NARROW:
        upper = height * 11 // 20 if above else height * 7 // 20
        slots = [
            _slot(0, 0, width, upper, ("event",), recent),
            _slot(0, upper, width, height - upper,
                  ("result", "logs", "versions", "history", "triggers"), recent),
        ]  # fmt: skip
    else:
        logs = height // 4
        upper = (height - logs) // 2
        slots = [
            _slot(0, 0, width, upper, ("event",), recent),
            _slot(0, upper, width, height - upper - logs,
                  ("result", "versions", "history", "triggers"), recent),
            _slot(0, height - logs, width, logs, ("logs",), recent),
        ]  # fmt: skip
    if recent[0] == "functions":
        overlay = min(_OVERLAY_WIDTH, width)
        slots.append(_slot(0, 0, overlay, height, ("functions",), recent, overlay=True))
    return slots


def _without_functions(recent: Sequence[str]) -> list[str]:
    return [pane for pane in recent if pane != "functions"]
