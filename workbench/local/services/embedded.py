"""The life of the process that has the embedded services, and requests to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path

from workbench.local import own_process
from workbench.local.services.backend import Backend, BackendResponse
from workbench.local.services.keeping.forget import SCHEDULED
from workbench.project.records import Resource

# By name: the server itself has no use for what that process is made of.
_PROGRAM = "workbench.local.services.embedded_process"
_STARTING_SECONDS = 60
_PAUSE_SECONDS = 1.0  # before the process is started for the sake of schedules
_LONGEST_SOCKET_PATH = 100  # what every system takes


class EmbeddedFailed(Exception):
    """The process did not start or has ended. The message is for a person."""


class Embedded:
    """Started by the first request, or soon when there are schedules, and again when it has died.
    Every call belongs to the event loop's thread.

    `state` is the project's state folder, where the process keeps what it holds, and its socket.
    `notice` is told, in a sentence, which resource could not be made, and that the process had to
    be started again.
    `sources` are what pushes events to functions there (delivery/push/sources.py), by Id;
    `on_source` is told each that is new or changed, and those that are gone as "Deleted".
    """

    def __init__(
        self, state: Path, account: str, region: str, notice: Callable[[str], None]
    ) -> None:
        self._state = state
        self._scheduled = state / SCHEDULED
        self._account = account
        self._region = region
        self._notice = notice
        self._resources: tuple[Resource, ...] = ()
        self._listening: asyncio.Task[None] | None = None
        self._url = ""
        self._process: asyncio.subprocess.Process | None = None
        self._backend: Backend | None = None
        self._starting = asyncio.Lock()
        self._waking: asyncio.Task[None] | None = None
        self._closing = False
        self._folder: str | None = None
        self.sources: dict[str, Mapping[str, object]] = {}
        self.on_source: list[Callable[[Mapping[str, object]], None]] = []

    def start(self, url: str) -> None:
        """The local Lambda listens at `url`. The process itself waits for a need."""
        self._url = url
        if self._scheduled.exists():
            self._wake_later()

    def declare(self, resources: tuple[Resource, ...]) -> None:
        """These are what the process has from its start, and now if it runs."""
        if resources == self._resources:
            return
        self._resources = resources
        if any(map(_runs_by_itself, resources)):
            self._wake()
        if self.pid is not None and self._backend is not None:
            self._tell({})

    def _wake(self) -> None:
        """Start the process without a request, for schedules."""

        async def wake() -> None:
            try:
                await self._running()
            except EmbeddedFailed as error:
                self._notice(str(error))

        if not self._closing and (self._waking is None or self._waking.done()):
            self._waking = asyncio.create_task(wake())

    def _wake_later(self) -> None:
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._wake)

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

        One that a death of the process cuts short is sent once more, if its body is in bytes, as
        SDKs do too: it may have been carried out the first time.
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
                        "with the next request."
                    ) from error
        raise AssertionError

    async def close(self) -> None:
        """End the process."""
        self._closing = True
        if self._waking is not None:
            await self._waking  # a process that is just being started must not be lost
        async with self._starting:
            if self._backend is not None:
                self._backend.close()
            if self._process is not None:
                assert self._process.stdin is not None
                self._process.stdin.close()
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()  # what it answered is on disk
                await self._process.wait()
                self._process = None
            if self._listening is not None:
                await self._listening
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
            self._backend = None  # requests wait for the new one from now on
            self._notice("The embedded services ended and were started again, with what they hold.")
        socket = self._socket()
        process = self._process = await own_process.start(_PROGRAM, environment=_environment())
        declared = self._resources
        self._tell(
            {
                "Folder": str(self._state),
                "Socket": socket,
                "Url": self._url,
                "Account": self._account,
                "Region": self._region,
            }
        )
        ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(process, ready))
        try:
            await asyncio.wait_for(ready.wait(), _STARTING_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.returncode is not None:
            raise EmbeddedFailed(
                "The embedded services do not start; .workbench/server.log says why."
            )
        if self._resources is not declared:  # meanwhile
            self._tell({})
        return Backend(socket)

    def _tell(self, settings: Mapping[str, object]) -> None:
        assert self._process is not None and self._process.stdin is not None
        declared = [
            {"LogicalId": r.logical_id, "Type": r.type, "Name": r.name, "Properties": r.properties}
            for r in self._resources
        ]
        line = json.dumps({**settings, "Resources": declared}, default=str)
        self._process.stdin.write(line.encode() + b"\n")

    async def _listen(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        """Take what the process says, until it ends."""
        assert process.stdout is not None
        async for line in process.stdout:
            said = json.loads(line)
            if "Ready" in said:
                ready.set()
            elif "Source" in said:
                self._take_source(said["Source"])
            elif "Notice" in said:
                self._notice(said["Notice"])
            elif "Scheduled" in said:
                self._take_scheduled(said["Scheduled"])
            else:
                self._notice(
                    f"{said['LogicalId']} of the template is not there for functions: "
                    f"{said['Message']}"
                )
        await process.wait()
        for source in list(self.sources.values()):
            self._take_source({**source, "State": "Deleted", "NextRun": None})
        declared = any(map(_runs_by_itself, self._resources))
        if ready.is_set() and not self._closing and (declared or self._scheduled.exists()):
            self._wake_later()
        ready.set()

    def _take_scheduled(self, scheduled: bool) -> None:
        if scheduled:
            self._scheduled.touch()
        else:
            self._scheduled.unlink(missing_ok=True)

    def _take_source(self, source: Mapping[str, object]) -> None:
        id = str(source["Id"])
        if source["State"] == "Deleted":
            self.sources.pop(id, None)
        else:
            self.sources[id] = source
        for listener in self.on_source:
            listener(source)

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


def _runs_by_itself(resource: Resource) -> bool:
    """Whether the resource invokes functions without anybody's request."""
    if resource.type == "AWS::Scheduler::Schedule":
        return True
    if resource.type == "AWS::CloudWatch::Alarm":
        return bool(resource.properties.get("AlarmActions") or resource.properties.get("OKActions"))
    return resource.type == "AWS::Events::Rule" and "ScheduleExpression" in resource.properties


def _environment() -> dict[str, str]:
    """What the process gets of ours: nothing that says how to reach AWS."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONPATH", "SYSTEMROOT", "VIRTUAL_ENV")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
