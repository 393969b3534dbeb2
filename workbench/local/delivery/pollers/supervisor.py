"""The server's end of the pollers' process: starts it, gives orders, hears reports.

boto3 and the polling stay out of the server's process, whose GIL invocations need.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

from workbench.local import own_process

log = logging.getLogger(__name__)

_CLOSING_SECONDS = 3.0
_LONGEST_PAUSE = 30.0

Report = Mapping[str, Any]


class Pollers:
    """At most one process. `reported` gets each of its reports; `died` is told when it ended
    without being asked to. All calls belong to the event loop's thread."""

    def __init__(self, reported: Callable[[Report], None], died: Callable[[], None]) -> None:
        self._reported = reported
        self._died = died
        self._process: asyncio.subprocess.Process | None = None
        self._serving: asyncio.Task[None] | None = None
        self._begin: Mapping[str, Any] = {}
        self._orders: Mapping[str, Any] = {}
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether there is a process, or one is being started."""
        return self._serving is not None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process else None

    def order(self, begin: Mapping[str, Any], orders: Mapping[str, Any]) -> None:
        """What to poll for from now on, in place of earlier orders. `begin` is told a new process
        first. See `__main__` for what they have."""
        self._begin, self._orders = begin, orders
        if self._closed:
            return
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve(), name="pollers")
        elif self._process is not None:
            self._send(self._process, orders)

    async def close(self) -> None:
        """End the process; it is given a moment to finish what runs."""
        self._closed = True
        process = self._process
        if process is not None:
            await own_process.end(process, _CLOSING_SECONDS)
        if self._serving is not None:
            if self._process is None:
                self._serving.cancel()  # it waits to start another
            await asyncio.gather(self._serving, return_exceptions=True)

    async def _serve(self) -> None:
        """Keep a process running until `close`."""
        pause = 0.1
        while not self._closed:
            started = time.monotonic()
            # It has ended, or cannot be started now.
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                await self._run()
            if self._closed:
                return
            self._died()
            pause = 0.1 if time.monotonic() - started > 60 else min(2 * pause, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _run(self) -> None:
        """One process, from its start to its end. Raises IncompleteReadError and OSError."""
        process = await own_process.start(__package__)
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        try:
            process.stdin.write(own_process.frame(self._begin))
            self._send(process, self._orders)
            while not self._closed:
                report = await own_process.next_frame(process.stdout)
                try:
                    self._reported(report)
                except sqlite3.Error:  # the next one has what this one had
                    log.exception("what the pollers report was not kept")
        finally:
            self._process = None
            process.stdin.close()
            await process.wait()

    def _send(self, process: asyncio.subprocess.Process, orders: object) -> None:
        assert process.stdin is not None
        if not process.stdin.is_closing():
            process.stdin.write(own_process.frame(orders))
