"""Python functions: forked from a process that stands by when there is one, else a new process.

Two kinds stand by: one of the bare interpreter, and for each of the functions used last one that
has that function's dependencies imported, under exactly its variables (design §4).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from workbench.local.runtime.filesystem.file_systems import Contents, FileSystem, FileSystemError
from workbench.local.runtime.filesystem.places import (
    bootstrap_path,
    contents,
    language_folder,
    language_mounts,
    program_path,
)
from workbench.local.runtime.launchers import Launch, OnExit, Process
from workbench.local.runtime.launchers.preload import Plan, local_names, plan
from workbench.local.runtime.launchers.private import file_system_for, task_root
from workbench.local.runtime.launchers.process import WRAPPER_VARIABLE, wrapped
from workbench.local.runtime.launchers.spawn import SpawnedProcess, spawn, start_program
from workbench.local.runtime.launchers.zygote import BOOTSTRAP, SpawnInstead, Zygote
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.variables import Machine, static_variables
from workbench.project.interpreters import Interpreter

MAX_ZYGOTES = 6
# Of more functions than this, those are prepared that were invoked.
_MAX_PLANS = 12
# A plan is made when the cold start that showed the need for it is likely over.
_PLAN_LATER_S = 0.1

# What the bare standby process imports: a function that needs no more than this uses it too.
COMMON = (
    "asyncio", "base64", "collections", "concurrent.futures", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "decimal", "email.message", "enum", "functools", "gzip", "hashlib",
    "hmac", "html", "http.client", "io", "itertools", "json", "logging", "math", "operator", "os",
    "pathlib", "random", "re", "secrets", "shutil", "ssl", "string", "subprocess", "sys",
    "tempfile", "textwrap", "threading", "time", "traceback", "typing", "urllib.parse",
    "urllib.request", "uuid", "zlib", "zoneinfo",
)  # fmt: skip
_COMMON_TOPS = frozenset(name.partition(".")[0] for name in COMMON)

FunctionVersion = tuple[str, str]


class PythonLauncher:
    """Runs Python functions on one interpreter."""

    def __init__(self, interpreter: Interpreter, machine: Machine, *, standby: bool) -> None:
        self.explanation = interpreter.explanation
        self._interpreter = interpreter
        self._language = language_folder(interpreter.path)
        self._machine = machine
        # os.fork with what the interpreter's libraries do at start is only known good on Linux.
        self._standby = standby and os.name == "posix" and hasattr(os, "pidfd_open")
        self._bare: Zygote | None = None
        self._making_bare = asyncio.Lock()
        self._zygotes: dict[FunctionVersion, Zygote] = {}  # least recently used first
        self._planned: dict[FunctionVersion, str] = {}  # the identity each plan was made for
        self._later: dict[FunctionVersion, asyncio.TimerHandle] = {}
        self._planning: set[asyncio.Task[None]] = set()
        self._retiring: set[Zygote] = set()

    async def file_system(self, spec: FunctionSpec) -> FileSystem | None:
        return await file_system_for(spec, self._machine, self._language)

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return static_variables(spec, self._machine, self._interpreter.minor)

    def prepare(self, spec: FunctionSpec) -> None:
        """Have processes stand by for `spec`, unless many others are planned for already."""
        if (spec.arn, spec.version) in self._planned or len(self._planned) < _MAX_PLANS:
            self._prepare(spec)

    def forget(self, function_arn: str) -> None:
        """The function was deleted: nothing stands by for it any more."""
        for key in [key for key in (*self._planned, *self._later) if key[0] == function_arn]:
            self._planned.pop(key, None)
            if key in self._later:
                self._later.pop(key).cancel()
            if key in self._zygotes:
                self._retire(self._zygotes.pop(key))

    def _prepare_later(self, spec: FunctionSpec) -> None:
        key = (spec.arn, spec.version)
        if key in self._later:
            self._later[key].cancel()
        loop = asyncio.get_running_loop()
        self._later[key] = loop.call_later(_PLAN_LATER_S, self._prepare, spec)

    def _prepare(self, spec: FunctionSpec) -> None:
        """As `prepare`, for a function that is used; reads its sources in a thread."""
        self._later.pop((spec.arn, spec.version), None)
        if not self._may_fork(spec):
            return
        planned = self._planned.get((spec.arn, spec.version)) == spec.identity
        if self._bare is None or self._bare.failed or not planned:
            self._planned[spec.arn, spec.version] = spec.identity
            task = asyncio.get_running_loop().create_task(self._plan(spec))
            self._planning.add(task)
            task.add_done_callback(self._planning.discard)

    async def _stand_by(self, variables: Mapping[str, str], plan: Plan, inside: Contents) -> Zygote:
        """A process that stands by, in a file system with this `inside` where there are any."""
        file_system = None
        file_systems = self._machine.file_systems
        if file_systems is not None and await file_systems.ready():
            file_system = await file_systems.make(inside)
        command = self._interpreter_command(file_system)
        return Zygote(command, variables, plan, self._machine.home, file_system)

    async def _plan(self, spec: FunctionSpec) -> None:
        try:
            async with self._making_bare:
                if self._bare is None or self._bare.failed:
                    inside = Contents(tuple(language_mounts(self._language)))
                    self._bare = await self._stand_by({}, Plan(COMMON), inside)
            await self._stand_by_for(spec)
        except (FileSystemError, OSError):
            self._planned.pop((spec.arn, spec.version), None)  # its cold start will tell why

    async def _stand_by_for(self, spec: FunctionSpec) -> None:
        if (spec.arn, spec.version) in self._zygotes:
            # A reload: its first invocation is worth more than a plan that hardly ever changes.
            await asyncio.sleep(_PLAN_LATER_S)
        wanted = await asyncio.to_thread(plan, spec.task_root, spec.handler)
        variables = self.static_variables(spec)
        key = (spec.arn, spec.version)
        present = self._zygotes.get(key)
        if present is not None:
            if present.plan == wanted and present.variables == variables:
                return
            self._retire(self._zygotes.pop(key))
        if any(name.partition(".")[0] not in _COMMON_TOPS for name in wanted.modules):
            inside = contents(spec, self._language, own_code=False)
            made = await self._stand_by(variables, wanted, inside)
            if key in self._zygotes:
                self._retire(self._zygotes.pop(key))
            self._zygotes[key] = made
        while len(self._zygotes) > MAX_ZYGOTES:
            oldest = next(iter(self._zygotes))
            self._planned.pop(oldest, None)
            self._retire(self._zygotes.pop(oldest))

    def _retire(self, zygote: Zygote) -> None:
        """Close it once no environment of it runs a function."""
        if zygote.busy:
            asyncio.get_running_loop().call_later(1.0, self._retire, zygote)
            self._retiring.add(zygote)
        else:
            self._retiring.discard(zygote)
            zygote.close()

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        spec = launch.spec
        if self._may_fork(spec):
            self._prepare_later(spec)
            zygote = self._zygote_for(launch)
            if zygote is not None:
                process = zygote.start(launch, on_exit, self._spawn_instead(launch))
                if process is not None:
                    return process
        return spawn(
            self._command(launch),
            launch.variables,
            task_root(launch),
            on_exit,
            file_system=launch.file_system,
            framed_log=True,
        )

    def _interpreter_command(self, file_system: FileSystem | None) -> list[str]:
        private = file_system is not None
        program = program_path(self._interpreter.path, private=private)
        return [program, "-I", "-S", bootstrap_path(BOOTSTRAP, private=private)]

    def _command(self, launch: Launch) -> list[str]:
        command = self._interpreter_command(launch.file_system)
        return wrapped(command, launch) if WRAPPER_VARIABLE in launch.variables else command

    def _spawn_instead(self, launch: Launch) -> SpawnInstead:
        def start(writing: int, on_exit: OnExit) -> SpawnedProcess:
            command, folder = self._command(launch), task_root(launch)
            popen = start_program(
                command, launch.variables, folder, writing, launch.file_system, framed_log=True
            )
            return SpawnedProcess(popen, -1, on_exit)

        return start

    def _zygote_for(self, launch: Launch) -> Zygote | None:
        spec = launch.spec
        key = (spec.arn, spec.version)
        zygote = self._zygotes.get(key)
        if zygote is not None and zygote.may_enter(launch.file_system) and self._fits(zygote, spec):
            self._zygotes[key] = self._zygotes.pop(key)  # used last
            return zygote
        bare = self._bare
        if bare is None or not bare.may_enter(launch.file_system):
            return None
        return bare if self._unshadowed(bare, spec) else None

    def _fits(self, zygote: Zygote, spec: FunctionSpec) -> bool:
        """Whether it is what a new process of `spec`, as it is now, would be."""
        return zygote.variables == self.static_variables(spec) and self._unshadowed(zygote, spec)

    def _unshadowed(self, zygote: Zygote, spec: FunctionSpec) -> bool:
        """Whether it has nothing imported that the package brings itself."""
        own = local_names(spec.task_root)
        return not any(name.partition(".")[0] in own for name in zygote.plan.modules)

    def _may_fork(self, spec: FunctionSpec) -> bool:
        """Some settings only count for a process that is started with them."""
        return (
            self._standby
            and WRAPPER_VARIABLE not in spec.environment
            and not any(
                name.startswith(("PYTHON", "LD_")) and name != "PYTHONPATH"
                for name in spec.environment
            )
            and not any((layer / "lib").is_dir() for layer in spec.layers)
            and not _has_libraries(spec.task_root)
            and spec.task_root.is_dir()
        )

    async def stop(self) -> None:
        """End the processes that stand by."""
        self._standby = False
        for timer in self._later.values():
            timer.cancel()
        for task in self._planning:
            task.cancel()
        for zygote in [self._bare, *self._zygotes.values(), *self._retiring]:
            if zygote is not None:
                zygote.close()


def _has_libraries(task_root: Path) -> bool:
    """Whether it brings libraries that a process finds by its LD_LIBRARY_PATH."""
    return any(any(folder.glob("lib*.so*")) for folder in (task_root, task_root / "lib"))
