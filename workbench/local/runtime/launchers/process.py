"""Node.js and custom runtimes: programs that are started as they are."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from workbench.local.runtime.filesystem.file_systems import (
    Contents,
    FileSystem,
    FileSystemError,
)
from workbench.local.runtime.filesystem.places import (
    bootstrap_path,
    language_folder,
    language_mounts,
    program_path,
)
from workbench.local.runtime.launchers import Launch, LaunchError, OnExit, Process
from workbench.local.runtime.launchers.private import file_system_for, task_root
from workbench.local.runtime.launchers.spawn import SpawnedProcess, check_executable, spawn
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.variables import Machine, static_variables
from workbench.project.interpreters import Interpreter

NODE_BOOTSTRAP = Path(__file__).parent.parent / "bootstraps" / "node" / "bootstrap.mjs"
WRAPPER_VARIABLE = "AWS_LAMBDA_EXEC_WRAPPER"
# The next process is started when the cold start that took the last one is likely over.
_REFILL_S = 0.05


def wrapped(command: list[str], launch: Launch) -> list[str]:
    """`command`, behind the function's wrapper script if it has one (lambda-facts §1.4).

    A wrapper under /opt is looked for in the layers, the last layer first.
    """
    wrapper = launch.variables.get(WRAPPER_VARIABLE)
    if not wrapper:
        return command
    here = wrapper
    if wrapper.startswith("/opt/"):
        for layer in reversed(launch.spec.layers):
            if (layer / wrapper[5:]).exists():
                here = str(layer / wrapper[5:])
                break
    elif wrapper.startswith("/var/task/"):
        here = str(launch.spec.task_root / wrapper[10:])
    if not os.access(here, os.X_OK):
        # The platform's shell cannot find it and exits with 127: Runtime.ExitError.
        return ["/bin/sh", "-c", "exit 127"]
    return [here if launch.file_system is None else wrapper, *command]


class CustomLauncher:
    """Runs an executable `bootstrap` of the function's code or of a layer."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def file_system(self, spec: FunctionSpec) -> FileSystem | None:
        return await file_system_for(spec, self._machine, None)

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return static_variables(spec, self._machine, "")

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        spec = launch.spec
        places = [(spec.task_root, "/var/task/bootstrap")]
        places += [(layer, "/opt/bootstrap") for layer in reversed(spec.layers)]
        for place, there in places:
            program = place / "bootstrap"
            if program.is_file() and os.access(program, os.X_OK):
                private = launch.file_system
                if private is not None:
                    check_executable(program)
                command = wrapped([str(program) if private is None else there], launch)
                folder = task_root(launch)
                return spawn(command, launch.variables, folder, on_exit, file_system=private)
        shown = "[/var/task/bootstrap /opt/bootstrap]"
        raise LaunchError("Runtime.InvalidEntrypoint", f"Couldn't find valid bootstrap(s): {shown}")


@dataclass(frozen=True, slots=True)
class _Spare:
    """A Node.js process that stands by, and the socket on which it learns what to be."""

    process: SpawnedProcess
    order: socket.socket
    file_system: FileSystem | None

    def close(self) -> None:
        os.close(self.process.output)
        self.order.close()
        if self.file_system is not None:
            self.file_system.close()


class NodeLauncher:
    """Runs Node.js with our bootstrap, in a process that stands by when there is one."""

    def __init__(self, interpreter: Interpreter, machine: Machine, *, standby: bool) -> None:
        self.explanation = interpreter.explanation
        self._interpreter = interpreter
        self._language = language_folder(interpreter.path)
        self._machine = machine
        self._standby = standby
        self._spare: _Spare | None = None
        self._taken: dict[FileSystem, _Spare] = {}  # by the file system it was furnished with
        self._making: asyncio.Task[None] | None = None

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return static_variables(spec, self._machine, self._interpreter.version.split(".")[0])

    async def file_system(self, spec: FunctionSpec) -> FileSystem | None:
        spare = self._spare if self._may_stand_by(spec) else None
        file_systems = self._machine.file_systems
        if (
            spare is None
            or spare.file_system is None
            or file_systems is None
            or not file_systems.can_furnish(spare.file_system)
        ):
            return await file_system_for(spec, self._machine, self._language)
        self._spare = None
        self._taken[spare.file_system] = spare
        spare.file_system.on_close = functools.partial(self._discard, spare.file_system)
        try:
            return await file_system_for(spec, self._machine, None, spare.file_system)
        except BaseException:
            spare.file_system.close()
            raise

    def _discard(self, file_system: FileSystem) -> None:
        """The environment is gone; a process that was to be its has not become it."""
        spare = self._taken.pop(file_system, None)
        if spare is not None:
            spare.process.kill()
            spare.close()

    def prepare(self, spec: FunctionSpec) -> None:
        """Have a process stand by; it knows nothing of any function yet."""
        if self._standby and self._spare is None and self._making is None:
            self._making = asyncio.get_running_loop().create_task(self._stand_by())
            self._making.add_done_callback(self._made)

    def _made(self, task: asyncio.Task[None]) -> None:
        self._making = None

    async def _stand_by(self) -> None:
        file_systems = self._machine.file_systems
        file_system = None
        if file_systems is not None and await file_systems.ready():
            mounts = tuple(language_mounts(self._language))
            with contextlib.suppress(FileSystemError):
                file_system = await file_systems.make(Contents(mounts))
        ours, theirs = socket.socketpair()
        variables = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._machine.home),  # by it leftovers.py knows what outlives the server
        }
        try:
            process = spawn(
                [*self._command(file_system), "--standby", str(theirs.fileno())],
                variables,
                Path("/"),
                lambda code: None,
                file_system=file_system,
                pass_fds=[theirs.fileno()],
                framed_log=True,
            )
        except LaunchError:
            ours.close()
            if file_system is not None:
                file_system.close()
        else:
            spare = self._spare = _Spare(process, ours, file_system)
            process.on_exit = lambda code: self._ended(spare)
        finally:
            theirs.close()

    def _command(self, file_system: FileSystem | None) -> list[str]:
        private = file_system is not None
        return [
            program_path(self._interpreter.path, private=private),
            bootstrap_path(NODE_BOOTSTRAP, private=private),
        ]

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        spec = launch.spec
        spare = self._spare_for(launch)
        if self._may_stand_by(spec):
            asyncio.get_running_loop().call_later(_REFILL_S, self.prepare, spec)
        if spare is not None:
            spare.process.on_exit = on_exit
            with spare.order, contextlib.suppress(OSError):  # it died: its exit says so
                message = {
                    "Environment": dict(launch.variables),
                    "WorkingDirectory": str(task_root(launch)),
                }
                spare.order.sendall(json.dumps(message).encode() + b"\n")
            return spare.process
        command = wrapped(self._command(launch.file_system), launch)
        return spawn(
            command,
            launch.variables,
            task_root(launch),
            on_exit,
            file_system=launch.file_system,
            framed_log=True,
        )

    def _spare_for(self, launch: Launch) -> _Spare | None:
        if launch.file_system is not None:
            return self._taken.pop(launch.file_system, None)
        if self._spare is None or self._spare.file_system is not None:
            return None
        if not self._may_stand_by(launch.spec):
            return None
        spare, self._spare = self._spare, None
        return spare

    def _may_stand_by(self, spec: FunctionSpec) -> bool:
        """NODE_OPTIONS and the like only count for a process that is started with them."""
        special = any(
            name.startswith(("NODE_", "LD_")) and name != "NODE_PATH" for name in spec.environment
        )
        return not special and WRAPPER_VARIABLE not in spec.environment and spec.task_root.is_dir()

    def _ended(self, spare: _Spare) -> None:
        """It died before it was to be something."""
        if self._spare is spare:
            self._spare = None
            spare.close()
        elif spare.file_system is not None:
            del self._taken[spare.file_system]  # which the environment has by now
            os.close(spare.process.output)
            spare.order.close()

    async def stop(self) -> None:
        """End the process that stands by."""
        self._standby = False
        if self._making is not None:
            await asyncio.wait([self._making])
        if self._spare is not None:
            spare, self._spare = self._spare, None
            gone = asyncio.get_running_loop().create_future()
            spare.process.on_exit = gone.set_result
            spare.process.kill()
            await gone
            spare.close()
