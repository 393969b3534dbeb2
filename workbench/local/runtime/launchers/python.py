"""Python functions: a process that stands by is used when there is one, else a new one."""

from __future__ import annotations

from pathlib import Path

from workbench.local.runtime.launchers import Launch, OnExit, Process
from workbench.local.runtime.launchers.process import WRAPPER_VARIABLE, wrapped
from workbench.local.runtime.launchers.spawn import spawn
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.variables import Machine, static_variables
from workbench.project.interpreters import Interpreter

BOOTSTRAP = Path(__file__).parent.parent / "bootstraps" / "python" / "bootstrap.py"


class PythonLauncher:
    """Runs Python functions on one interpreter."""

    def __init__(self, interpreter: Interpreter, machine: Machine, *, standby: bool) -> None:
        self.explanation = interpreter.explanation
        self._interpreter = interpreter
        self._machine = machine

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return static_variables(spec, self._machine, self._interpreter.minor)

    def prepare(self, spec: FunctionSpec) -> None:
        """Have processes stand by for `spec`."""

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        command = [str(self._interpreter.path), "-I", "-S", str(BOOTSTRAP)]
        if WRAPPER_VARIABLE in launch.variables:
            command = wrapped(command, launch)
        root = launch.spec.task_root
        return spawn(command, launch.variables, root, on_exit, framed_log=True)

    async def stop(self) -> None:
        """End the processes that stand by."""
