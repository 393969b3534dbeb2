"""Reading traces, in a thread, after all that was handed over is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from workbench.local.xray.database import TracesDatabase
from workbench.local.xray.documents import Document, assembled


class TracesReader:
    """Reads the file `path`; `sync` waits until what was handed over is in it."""

    def __init__(self, path: Path, sync: Callable[[], Awaitable[None]]) -> None:
        self._path = path
        self._sync = sync

    async def traces(self, trace_ids: Sequence[str]) -> dict[str, list[Document]]:
        """The segments of those traces there are, by trace id."""
        await self._sync()
        return await asyncio.to_thread(self._traces, trace_ids)

    async def between(
        self, start: float, end: float, limit: int, offset: int
    ) -> dict[str, list[Document]]:
        """The traces that began in a time (epoch seconds), newest first."""
        await self._sync()
        return await asyncio.to_thread(self._between, start, end, limit, offset)

    def _between(
        self, start: float, end: float, limit: int, offset: int
    ) -> dict[str, list[Document]]:
        if not self._path.exists():
            return {}
        database = TracesDatabase(self._path)
        try:
            trace_ids = database.trace_ids(start, end, limit, offset)
        finally:
            database.close()
        return self._traces(trace_ids)

    def _traces(self, trace_ids: Sequence[str]) -> dict[str, list[Document]]:
        if not self._path.exists():
            return {}
        database = TracesDatabase(self._path)
        try:
            found = {trace_id: database.documents(trace_id) for trace_id in trace_ids}
        finally:
            database.close()
        return {trace_id: assembled(each) for trace_id, each in found.items() if each}
