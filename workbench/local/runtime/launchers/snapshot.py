"""SnapStart for Python: a function's process after its init, and environments forked from it.

The other end of `bootstraps/python/snapshot.py`.
"""

from __future__ import annotations

import os
import secrets
import socket
import struct
from dataclasses import replace

from workbench.local.runtime.filesystem.file_systems import FileSystem
from workbench.local.runtime.launchers import Launch, Launcher, LaunchError, OnExit, Process
from workbench.local.runtime.launchers.spawn import SpawnedProcess
from workbench.local.runtime.launchers.zygote import ForkServer
from workbench.local.runtime.records import FunctionSpec

# Where the process waits for orders to fork, and the size of /tmp where each child has its own.
ORDERS_VARIABLE = "_LAMBDA_SNAPSHOT"
_NOT_OURS = "its runtime is not ours"


class SnapshotLauncher:
    """Starts the process that is to be a snapshot, by way of another launcher.

    Once the process has said that it is initialised, `take_over` tells whether it can be forked.
    `restorer` starts environments from then on, until `usable` is not true any more.
    """

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._listener: socket.socket | None = None
        self._server: ForkServer | None = None

    async def file_system(self, spec: FunctionSpec) -> FileSystem | None:
        return await self._launcher.file_system(spec)

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return self._launcher.static_variables(spec)

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        variables = dict(launch.variables)
        if hasattr(socket, "SO_PEERCRED"):
            # A name, not a file: it is found from every mount namespace, and leaves nothing.
            address = f"lambda-workbench-{secrets.token_hex(16)}"
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind("\0" + address)
            self._listener.listen(1)
            self._listener.setblocking(False)
            size = "" if launch.file_system is None else launch.spec.ephemeral_storage
            variables[ORDERS_VARIABLE] = f"{address} {size}".rstrip()
        return self._launcher.start(replace(launch, variables=variables), on_exit)

    def take_over(self) -> str:
        """Make ready to fork. Returns why that is impossible, in words that end a sentence."""
        if self._listener is None:
            return "this machine cannot"
        with self._listener:
            try:
                control, _ = self._listener.accept()
            except BlockingIOError:
                return _NOT_OURS
        if not _is_ours(control):
            control.close()
            return _NOT_OURS
        # It has spoken here before it said on the Runtime API that it is initialised.
        self._server = ForkServer(control)
        self._server.heard()
        return self._server.refusal

    @property
    def usable(self) -> bool:
        """Whether environments can be forked now."""
        return self._server is not None and self._server.usable

    def restorer(self) -> Launcher:
        """The launcher of environments that are restored."""
        assert self._server is not None
        return _Restorer(self._launcher, self._server)

    def close(self) -> None:
        """Fork no more; environments that were restored go on."""
        if self._listener is not None:
            self._listener.close()
        if self._server is not None:
            self._server.abandon()


class _Restorer:
    """Starts environments of one snapshot."""

    def __init__(self, launcher: Launcher, server: ForkServer) -> None:
        self._launcher = launcher
        self._server = server

    async def file_system(self, spec: FunctionSpec) -> FileSystem | None:
        return None  # a restored process is where its snapshot is

    def static_variables(self, spec: FunctionSpec) -> dict[str, str]:
        return self._launcher.static_variables(spec)

    def start(self, launch: Launch, on_exit: OnExit) -> Process:
        # All else a restored process has from its snapshot, with what its init made of it.
        variables = {"AWS_LAMBDA_RUNTIME_API": launch.runtime_api}
        restored = replace(launch, variables=variables)
        process = self._server.start(restored, on_exit, _nothing_instead)
        if process is None:
            raise LaunchError("Runtime.ExitError", "The snapshot is gone.")
        return process


def _nothing_instead(writing: int, on_exit: OnExit) -> SpawnedProcess:
    raise LaunchError("Runtime.ExitError", "The snapshot is gone.")


def _is_ours(control: socket.socket) -> bool:
    """Whether the other end belongs to our user: the name of a socket is no secret."""
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack(
        "3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    return bool(user == os.geteuid())
