"""Values of one metric in one minute, summed up: rules only.

Percentiles come from a histogram whose buckets are 2 % wide, so a minute takes some hundred
bytes however many values it had.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workbench.local.metrics.catalogue import Series

_WIDTH = math.log(1.02)
_ZERO = -10_000  # the bucket of 0 and less


@dataclass(slots=True)
class Datapoint:
    """Count, sum, minimum and maximum of some values, and how they are spread."""

    count: int = 0
    sum: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, values: Iterable[float]) -> None:
        """Take in values."""
        buckets = self.buckets
        for value in values:
            self.count += 1
            self.sum += value
            if value < self.minimum:
                self.minimum = value
            if value > self.maximum:
                self.maximum = value
            bucket = math.floor(math.log(value) / _WIDTH) if value > 0 else _ZERO
            buckets[bucket] = buckets.get(bucket, 0) + 1

    def merge(self, other: Datapoint) -> None:
        """Take in all values of another."""
        self.count += other.count
        self.sum += other.sum
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        for bucket, count in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + count

    def percentile(self, percent: float) -> float:
        """The value below which `percent` of all are, to 1 %."""
        wanted = max(1, math.ceil(self.count * percent / 100))
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                middle = 0.0 if bucket == _ZERO else math.exp((bucket + 0.5) * _WIDTH)
                return min(max(middle, self.minimum), self.maximum)
        return self.maximum


def points(values: Mapping[Series, Iterable[float]]) -> dict[Series, Datapoint]:
    """The values of each series, summed up."""
    found: dict[Series, Datapoint] = {}
    for series, measured in values.items():
        found[series] = Datapoint()
        found[series].add(measured)
    return found


def packed_buckets(buckets: Mapping[int, int]) -> str:
    """A histogram as text."""
    return json.dumps([[bucket, count] for bucket, count in buckets.items()], separators=(",", ":"))


def unpacked_buckets(text: str) -> dict[int, int]:
    """The histogram that `packed_buckets` wrote."""
    return dict(json.loads(text))
