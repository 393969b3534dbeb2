"""Durations counted in buckets 2 % wide: any number of them in a few hundred integers."""

from __future__ import annotations

import math
from collections.abc import Mapping

_STEP = math.log(1.02)
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NICE = (1.0, 2.0, 5.0)


class Histogram:
    """Counts of durations (ms). Percentiles are right to 1 %."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: dict[int, int] = dict(counts or {})

    def __len__(self) -> int:
        return sum(self.counts.values())

    def add(self, milliseconds: float) -> None:
        """Count one duration; what is below a microsecond counts as that."""
        bucket = math.floor(math.log(max(milliseconds, 0.001)) / _STEP)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1

    def percentile(self, share: float) -> float | None:
        """The duration (ms) that `share` (0..1) of all do not exceed, None when there is none."""
        wanted = math.ceil(len(self) * share) or 1
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return math.exp((bucket + 0.5) * _STEP)
        return None

    def rows(self, limit: int) -> list[tuple[float, float, int]]:
        """(from ms, to ms, count) of at most `limit` ranges that cover all, with round borders.

        Each is as wide as the others on a logarithmic scale: 1, 2, 5, 10 … or finer.
        """
        if not self.counts:
            return []
        low = math.exp(min(self.counts) * _STEP)
        high = math.exp((max(self.counts) + 1) * _STEP)
        for borders in (_fine(low, high, 20), _fine(low, high, 10), _fine(low, high, 5),
                        _nice(low, high), _fine(low, high, 1)):  # fmt: skip
            if len(borders) - 1 <= limit:
                break
        counts = [0] * (len(borders) - 1)
        at = 0
        for bucket in sorted(self.counts):
            middle = math.exp((bucket + 0.5) * _STEP)
            while at < len(counts) - 1 and middle >= borders[at + 1]:
                at += 1
            counts[at] += self.counts[bucket]
        used = [index for index, count in enumerate(counts) if count]
        rows = list(zip(borders, borders[1:], counts, strict=False))
        return rows[used[0] : used[-1] + 1]


def bar(count: int, most: int, width: int) -> str:
    """A bar of block characters, `width` cells for `most`; something is seen of any count."""
    eighths = max(round(count / most * width * 8), 1) if count else 0
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def chart(histogram: Histogram, width: int, height: int) -> list[str]:
    """The histogram as lines of text `width` cells wide, at most `height` of them."""
    rows = histogram.rows(height)
    most = max((count for _, _, count in rows), default=0)
    labels = [f"{_short(low)} – {_short(high)} ms" for low, high, _ in rows]
    label = max(map(len, labels), default=0)
    room = max(width - label - len(f"{most:,}") - 3, 4)
    return [
        f"{text:>{label}} {bar(count, most, room):<{room}} {count:,}"
        if count
        else f"{text:>{label}}"
        for text, (_, _, count) in zip(labels, rows, strict=True)
    ]


def _fine(low: float, high: float, parts: int) -> list[float]:
    """Borders that divide each power of ten into `parts`, in equal ratios."""
    first = math.floor(math.log10(low) * parts + 1e-9)
    last = math.ceil(math.log10(high) * parts - 1e-9)
    return [10 ** (step / parts) for step in range(first, max(last, first + 1) + 1)]


def _nice(low: float, high: float) -> list[float]:
    borders = [
        nice * 10.0**power
        for power in range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
        for nice in _NICE
    ]
    first = max(index for index, border in enumerate(borders) if border <= low)
    last = min(index for index, border in enumerate(borders) if border >= high)
    return borders[first : last + 1]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
