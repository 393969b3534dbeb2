"""Numbers as a line of bars, one character each."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], most: float | None = None) -> str:
    """Bars from nothing to `most` (the largest of them, when not given); None and 0 are blank."""
    top = max((value for value in values if value is not None), default=0.0)
    top = max(top, most or 0.0)
    return "".join(_bar(value, top) for value in values)


def _bar(value: float | None, top: float) -> str:
    if not value or top <= 0:
        return " "
    return _BARS[min(len(_BARS) - 1, int(value / top * (len(_BARS) - 0.01)))]
