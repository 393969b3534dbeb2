"""A Python process that stands by and forks: the server's side of bootstraps/python/standby.py."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from workbench.local.runtime.launchers import OnExit
from workbench.local.runtime.launchers.preload import Plan
from workbench.local.runtime.launchers.spawn import kill_group

STANDBY = Path(__file__).parent.parent / "bootstraps" / "python" / "standby.py"
# The next child is forked ahead when the cold start that took the last one is likely over.
_REFILL_S = 0.03


class ForkedProcess:
    """A child of a standby process; its end is told by its parent."""

    def __init__(self, output: int, order: socket.socket) -> None:
        self.pid = 0
        self.output = output
        self.on_exit: OnExit = _nothing
        self.order = order
        self.ended = False
        self._killed = False

    def kill(self) -> None:
        self._killed = True
        if self.pid and not self.ended:
            kill_group(self.pid)

    def born(self, pid: int) -> None:
        self.pid = pid
        if self._killed:
            kill_group(pid)

    def died(self, code: int) -> None:
        if not self.ended:
            self.ended = True
            self.order.close()
            self.on_exit(code)

    def command(self, variables: Mapping[str, str]) -> None:
        """Tell the child what to be."""
        with contextlib.suppress(OSError):  # it died: its exit says so
            self.order.sendall(json.dumps(variables).encode() + b"\n")


def _nothing(code: int) -> None:
    return None


class Zygote:
    """One standby process, its children, and one child forked ahead.

    `usable` turns True when everything is imported and forking is sound; `failed` when it never
    will be (threads or sockets were opened by an import) or not any more.
    """

    def __init__(self, python: Path, variables: Mapping[str, str], plan: Plan) -> None:
        self.variables = dict(variables)
        self.plan = plan
        self.usable = False
        self.failed = False
        self._children: dict[int, ForkedProcess] = {}
        self._spare: ForkedProcess | None = None
        self._count = 0
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        self._control, theirs = socket.socketpair()
        command = [str(python), "-I", "-S", str(STANDBY), str(theirs.fileno())]
        with theirs:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # LD_LIBRARY_PATH counts only for processes that are started with it.
                env={"LD_LIBRARY_PATH": variables.get("LD_LIBRARY_PATH", "")},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        # Over the socket, not the command line: every user of the machine can read that.
        instructions = {
            "variables": self.variables,
            "modules": plan.modules,
            "clients": plan.clients,
        }
        self._control.sendall(json.dumps(instructions).encode() + b"\n")
        self._control.setblocking(False)
        self._loop.add_reader(self._control, self._heard)

    @property
    def busy(self) -> bool:
        """Whether children of it run functions."""
        return any(child is not self._spare for child in self._children.values())

    def start(self, variables: Mapping[str, str], on_exit: OnExit) -> ForkedProcess | None:
        """A process with these variables, at once; None if there can be none."""
        child = self._spare if self._spare is not None else self._fork()
        self._spare = None
        if child is None or child.ended:
            return None
        child.on_exit = on_exit
        child.command(variables)
        self._loop.call_later(_REFILL_S, self._refill)
        return child

    def close(self) -> None:
        """Let the process end; children that run functions are killed with it."""
        if self._control.fileno() < 0:
            return
        self.usable, self.failed = False, True
        self._loop.remove_reader(self._control)
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGKILL)
        self._popen.wait()
        if self._spare is not None:
            os.close(self._spare.output)
            self._spare.on_exit = _nothing
        for child in list(self._children.values()):
            child.kill()
            child.died(-signal.SIGKILL)
        self._children.clear()

    def _orphan_children(self) -> None:
        """The process died: children that run functions go on, their ends are seen directly.

        How they end cannot be known then, so it counts as killed.
        """
        for number, child in list(self._children.items()):
            if child is self._spare or not child.pid:
                continue
            try:
                descriptor = os.pidfd_open(child.pid)
            except ProcessLookupError:
                continue
            del self._children[number]
            self._loop.add_reader(descriptor, self._orphan_ended, descriptor, child)

    def _orphan_ended(self, descriptor: int, child: ForkedProcess) -> None:
        self._loop.remove_reader(descriptor)
        os.close(descriptor)
        child.died(-signal.SIGKILL)

    def _refill(self) -> None:
        if self.usable and self._spare is None:
            self._spare = self._fork()

    def _fork(self) -> ForkedProcess | None:
        reading, writing = os.pipe()
        order, theirs = socket.socketpair()
        self._count += 1
        message = json.dumps({"Fork": self._count}).encode()
        try:
            socket.send_fds(self._control, [message], [theirs.fileno(), writing])
        except OSError:
            os.close(reading)
            order.close()
            return None
        finally:
            theirs.close()
            os.close(writing)
        child = self._children[self._count] = ForkedProcess(reading, order)
        return child

    def _heard(self) -> None:
        try:
            data = self._control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._orphan_children()
            self.close()
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._message(json.loads(line))

    def _message(self, message: dict[str, object]) -> None:
        if "Ready" in message:
            self.failed = bool(message["Unsafe"])
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
