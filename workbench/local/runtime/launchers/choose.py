"""Which launcher runs which runtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from workbench.local.runtime.filesystem.file_systems import FileSystems
from workbench.local.runtime.filesystem.places import libraries
from workbench.local.runtime.launchers import Launcher
from workbench.local.runtime.launchers.bytecode import compile_for
from workbench.local.runtime.launchers.container import ContainerLauncher
from workbench.local.runtime.launchers.packages import aws_packages, sources
from workbench.local.runtime.launchers.process import CustomLauncher, NodeLauncher
from workbench.local.runtime.launchers.python import PythonLauncher
from workbench.local.runtime.launchers.spawn import all_gone
from workbench.local.runtime.records import FunctionSpec, Observer, UnsupportedRuntime
from workbench.local.runtime.variables import Machine
from workbench.project import interpreters, runtimes

# How long a process that was killed may take to be gone.
_DYING_S = 5.0


class Launchers:
    """The launchers of one runtime, one for each interpreter, made when first needed."""

    def __init__(
        self,
        state: Path,
        credentials: Mapping[str, str],
        services: Mapping[str, str],
        observer: Observer,
        *,
        standby: bool,
        xray_daemon: str,
        private: bool,
    ) -> None:
        self.file_systems = FileSystems(state, sources, self._shared, wanted=private)
        self._state = state
        self._machine = Machine(state / "home", credentials, services, xray_daemon)
        self._containers = ContainerLauncher(self._machine, state)
        self._observer = observer
        self._standby = standby
        self._by_runtime: dict[str, Launcher] = {}
        self._told: set[tuple[str, str]] = set()

    def launcher_for(self, spec: FunctionSpec) -> Launcher:
        """The launcher that runs `spec`. Raises UnsupportedRuntime."""
        if spec.image is not None:
            self._containers.check(spec)
            return self._containers
        launcher = self._by_runtime.get(spec.runtime)
        if launcher is None:
            launcher = self._by_runtime[spec.runtime] = self._make(spec.runtime)
        explanation = getattr(launcher, "explanation", "")
        if explanation and (spec.name, explanation) not in self._told:
            self._told.add((spec.name, explanation))
            self._observer.notice(spec.name, explanation)
        return launcher

    def _shared(self, reason: str) -> None:
        self._observer.notice(
            "",
            "Functions have no file system of their own here: /var/task, /opt and a /tmp of its "
            f"own are folders of this machine ({reason}).",
        )

    def prepare(self, spec: FunctionSpec) -> None:
        """Have processes stand by for `spec`. Does nothing for a runtime that cannot be run."""
        if not self._standby:
            return
        try:
            launcher = self.launcher_for(spec)
        except UnsupportedRuntime:
            return
        if isinstance(launcher, PythonLauncher | NodeLauncher):
            launcher.prepare(spec)

    def forget(self, function_arn: str) -> None:
        """Nothing stands by for the function any more: it was deleted."""
        for launcher in self._by_runtime.values():
            if isinstance(launcher, PythonLauncher):
                launcher.forget(function_arn)

    async def stop(self) -> None:
        """End all standby processes; returns when no process is left."""
        await self._containers.stop()
        for launcher in self._by_runtime.values():
            if isinstance(launcher, PythonLauncher | NodeLauncher):
                await launcher.stop()
        await all_gone(_DYING_S)
        await self.file_systems.stop()

    def _make(self, runtime: str) -> Launcher:
        self._machine.home.mkdir(parents=True, exist_ok=True)
        machine = replace(self._machine, file_systems=self.file_systems)
        if runtimes.is_provided(runtime):
            return CustomLauncher(machine)
        if not runtimes.is_run_here(runtime):
            raise UnsupportedRuntime(
                f"The local Lambda does not run {runtime} yet: it runs python, nodejs and "
                "provided runtimes."
            )
        interpreter = interpreters.interpreter_for(runtime)
        if interpreter is None:
            raise UnsupportedRuntime(interpreters.reason_missing(runtime))
        machine = replace(machine, libraries=libraries(interpreter.path))
        if runtime.startswith("python"):
            packages = aws_packages(interpreter.minor, self._state / "packages")
            machine = replace(machine, packages=packages)
            if packages is not None:
                compile_for(interpreter, sources().values())
            return PythonLauncher(interpreter, machine, standby=self._standby)
        return NodeLauncher(interpreter, machine, standby=self._standby)
