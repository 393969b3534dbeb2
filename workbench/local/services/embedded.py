"""The life of the process that has the embedded services, and requests to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from workbench.local.services import embedded_process
from workbench.local.services.backend import Backend, BackendResponse

_STARTING_SECONDS = 60
_LONGEST_SOCKET_PATH = 100  # what every system takes


class EmbeddedFailed(Exception):
    """The process did not start or has ended. The message is for a person."""


class Embedded:
    """Started by the first request, and again by the next one when it has died. Every call
    belongs to the event loop's thread.

    `state` is the project's state folder, where the process's socket goes.
    """

    def __init__(self, state: Path, account: str, region: str) -> None:
        self._state = state
        self._account = account
        self._region = region
        self._url = ""
        self._process: asyncio.subprocess.Process | None = None
        self._backend: Backend | None = None
        self._starting = asyncio.Lock()
        self._folder: str | None = None

    def start(self, url: str) -> None:
        """The local Lambda listens at `url`. The process itself waits for a need."""
        self._url = url

    @property
    def pid(self) -> int | None:
        """The process's number while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def request(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | AsyncIterator[bytes],
    ) -> BackendResponse:
        """Pass a request on, starting the process if need be. Raises EmbeddedFailed.

        One that a death of the process cuts short is sent once more, if its body is in bytes:
        what it did the first time is gone with the process.
        """
        for last in (False, True):
            backend = await self._running()
            try:
                return await backend.request(method, target, headers, body)
            except OSError as error:
                await self._reap()
                if last or not isinstance(body, bytes):
                    raise EmbeddedFailed(
                        "The embedded services have ended while they answered; they start again "
                        "with the next request, empty."
                    ) from error
        raise AssertionError

    async def close(self) -> None:
        """End the process."""
        async with self._starting:
            if self._backend is not None:
                self._backend.close()
            if self._process is not None:
                assert self._process.stdin is not None
                self._process.stdin.close()
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()  # it keeps nothing
                await self._process.wait()
                self._process = None
        if self._folder is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._socket())  # noqa: PTH108
                os.rmdir(self._folder)  # noqa: PTH106
        else:
            Path(self._socket()).unlink(missing_ok=True)

    async def _running(self) -> Backend:
        if self._backend is not None and self.pid is not None:
            return self._backend
        async with self._starting:
            if self._backend is None or self.pid is None:
                self._backend = await self._start()
            return self._backend

    async def _start(self) -> Backend:
        if self._backend is not None:
            self._backend.close()
        socket = self._socket()
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", embedded_process.__name__),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # A terminal's ctrl+c is for the server, which ends this process itself.
            start_new_session=True,
            # `-m` puts the working folder first on sys.path: there must be nothing but us.
            cwd=Path(__file__).parents[3],
            env=_environment(),
        )
        assert process.stdin is not None and process.stdout is not None
        settings = {
            "Socket": socket,
            "Url": self._url,
            "Account": self._account,
            "Region": self._region,
        }
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        try:
            ready = await asyncio.wait_for(process.stdout.readline(), _STARTING_SECONDS)
        except TimeoutError:
            ready = b""
            process.kill()
        if not ready:
            await process.wait()
            raise EmbeddedFailed(
                "The embedded services do not start; .workbench/server.log says why."
            )
        return Backend(socket)

    async def _reap(self) -> None:
        """Let a process that has just been killed be seen as gone."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 0.5)

    def _socket(self) -> str:
        path = str(self._state / "services.sock")
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
            return path
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="workbench-")
        return f"{self._folder}/s"


def _environment() -> dict[str, str]:
    """What the process gets of ours: nothing that says how to reach AWS."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
