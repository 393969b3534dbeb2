"""The runtime domain of an environment: the processes that live and die together.

They have one Runtime API, on a listener of their own. A reset ends the domain, and the
environment begins another: what an ended one still has to say reaches nobody.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from workbench.local.runtime.environment import Environment
from workbench.local.runtime.faults import Fault
from workbench.local.runtime.journal import Journal
from workbench.local.runtime.launchers import Launch, Launcher, LaunchError, Process
from workbench.local.runtime.memory import MemoryMeter
from workbench.local.runtime.records import InvokeRequest
from workbench.local.runtime.runtime_api import RuntimeApi, RuntimeEvents


class DomainEvents(RuntimeEvents, Protocol):
    """What a domain tells its environment, besides what the runtime says."""

    def launched(self) -> None:
        """The runtime's process was started."""

    def launch_failed(self, fault: Fault) -> None:
        """It could not be started; the domain is over."""

    def process_ended(self, code: int) -> None:
        """It ended by itself or was killed (negative codes are signals); the domain is over."""


class RuntimeDomain:
    """One generation of an environment's processes: `start`, `deliver` work, `kill` or `end`."""

    def __init__(
        self, environment: Environment, launcher: Launcher, journal: Journal, events: DomainEvents
    ) -> None:
        self._environment = environment
        self._launcher = launcher
        self._journal = journal
        self._events = events
        self._api = RuntimeApi(events)
        self._process: Process | None = None
        self._output = -1
        self._memory: MemoryMeter | None = None
        self._boot: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether the runtime's process was started and has not ended."""
        return self._process is not None

    def start(self) -> None:
        """Begin: `launched` or `launch_failed` follows."""
        self._boot = asyncio.get_running_loop().create_task(self._start())

    async def _start(self) -> None:
        address = await self._api.open()
        spec = self._environment.spec
        variables = self._launcher.static_variables(spec)
        variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = self._environment.initialization_type
        if spec.snap_start:  # a snapshot knows nothing of the streams of those it restores (§1.7)
            del variables["AWS_LAMBDA_LOG_GROUP_NAME"]
        else:
            variables["AWS_LAMBDA_LOG_STREAM_NAME"] = self._environment.log_stream
        variables["AWS_LAMBDA_RUNTIME_API"] = address
        try:
            process = self._launcher.start(Launch(spec, variables, address), self._process_ended)
        except LaunchError as error:
            self._api.close()
            self._events.launch_failed(Fault(error.error_type, str(error)))
            return
        self._process = process
        self._output = process.output
        self._journal.follow(process.output)
        self._events.launched()

    def meet(self) -> None:
        """The process has spoken: now its id is known, also that of a forked one."""
        if self._memory is None and self._process is not None and self._process.pid:
            self._environment.pid = self._process.pid
            self._memory = MemoryMeter(self._process.pid)

    def deliver(self, request: InvokeRequest, deadline_ms: int) -> None:
        """Give the runtime, which waits for it, an invocation."""
        self._api.deliver(request, deadline_ms)

    def restore(self) -> None:
        """Tell the runtime, which waits for it, that it has been restored from a snapshot."""
        self._api.restore()

    def peak_mb(self, duration_ms: float) -> int:
        """The most memory it has used, after an invocation of `duration_ms`."""
        return self._memory.peak_mb(duration_ms) if self._memory else 0

    def kill(self) -> None:
        """SIGKILL to the process; `process_ended` follows."""
        assert self._process is not None
        self._process.kill()

    def end(self) -> None:
        """Kill what runs and forget it: nothing is told any more."""
        if self._boot is not None:
            self._boot.cancel()
        process, self._process = self._process, None
        if process is not None:
            process.on_exit = _nothing
            process.kill()
            self._release()
        self._api.close()

    def _process_ended(self, code: int) -> None:
        self._process = None
        self._release()
        self._api.close()
        self._events.process_ended(code)

    def _release(self) -> None:
        self._journal.unfollow(self._output)
        self._environment.pid = None
        if self._memory is not None:
            self._memory.close()


def _nothing(code: int) -> None:
    return None
