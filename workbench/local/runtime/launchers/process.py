"""Node.js and custom runtimes: programs that are started as they are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from pathlib import Path

from workbench.local.runtime.launchers import Launch, LaunchError, OnExit, Process
from workbench.local.runtime.launchers.spawn import SpawnedProcess, spawn
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
    if wrapper.startswith("/opt/"):
        for layer in reversed(launch.spec.layers):
            if (layer / wrapper[5:]).exists():
                wrapper = str(layer / wrapper[5:])
                break
    elif wrapper.startswith("/var/task/"):
        wrapper = str(launch.spec.task_root / wrapper[10:])
    if not os.access(wrapper, os.X_OK):
        # The platform's shell cannot find it and exits with 127: Runtime.ExitError.
        return ["/bin/sh", "-c", "exit 127"]
    return [wrapper, *command]


class CustomLauncher:
    """Runs an executable `bootstrap` of the function's code or of a layer."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return static_variables(spec, self._machine, "")

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        spec = launch.spec
        places = [spec.task_root, *reversed(spec.layers)]
        for place in places:
            program = place / "bootstrap"
            if program.is_file() and os.access(program, os.X_OK):
                command = wrapped([str(program)], launch)
                return spawn(command, launch.variables, spec.task_root, on_exit)
        shown = "[/var/task/bootstrap /opt/bootstrap]"
        raise LaunchError("Runtime.InvalidEntrypoint", f"Couldn't find valid bootstrap(s): {shown}")


class NodeLauncher:
    """Runs Node.js with our bootstrap, in a process that stands by when there is one."""

    def __init__(self, interpreter: Interpreter, machine: Machine, *, standby: bool) -> None:
        self.explanation = interpreter.explanation
        self._interpreter = interpreter
        self._machine = machine
        self._standby = standby
        self._spare: tuple[SpawnedProcess, socket.socket] | None = None

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return static_variables(spec, self._machine, self._interpreter.version.split(".")[0])

    def prepare(self, spec: FunctionSpec) -> None:
        """Have a process stand by; it knows nothing of any function yet."""
        if not self._standby or self._spare is not None:
            return
        ours, theirs = socket.socketpair()
        command: list[str | Path] = [self._interpreter.path, NODE_BOOTSTRAP]
        command += ["--standby", str(theirs.fileno())]
        variables = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._machine.home),  # by it leftovers.py knows what outlives the server
        }
        try:
            process = spawn(
                command,
                variables,
                self._machine.home,
                self._spare_ended,
                pass_fds=[theirs.fileno()],
                framed_log=True,
            )
        except LaunchError:
            ours.close()
        else:
            self._spare = process, ours
        finally:
            theirs.close()

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        spec = launch.spec
        # NODE_OPTIONS and the like only count for a process that is started with them.
        special = any(
            name.startswith(("NODE_", "LD_")) and name != "NODE_PATH" for name in spec.environment
        )
        if not special and WRAPPER_VARIABLE not in launch.variables and spec.task_root.is_dir():
            asyncio.get_running_loop().call_later(_REFILL_S, self.prepare, spec)
            if self._spare is not None:
                (process, order), self._spare = self._spare, None
                process.on_exit = on_exit
                with order, contextlib.suppress(OSError):  # it died: its exit says so
                    message = {
                        "Environment": dict(launch.variables),
                        "WorkingDirectory": str(spec.task_root),
                    }
                    order.sendall(json.dumps(message).encode() + b"\n")
                return process
        command = wrapped([str(self._interpreter.path), str(NODE_BOOTSTRAP)], launch)
        return spawn(command, launch.variables, spec.task_root, on_exit, framed_log=True)

    def _spare_ended(self, code: int) -> None:
        if self._spare is not None:
            process, order = self._spare
            self._spare = None
            os.close(process.output)
            order.close()

    async def stop(self) -> None:
        """End the process that stands by."""
        self._standby = False
        if self._spare is not None:
            process, order = self._spare
            gone = asyncio.get_running_loop().create_future()
            process.on_exit = gone.set_result
            self._spare = None
            process.kill()
            await gone
            os.close(process.output)
            order.close()
