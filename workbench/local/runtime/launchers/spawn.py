"""Starting a program with pipes and process group as a function's process has them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.filesystem.file_systems import FileSystem
from workbench.local.runtime.launchers import LaunchError, OnExit
from workbench.local.runtime.launchers.reaper import kill_group, reap_group

_MAX_FILES = 1024
LOG_DESCRIPTOR_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"


class SpawnedProcess:
    """A child process of ours, its exit watched by the event loop."""

    failure: Fault | None = None

    def __init__(self, popen: subprocess.Popen[bytes], output: int, on_exit: OnExit) -> None:
        self.pid = popen.pid
        self.output = output
        self.on_exit = on_exit
        self._popen = popen
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        _RUNNING.add(self)
        try:
            self._descriptor = os.pidfd_open(popen.pid)
        except (AttributeError, OSError):  # not Linux, or an old one
            self._descriptor = -1
            threading.Thread(target=self._wait, daemon=True).start()
        else:
            self._loop.add_reader(self._descriptor, self._ended)

    def send(self, number: signal.Signals) -> None:
        kill_group(self.pid, number)

    def kill(self) -> None:
        kill_group(self.pid)

    def _ended(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        # What it started goes with it; until it is waited for, nobody else can have its number.
        kill_group(self.pid)
        code = self._popen.wait()
        reap_group(self.pid)
        self._report(code)

    def _report(self, code: int) -> None:
        _RUNNING.discard(self)
        self.gone.set_result(None)
        self.on_exit(code)

    def _wait(self) -> None:
        code = self._popen.wait()
        # The loop may be closed when the program ends while a process is still running.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._report, code)


_RUNNING: set[SpawnedProcess] = set()


async def all_gone(seconds: float) -> None:
    """Wait until each process that this event loop watches has ended, at most so long. They were
    all killed; some of them nobody waits for any more."""
    loop = asyncio.get_running_loop()
    ends = [process.gone for process in _RUNNING if process.gone.get_loop() is loop]
    if ends:
        await asyncio.wait(ends, timeout=seconds)


def spawn(
    command: Sequence[str | Path],
    variables: Mapping[str, str],
    folder: Path,
    on_exit: OnExit,
    *,
    file_system: FileSystem | None = None,
    pass_fds: Sequence[int] = (),
    framed_log: bool = False,
) -> SpawnedProcess:
    """Start `command` in `folder`, in a session of its own, its output on one pipe.

    In an environment's own `file_system`, `command` and `folder` are paths in that. `framed_log`
    gives it the framed log descriptor. Raises LaunchError.
    """
    try:
        reading, writing = os.pipe()
    except OSError as error:
        raise LaunchError("Sandbox.Failure", os.strerror(error.errno or 0)) from error
    try:
        popen = start_program(
            command, variables, folder, writing, file_system, pass_fds, framed_log
        )
    except LaunchError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return SpawnedProcess(popen, reading, on_exit)


def start_program(
    command: Sequence[str | Path],
    variables: Mapping[str, str],
    folder: Path,
    writing: int,
    file_system: FileSystem | None = None,
    pass_fds: Sequence[int] = (),
    framed_log: bool = False,
) -> subprocess.Popen[bytes]:
    """As `spawn`, with its output on the pipe whose end `writing` is."""
    environment = dict(variables)
    descriptors = list(pass_fds)
    if framed_log:
        environment[LOG_DESCRIPTOR_VARIABLE] = str(writing)
        descriptors.append(writing)
    if file_system is not None:
        command, environment = file_system.entering(command, folder, environment)
        folder = Path("/")
    try:
        popen = subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            env=environment,
            cwd=folder,
            start_new_session=True,
            pass_fds=descriptors,
        )
        limit_files(popen.pid)
        return popen
    except OSError as error:
        wrong_folder = not folder.is_dir()
        raise LaunchError(
            "Runtime.InvalidWorkingDir" if wrong_folder else "Runtime.InvalidEntrypoint",
            f"{folder}: no such folder" if wrong_folder else f"{error.filename}: {error.strerror}",
        ) from error


def limit_files(pid: int) -> None:
    """Let a process and what it starts have as many files open as on AWS (§10.1); Linux only.

    Not as many processes: that limit is the user's, whose others count too.
    """
    if sys.platform == "linux":
        import resource  # which Windows has not

        with contextlib.suppress(OSError, ValueError):  # it has ended, or may have fewer
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (_MAX_FILES, _MAX_FILES))


def check_executable(file: Path) -> None:
    """Raise the LaunchError that `spawn` would for a program that cannot be started at all.

    In an environment's own file system others start it, and would exit with 126 or 127.
    """
    try:
        with file.open("rb") as program:
            head = program.read(256)
        if not os.access(file, os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        if not head.startswith((b"#!", b"\x7fELF")):
            raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC), str(file))
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
        raise LaunchError("Runtime.InvalidEntrypoint", reason) from error
