"""How an environment's process is started. Nothing above this package knows which way it was."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.filesystem.file_systems import FileSystem
from workbench.local.runtime.records import FunctionSpec


@dataclass(frozen=True, slots=True)
class Launch:
    """What a process must be started with: its function, all its variables, its Runtime API.

    `file_system` is its environment's own, or None where environments have none.
    """

    spec: FunctionSpec
    variables: Mapping[str, str]
    runtime_api: str
    file_system: FileSystem | None = None


OnExit = Callable[[int], None]


class Process(Protocol):
    """A function's process that was started.

    `output` is the reading end of the pipe that is its stdout, stderr and framed log descriptor;
    whoever asked for the process closes it. `on_exit` may be replaced while the process runs.
    """

    on_exit: OnExit

    @property
    def pid(self) -> int:
        """0 until it is known, which is before the process asks for work."""

    @property
    def output(self) -> int:
        """The pipe's file descriptor."""

    @property
    def failure(self) -> Fault | None:
        """Once it has ended: what ended it, where its exit status does not tell."""

    def send(self, number: signal.Signals) -> None:
        """A signal to its whole process group; nothing happens when it has ended."""

    def kill(self) -> None:
        """SIGKILL to its whole process group; nothing happens when it has ended."""


class LaunchError(Exception):
    """The process cannot be started. `error_type` is AWS's, `str()` the reason (§2.4)."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class Launcher(Protocol):
    """One way to start processes."""

    async def file_system(self, spec: FunctionSpec) -> FileSystem | None:
        """The file system of a new environment of `spec`, which the caller closes; None where the
        kernel allows none. `static_variables` may be asked for from then on.

        Raises LaunchError, and UnsupportedRuntime when only now it is known that this machine
        cannot run it."""

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        """The variables every environment of `spec` has, whatever its process."""

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        """Start one process; `on_exit` gets its exit status once (negative: the signal).

        Raises LaunchError. Never blocks for longer than starting a process takes.
        """
