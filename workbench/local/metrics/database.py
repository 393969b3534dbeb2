"""Datapoints in `metrics.db`: one row for each series and minute, kept for 15 days."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench.local.metrics.catalogue import DIMENSION_NAMES, GAUGES, Series
from workbench.local.metrics.datapoints import Datapoint, packed_buckets, unpacked_buckets
from workbench.local.store.database import open_database, transaction

SCHEMA_VERSION = 1
KEPT_SECONDS = 15 * 24 * 3600  # as long as CloudWatch keeps datapoints of one minute

SCHEMA = """
CREATE TABLE IF NOT EXISTS datapoints (
    metric TEXT NOT NULL,
    function TEXT NOT NULL,
    resource TEXT NOT NULL,
    version TEXT NOT NULL,
    mapping TEXT NOT NULL,
    minute INTEGER NOT NULL,
    count INTEGER NOT NULL,
    sum REAL NOT NULL,
    minimum REAL NOT NULL,
    maximum REAL NOT NULL,
    buckets TEXT NOT NULL,
    PRIMARY KEY (metric, function, resource, version, mapping, minute)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS datapoints_minute ON datapoints (minute);
"""

_KEY = "metric = ? AND function = ? AND resource = ? AND version = ? AND mapping = ?"
_COLUMNS = {
    "FunctionName": "function",
    "Resource": "resource",
    "ExecutedVersion": "version",
    "EventSourceMappingUUID": "mapping",
}


class MetricsDatabase:
    """Reads and writes `metrics.db`; raises StateError when it cannot be used.

    One process writes; each object belongs to one thread.
    """

    def __init__(self, path: Path) -> None:
        self._db = open_database(path, SCHEMA, SCHEMA_VERSION)
        self._swept = 0

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def add(self, minute: int, points: Mapping[Series, Datapoint]) -> None:
        """Merge `points` into the datapoints of `minute` (epoch seconds)."""
        with transaction(self._db):
            for series, point in points.items():
                self._merge(series, minute, point)
            if minute - self._swept >= 3600:
                self._swept = minute
                self._db.execute(
                    "DELETE FROM datapoints WHERE minute < ?", (minute - KEPT_SECONDS,)
                )

    def _merge(self, series: Series, minute: int, point: Datapoint) -> None:
        row = self._db.execute(
            f"SELECT count, sum, minimum, maximum, buckets FROM datapoints WHERE {_KEY}"
            " AND minute = ?",
            (*series, minute),
        ).fetchone()
        if row is not None:
            merged = _datapoint(row)
            merged.merge(point)
            point = merged
        self._db.execute(
            "INSERT OR REPLACE INTO datapoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *series,
                minute,
                point.count,
                point.sum,
                point.minimum,
                point.maximum,
                packed_buckets(point.buckets),
            ),
        )

    def series(self, metric: str | None = None, since: int = 0) -> list[Series]:
        """The series that have datapoints since `since` (epoch seconds), by name."""
        rows = self._db.execute(
            "SELECT DISTINCT metric, function, resource, version, mapping FROM datapoints"
            " WHERE minute >= ? AND metric = coalesce(?, metric) ORDER BY 1, 2, 3, 4, 5",
            (since, metric),
        )
        return [Series(*row) for row in rows]

    def datapoints(
        self, metric: str, dimensions: Mapping[str, str], start: int, end: int, period: int
    ) -> dict[int, Datapoint]:
        """What was measured from `start` until before `end`, by the beginning of each period.

        `period` is in seconds, a multiple of 60; all times are epoch seconds. `dimensions` are
        those of one of the metric's dimension sets; others find nothing.
        """
        if frozenset(dimensions) not in DIMENSION_NAMES:
            return {}
        conditions = [f"{_COLUMNS[name]} = ?" for name in dimensions]
        if metric in GAUGES:  # the level of a function is not that of its versions together
            unnamed = set(_COLUMNS) - set(dimensions)
            conditions += [f"{_COLUMNS[name]} = ''" for name in sorted(unnamed)]
        rows = self._db.execute(
            "SELECT minute, count, sum, minimum, maximum, buckets FROM datapoints WHERE "
            + " AND ".join(["metric = ?", *conditions, "minute >= ?", "minute < ?"]),
            (metric, *dimensions.values(), start, end),
        )
        found: dict[int, Datapoint] = {}
        for minute, *row in rows:
            point = found.setdefault(start + (minute - start) // period * period, Datapoint())
            point.merge(_datapoint(tuple(row)))
        return found


def _datapoint(row: tuple[int, float, float, float, str]) -> Datapoint:
    count, total, minimum, maximum, buckets = row
    return Datapoint(count, total, minimum, maximum, unpacked_buckets(buckets))
