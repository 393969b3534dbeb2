"""Where the seven panes are: rules over sizes only, nothing of Textual's widgets.

From 120 columns on, Functions, Versions and History stand left, Event and Result beside them and
Logs below, which Triggers shares or, from 220 columns on, stands beside. On narrower screens
Functions is an overlay and Result, Logs, Versions, History and Triggers share one place as tabs.
Where the height is too small for two panes they share a place as well.

A person moves borders: `moved` says by how many cells, by the border's name (`BORDERS`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PANES = ("functions", "event", "result", "logs", "versions", "history", "triggers")
"""The panes in the order of their numbers, 1 to 7."""

WIDE = 120
_WIDEST = 220  # from here on Triggers stands beside Logs
_TALL_LEFT = 30  # from here on Versions and History stand one above the other
_TALL_NARROW = 36  # from here on Logs has its own place on a narrow screen
_OVERLAY_WIDTH = 64
_LEAST_WIDTH, _LEAST_HEIGHT = 32, 6

BORDERS = ("left", "middle", "logs", "versions", "history", "bottom", "narrow", "overlay")
"""What can be moved: the left column's edge, that between Event and Result, the tops of Logs,
Versions and History, that between Logs and Triggers; on narrow screens that below Event, and the
overlay's edge."""


SIDEWAYS = frozenset({"left", "middle", "bottom", "overlay"})
"""Those that are moved sideways."""

# The borders left of and above the slot with a pane as its first.
_LEFT_EDGES = {"event": "left", "logs": "left", "result": "middle", "triggers": "bottom"}
_TOP_EDGES = {"versions": "versions", "history": "history", "logs": "logs", "triggers": "logs"}
_TOP_EDGES_NARROW = {"result": "narrow"}


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


Moved = Mapping[str, int]


def arrange(
    width: int,
    height: int,
    recent: Sequence[str],
    *,
    zoomed: bool,
    moved: Moved | None = None,
) -> list[Slot]:
    """The slots that fill an area of `width` × `height` cells.

    `recent` holds all panes, the one with focus first, then by last use: of panes that share a
    place the most recent shows. `moved` borders stop where a pane would get too small.
    """
    moved = moved or {}
    focused = recent[0]
    if zoomed:
        return [Slot(0, 0, width, height, (focused,), focused)]
    if width >= WIDE:
        return _wide(width, height, recent, moved)
    return _narrow(width, height, recent, moved)


def border_of(pane: str, width: int, *, sideways: bool) -> tuple[str, int] | None:
    """The border that makes a pane wider (`sideways`) or higher, and its direction, 1 or -1.

    None: the pane has no border in that direction at this width.
    """
    if width < WIDE:
        if sideways:
            return ("overlay", 1) if pane == "functions" else None
        return {"event": ("narrow", 1), "functions": None}.get(pane, ("narrow", -1))
    if sideways:
        if pane in ("functions", "versions", "history"):
            return "left", 1
        if pane in ("event", "result"):
            return "middle", 1 if pane == "event" else -1
        if width >= _WIDEST:
            return "bottom", 1 if pane == "logs" else -1
        return "left", -1
    return {
        "functions": ("versions", -1),
        "versions": ("versions", 1),
        "history": ("history", 1),
        "event": ("logs", -1),
        "result": ("logs", -1),
    }.get(pane, ("logs", 1))


def edge_at(slots: Sequence[Slot], width: int, x: int, y: int) -> tuple[str, Slot] | None:
    """The border at a cell of an area of `width`, and the slot right of it or below it.

    Both slots draw the border between them, so it is two cells thick. None where there is none
    that can be moved.
    """
    if any(slot.overlay and slot.x <= x < slot.x + slot.width for slot in slots):
        return None
    for slot in slots:
        name = None
        if slot.x and x in (slot.x - 1, slot.x) and slot.y < y < slot.y + slot.height - 1:
            name = _LEFT_EDGES.get(slot.panes[0])
        elif slot.y and y in (slot.y - 1, slot.y) and slot.x < x < slot.x + slot.width - 1:
            name = (_TOP_EDGES if width >= WIDE else _TOP_EDGES_NARROW).get(slot.panes[0])
        if name is not None:
            return name, slot
    return None


def _within(value: int, least: int, most: int) -> int:
    if most < least:
        return max(0, least + most) // 2  # too small for both sides of the border: half each
    return max(least, min(value, most))


def _slot(x: int, y: int, width: int, height: int, panes: Sequence[str], recent: Sequence[str],
          overlay: bool = False) -> Slot:  # fmt: skip
    active = min(panes, key=list(recent).index)
    return Slot(x, y, width, height, tuple(panes), active, overlay)


def _wide(width: int, height: int, recent: Sequence[str], moved: Moved) -> list[Slot]:
    left = min(max(width * 3 // 11, 32), 64) + moved.get("left", 0)
    left = _within(left, _LEAST_WIDTH, width - 2 * _LEAST_WIDTH)
    middle = (width - left) // 2 + moved.get("middle", 0)
    middle = _within(middle, _LEAST_WIDTH, width - left - _LEAST_WIDTH)
    right = width - left - middle
    logs = max(min(height * 3 // 10, 18), 7) + moved.get("logs", 0)
    logs = _within(logs, _LEAST_HEIGHT, height - _LEAST_HEIGHT)
    top = height - logs
    slots = [
        _slot(left, 0, middle, top, ("event",), recent),
        _slot(left + middle, 0, right, top, ("result",), recent),
        *_bottom(left, top, width - left, logs, recent, moved, apart=width >= _WIDEST),
    ]
    if height < _TALL_LEFT:
        upper = height - max(height * 2 // 5, 7) - moved.get("versions", 0)
        upper = _within(upper - moved.get("history", 0), _LEAST_HEIGHT, height - _LEAST_HEIGHT)
        lower = ("versions", "history")
        return [
            _slot(0, 0, left, upper, ("functions",), recent),
            _slot(0, upper, left, height - upper, lower, recent),
            *slots,
        ]
    versions = max(height // 5, 7) + moved.get("versions", 0)
    versions = _within(versions, _LEAST_HEIGHT, height - 2 * _LEAST_HEIGHT)
    history = max(height // 4, 9) + moved.get("history", 0)
    history = _within(history, _LEAST_HEIGHT, height - versions - _LEAST_HEIGHT)
    upper = height - versions - history
    return [
        _slot(0, 0, left, upper, ("functions",), recent),
        _slot(0, upper, left, versions, ("versions",), recent),
        _slot(0, upper + versions, left, history, ("history",), recent),
        *slots,
    ]


def _bottom(
    x: int, y: int, width: int, height: int, recent: Sequence[str], moved: Moved, *, apart: bool
) -> list[Slot]:
    if not apart:
        return [_slot(x, y, width, height, ("logs", "triggers"), recent)]
    logs = width // 2 + moved.get("bottom", 0)
    logs = _within(logs, _LEAST_WIDTH, width - _LEAST_WIDTH)
    return [
        _slot(x, y, logs, height, ("logs",), recent),
        _slot(x + logs, y, width - logs, height, ("triggers",), recent),
    ]


def _narrow(width: int, height: int, recent: Sequence[str], moved: Moved) -> list[Slot]:
    # The half that has focus is the larger one.
    above = _without_functions(recent)[0] == "event"
    if height < _TALL_NARROW:
        upper = (height * 11 // 20 if above else height * 7 // 20) + moved.get("narrow", 0)
        upper = _within(upper, _LEAST_HEIGHT, height - _LEAST_HEIGHT)
        slots = [
            _slot(0, 0, width, upper, ("event",), recent),
            _slot(0, upper, width, height - upper,
                  ("result", "logs", "versions", "history", "triggers"), recent),
        ]  # fmt: skip
    else:
        logs = height // 4
        upper = (height - logs) // 2 + moved.get("narrow", 0)
        upper = _within(upper, _LEAST_HEIGHT, height - logs - _LEAST_HEIGHT)
        slots = [
            _slot(0, 0, width, upper, ("event",), recent),
            _slot(0, upper, width, height - upper - logs,
                  ("result", "versions", "history", "triggers"), recent),
            _slot(0, height - logs, width, logs, ("logs",), recent),
        ]  # fmt: skip
    if recent[0] == "functions":
        # Beside it a pane can be seen, or it has all the room: a strip of one looks torn.
        overlay = _OVERLAY_WIDTH if width >= _OVERLAY_WIDTH + _LEAST_WIDTH else width
        overlay = min(width, max(overlay + moved.get("overlay", 0), _LEAST_WIDTH))
        slots.append(_slot(0, 0, overlay, height, ("functions",), recent, overlay=True))
    return slots


def _without_functions(recent: Sequence[str]) -> list[str]:
    return [pane for pane in recent if pane != "functions"]
