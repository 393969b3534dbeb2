"""Reading datapoints, in a thread, after all that was counted is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.local.metrics.catalogue import Series
from workbench.local.metrics.database import MetricsDatabase
from workbench.local.metrics.datapoints import Datapoint


@dataclass(frozen=True, slots=True)
class Wanted:
    """One metric over some time: `start` inclusive, `end` exclusive, `period` in seconds."""

    metric: str
    dimensions: tuple[tuple[str, str], ...]
    start: int
    end: int
    period: int


class MetricsReader:
    """Reads the file `path`; `sync` waits until what was counted is in it."""

    def __init__(self, path: Path, sync: Callable[[], Awaitable[None]]) -> None:
        self._path = path
        self._sync = sync

    async def series(self, metric: str | None, since: int) -> list[Series]:
        """The series with datapoints since `since` (epoch seconds), of one metric or all."""
        await self._sync()
        return await asyncio.to_thread(self._series, metric, since)

    async def datapoints(self, wanted: Iterable[Wanted]) -> list[dict[int, Datapoint]]:
        """For each of `wanted` its datapoints by the beginning of their period."""
        await self._sync()
        return await asyncio.to_thread(self._datapoints, list(wanted))

    def _series(self, metric: str | None, since: int) -> list[Series]:
        if not self._path.exists():
            return []
        database = MetricsDatabase(self._path)
        try:
            return database.series(metric, since)
        finally:
            database.close()

    def _datapoints(self, wanted: list[Wanted]) -> list[dict[int, Datapoint]]:
        if not self._path.exists():
            return [{} for _ in wanted]
        database = MetricsDatabase(self._path)
        try:
            return [
                database.datapoints(w.metric, dict(w.dimensions), w.start, w.end, w.period)
                for w in wanted
            ]
        finally:
            database.close()
