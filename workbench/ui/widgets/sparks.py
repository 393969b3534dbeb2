"""A row of values as a line of eight block heights."""

from __future__ import annotations

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None]) -> str:
    """One character a value, from 0 to the largest; `·` where there is none."""
    top = max((value for value in values if value is not None), default=0)
    return "".join(_block(value, top) for value in values)


def _block(value: float | None, top: float) -> str:
    if value is None:
        return "·"
    if value <= 0 or top <= 0:
        return _BLOCKS[0]
    return _BLOCKS[max(1, min(7, round(value / top * 7)))]
