"""Durations in buckets."""

from __future__ import annotations

import random
from itertools import pairwise

from workbench.aws.metrics.histogram import Histogram, bar, chart


def test_percentiles_are_right_to_one_percent() -> None:
    numbers = random.Random(5)
    samples = sorted(numbers.lognormvariate(3, 1) for _ in range(2_000))
    histogram = Histogram()
    for sample in samples:
        histogram.add(sample)
    assert len(histogram) == 2_000
    for share, rank in ((0.5, 999), (0.9, 1_799), (0.99, 1_979)):
        found = histogram.percentile(share)
        assert found is not None
        assert abs(found / samples[rank] - 1) <= 0.0101


def test_nothing_has_no_percentile_and_no_rows() -> None:
    assert Histogram().percentile(0.5) is None
    assert Histogram().rows(10) == []
    assert chart(Histogram(), 80, 10) == []


def test_rows_cover_all_and_are_no_more_than_there_is_room_for() -> None:
    histogram = Histogram()
    for sample in (0.0, 0.4, 3, 3.1, 90, 5_000):
        histogram.add(sample)
    for limit in (5, 8, 16, 40):
        rows = histogram.rows(limit)
        assert len(rows) <= max(limit, 8)
        assert sum(count for _, _, count in rows) == 6
        assert all(low < high for low, high, _ in rows)
        assert all(row[1] == after[0] for row, after in pairwise(rows))


def test_lines_fit_and_every_count_is_seen() -> None:
    histogram = Histogram({0: 10_000, 60: 1})
    lines = chart(histogram, 60, 12)
    assert all(len(line) <= 60 for line in lines)
    assert lines[-1].endswith("▏" + lines[-1].partition("▏")[2])
    assert bar(0, 5, 10) == ""
    assert bar(5, 5, 10) == "█" * 10
