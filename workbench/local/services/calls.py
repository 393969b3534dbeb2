"""Calls of AWS services, carried out by a process of their own (see call_process)."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from workbench.local import own_process
from workbench.local.services.settings import ServiceError, ServiceSettings

_PROGRAM = "workbench.local.services.call_process"
_CLOSING_SECONDS = 2


class Calls:
    """Starts the process on the first call, and again when it has died. All calls belong to the
    event loop's thread."""

    def __init__(self) -> None:
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def call(
        self,
        settings: ServiceSettings,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        account: str = "",
    ) -> dict[str, Any]:
        """The operation's output, see `Services.call`. Raises ServiceError."""
        pipe = await self._pipe(settings)
        id = next(self._ids)
        answer = self._waiting[id] = asyncio.get_running_loop().create_future()
        try:
            pipe.write(own_process.frame((id, service, account, operation, parameters)))
            result, failure = await answer
        except ConnectionError:
            failure = ("ServiceUnavailable", "The process that calls AWS services has ended.")
        finally:
            self._waiting.pop(id, None)
        if failure is not None:
            raise ServiceError(service, operation, *failure)
        output: dict[str, Any] = result
        return output

    async def close(self) -> None:
        """End the process; calls that wait fail."""
        process, self._process = self._process, None
        if process is not None:
            await own_process.end(process, _CLOSING_SECONDS)
        if self._reading is not None:
            await self._reading

    async def _pipe(self, settings: ServiceSettings) -> asyncio.StreamWriter:
        async with self._starting:
            process = self._process
            if process is None:
                process = await own_process.start(_PROGRAM)
                assert process.stdin is not None
                process.stdin.write(own_process.frame(settings))
                self._process = process
                self._reading = asyncio.create_task(self._read(process))
        assert process.stdin is not None
        return process.stdin

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while True:
                id, result, failure = await own_process.next_frame(process.stdout)
                if (answer := self._waiting.pop(id, None)) is not None and not answer.done():
                    answer.set_result((result, failure))
        except asyncio.IncompleteReadError:
            pass  # it has ended
        if self._process is process:
            self._process = None
        await process.wait()
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError())
