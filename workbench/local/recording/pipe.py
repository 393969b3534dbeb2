"""The server's end of the recording process: hands over what happened, many items in one frame."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.local import own_process
from workbench.local.metrics.catalogue import Series
from workbench.local.recording import process
from workbench.local.recording.invocations import InvocationRecord

BATCH_SECONDS = 0.05
# Each batch holds up an invocation or two by a millisecond: under load they are fewer and larger.
BUSY_BATCH = 20  # items in a batch from which on it counts as load
BUSY_BATCH_SECONDS = 0.5
MAX_WAITING = 256 * 1024 * 1024  # bytes not yet taken by the process; more are left out
_CLOSING_SECONDS = 30


class Recording:
    """Passes items on to the process. Belongs to the event loop's thread.

    `notice` is told, in a sentence, that items were left out: the process did not take them as
    fast as they came, and `most_waiting` bytes waited for it.
    """

    def __init__(self, notice: Callable[[str], None], most_waiting: int = MAX_WAITING) -> None:
        self._notice = notice
        self._most_waiting = most_waiting
        self._left_out = 0
        self._waiting: list[bytes] = []
        self._pause = BATCH_SECONDS
        self._flush: asyncio.TimerHandle | None = None
        self._process: asyncio.subprocess.Process | None = None
        # Of each SYNC that was sent there comes one byte, also when nobody waits for it any more.
        self._syncs = 0
        self._synced = 0
        self._syncing = asyncio.Lock()

    async def start(self, folder: Path) -> None:
        """Start the process, which keeps its files in `folder`."""
        self._process = await own_process.start(process.__name__, str(folder))

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid if self._process is not None else None

    def finished(self, record: InvocationRecord) -> None:
        """An invocation is over."""
        self._put((process.INVOCATION, *record))

    def counted(self, minute: int, values: Mapping[Series, list[float]]) -> None:
        """Values were measured in the minute that begins at `minute` (epoch seconds)."""
        self._put((process.METRICS, minute, values))

    def segment(self, document: bytes) -> None:
        """A segment document of X-Ray's was sent; it is checked where it is written."""
        self._put((process.SEGMENT, document))

    async def sync(self) -> None:
        """Return when all that was handed over is on disk, or the process is gone."""
        running = self._process
        if running is None or running.stdin is None or running.stdout is None:
            return
        self._write()
        running.stdin.write(process.frame([pickle.dumps((process.SYNC,))]))
        self._syncs += 1
        awaited = self._syncs
        async with self._syncing:
            while self._synced < awaited and await running.stdout.read(1):
                self._synced += 1

    async def close(self) -> None:
        """Have the rest written and end the process."""
        self._write()
        if self._process is not None:
            await own_process.end(self._process, _CLOSING_SECONDS)

    def _put(self, item: tuple[Any, ...]) -> None:
        self._waiting.append(pickle.dumps(item))
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_later(self._pause, self._write)

    def _write(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        waiting, self._waiting = self._waiting, []
        self._pause = BUSY_BATCH_SECONDS if len(waiting) >= BUSY_BATCH else BATCH_SECONDS
        pipe = self._process.stdin if self._process else None
        if not waiting or pipe is None:
            return
        if pipe.transport.get_write_buffer_size() >= self._most_waiting:
            if not self._left_out:
                self._notice("History and metrics cannot be written fast enough: some are missing.")
            self._left_out += len(waiting)
            return
        if self._left_out:
            self._notice(
                f"History and metrics are written again; {self._left_out} entries are missing."
            )
            self._left_out = 0
        pipe.write(process.frame(waiting))
