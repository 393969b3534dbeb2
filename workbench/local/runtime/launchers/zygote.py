"""A Python process that stands by and forks: the server's side of bootstraps/python/standby.py."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.filesystem.file_systems import FileSystem
from workbench.local.runtime.launchers import Launch, LaunchError, OnExit
from workbench.local.runtime.launchers.preload import Plan
from workbench.local.runtime.launchers.reaper import (
    adopt_orphans,
    kill_group,
    orphan_status,
    reap_group,
)
from workbench.local.runtime.launchers.spawn import SpawnedProcess, limit_files

BOOTSTRAP = Path(__file__).parent.parent / "bootstraps" / "python" / "bootstrap.py"
# The next child is forked ahead when the cold start that took the last one is likely over.
_REFILL_S = 0.03


# Starts a process in place of one that could not be forked; it writes to this descriptor.
SpawnInstead = Callable[[int, OnExit], SpawnedProcess]


class ForkedProcess:
    """A child of a standby process; its end is told by its parent.

    It hears what it is to be only once it is known to be there. So if its parent dies before it is
    born, it never was anything, and a process can be started in its place.
    """

    failure: Fault | None = None

    def __init__(self, output: int, writing: int, order: socket.socket) -> None:
        self.output = output
        self.on_exit: OnExit = _nothing
        self.ended = False
        self._writing = writing  # the pipe's other end, for the process in its place
        self._order = order
        self._pid = 0
        self._launch: Launch | None = None
        self._spawn_instead: SpawnInstead | None = None
        self._instead: SpawnedProcess | None = None
        self._killed = False

    @property
    def pid(self) -> int:
        return self._pid if self._instead is None else self._instead.pid

    def send(self, number: signal.Signals) -> None:
        if self.pid and not self.ended:
            kill_group(self.pid, number)

    def kill(self) -> None:
        self._killed = True
        if self.pid and not self.ended:
            kill_group(self.pid)

    def command(self, launch: Launch, spawn_instead: SpawnInstead) -> None:
        """Tell the child what to be."""
        self._launch = launch
        self._spawn_instead = spawn_instead
        if self._pid:
            self._tell(launch)

    def born(self, pid: int) -> None:
        """It is there."""
        self._pid = pid
        self._close_writing()
        if self._killed:
            kill_group(pid)
        elif self._launch is not None:
            self._tell(self._launch)

    def never_born(self) -> None:
        """Its parent died: start a process in its place, if it was to be one."""
        self._order.close()  # should it be there after all, it ends
        if self._spawn_instead is None or self._killed:
            self.died(-signal.SIGKILL)
            return
        try:
            self._instead = self._spawn_instead(self._writing, self.died)
        except LaunchError:
            self.died(1)
        self._close_writing()

    def died(self, code: int) -> None:
        """It has ended, with this exit status or minus the number of the signal; told once."""
        if not self.ended:
            self.ended = True
            self._order.close()
            self._close_writing()
            if self._pid:
                reap_group(self._pid)
            self.on_exit(code)

    def _tell(self, launch: Launch) -> None:
        message = json.dumps(dict(launch.variables)).encode() + b"\n"
        file_system = launch.file_system
        if file_system is not None and file_system.closed:
            self._order.close()  # its environment is gone, and it will not be
            return
        with contextlib.suppress(OSError):  # it died: its exit says so
            descriptors = [] if file_system is None else [file_system.descriptor]
            socket.send_fds(self._order, [message], descriptors)

    def _close_writing(self) -> None:
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1


def _nothing(code: int) -> None:
    return None


class ForkServer:
    """A process that forks when asked, by its control socket; its children, and one forked ahead.

    `usable` turns True when the process has said that forking is sound, and False when it is gone;
    `failed` when it never will be or not any more. `refusal` is why it is not sound, or "".
    """

    def __init__(self, control: socket.socket) -> None:
        self.usable = False
        self.failed = False
        self.refusal = ""
        self._children: dict[int, ForkedProcess] = {}
        self._spare: ForkedProcess | None = None
        self._count = 0
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        adopt_orphans()
        self._control = control
        self._control.setblocking(False)
        self._loop.add_reader(self._control, self.heard)

    @property
    def busy(self) -> bool:
        """Whether children of it run functions."""
        return any(child is not self._spare for child in self._children.values())

    def start(
        self, launch: Launch, on_exit: OnExit, spawn_instead: SpawnInstead
    ) -> ForkedProcess | None:
        """A process with this launch's variables, at once; None if there can be none."""
        child = self._spare if self._spare is not None else self._fork(ahead=False)
        self._spare = None
        if child is None or child.ended:
            return None
        child.on_exit = on_exit
        child.command(launch, spawn_instead)
        self._loop.call_later(_REFILL_S, self._refill)
        return child

    def close(self) -> None:
        """Let the process end; children that run functions are killed with it."""
        if self._control.fileno() < 0:
            return
        self._gone()
        for child in list(self._children.values()):
            child.kill()
            child.died(-signal.SIGKILL)
        self._children.clear()

    def abandon(self) -> None:
        """As if the process had died: children that run functions go on without it."""
        if self._control.fileno() >= 0:
            self._died()

    def _end_process(self) -> None:
        """End the process, if it is this server's own."""

    def _gone(self) -> None:
        self.usable, self.failed = False, True
        self._loop.remove_reader(self._control)
        self._control.close()
        self._end_process()
        if self._spare is not None:
            os.close(self._spare.output)

    def _died(self) -> None:
        """The process died by itself: children that run functions go on without it."""
        self._gone()
        spare, self._spare = self._spare, None
        for child in list(self._children.values()):
            if child is spare:
                child.kill()
                child.died(-signal.SIGKILL)
            elif child.pid:
                self._watch_orphan(child)
            else:
                child.never_born()
        self._children.clear()

    def _watch_orphan(self, child: ForkedProcess) -> None:
        try:
            descriptor = os.pidfd_open(child.pid)
        except ProcessLookupError:
            child.died(-signal.SIGKILL)
            return
        self._loop.add_reader(descriptor, self._orphan_ended, descriptor, child)

    def _orphan_ended(self, descriptor: int, child: ForkedProcess) -> None:
        self._loop.remove_reader(descriptor)
        kill_group(child.pid)
        os.close(descriptor)
        child.died(orphan_status(child.pid))

    def _refill(self) -> None:
        if self.usable and self._spare is None:
            self._spare = self._fork(ahead=True)

    def _fork(self, *, ahead: bool) -> ForkedProcess | None:
        reading, writing = os.pipe()
        order, theirs = socket.socketpair()
        self._count += 1
        message = json.dumps({"Fork": self._count, "Ahead": ahead}).encode()
        try:
            socket.send_fds(self._control, [message], [theirs.fileno(), writing])
        except OSError:
            os.close(reading)
            os.close(writing)
            order.close()
            return None
        finally:
            theirs.close()
        child = self._children[self._count] = ForkedProcess(reading, writing, order)
        return child

    def heard(self) -> None:
        """Take what the process has said."""
        try:
            data = self._control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._died()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._message(json.loads(line))

    def _message(self, message: dict[str, object]) -> None:
        if "Ready" in message:
            self.refusal = str(message["Unsafe"])
            self.failed = bool(self.refusal)
            self.usable = not self.failed
            self._refill()
            return
        number = message["Fork"]
        assert isinstance(number, int)
        child = self._children.get(number)
        if child is None:
            return
        if "Pid" in message:
            assert isinstance(message["Pid"], int)
            child.born(message["Pid"])
        elif "Exit" in message:
            assert isinstance(message["Exit"], int)
            del self._children[number]
            if child is self._spare:
                self._spare = None
                os.close(child.output)
            child.died(message["Exit"])


class Zygote(ForkServer):
    """One standby process: it has imported what functions need, and forks.

    `failed` also means that an import started threads or opened sockets. `command` runs our
    bootstrap; the process is in `file_system` if there is one, and closes it at its end.
    """

    def __init__(
        self,
        command: list[str],
        variables: Mapping[str, str],
        plan: Plan,
        home: Path,
        file_system: FileSystem | None = None,
    ) -> None:
        self.variables = dict(variables)
        self.plan = plan
        self._file_system = file_system
        control, theirs = socket.socketpair()
        command = [*command, str(theirs.fileno())]
        descriptors = [theirs.fileno()]
        if file_system is not None:
            command, more = file_system.standby_command(command)
            descriptors += more
        with theirs:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # LD_LIBRARY_PATH counts only for processes that are started with it; by HOME what
                # outlives the server is known (leftovers.py).
                env={
                    "LD_LIBRARY_PATH": variables.get("LD_LIBRARY_PATH", ""),
                    "HOME": str(home),
                },
                pass_fds=descriptors,
                start_new_session=True,
            )
        limit_files(self._popen.pid)
        # Over the socket, not the command line: every user of the machine can read that.
        instructions = {
            "variables": self.variables,
            "modules": plan.modules,
            "clients": plan.clients,
            "private": file_system is not None,
        }
        control.sendall(json.dumps(instructions).encode() + b"\n")
        super().__init__(control)

    def may_enter(self, file_system: FileSystem | None) -> bool:
        """Whether it is usable, and its children can have this file system."""
        if file_system is None or self._file_system is None:
            return self.usable and file_system is self._file_system
        return self.usable and file_system.keeper == self._file_system.keeper

    def _end_process(self) -> None:
        if self._file_system is not None:
            self._file_system.close()
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGKILL)
        self._popen.wait()
