"""The server's side of the keeper: file systems of environments, made when they are needed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import workbench
from workbench.local.runtime.filesystem.mark import mark

RAPID = Path(__file__).parent.parent / "bootstraps"
_RUN = "import sys; sys.path.append({root!r}); from {module} import main; main({arguments})"


class FileSystemError(Exception):
    """A file system could not be made. `str()` says why."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a file system: `mounts` are (folder here, folder there), read-only there;
    `layers` are merged in /opt, a later one wins; `tmp_size` is in MB."""

    mounts: tuple[tuple[Path, str], ...] = ()
    layers: tuple[Path, ...] = ()
    tmp_size: int = 512


class FileSystem:
    """One environment's file system. It goes, with its /tmp, when it is closed and no process
    is in it."""

    def __init__(self, descriptor: int, user: int | None, keeper: int) -> None:
        self.descriptor = descriptor
        self.user = user
        self.on_close: Callable[[], None] | None = None
        self.keeper = keeper  # of two file systems of one keeper, a process of one can enter both

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self.descriptor < 0

    def entering(
        self, command: Sequence[str | Path], folder: Path | str, variables: Mapping[str, str]
    ) -> tuple[list[str | Path], dict[str, str]]:
        """`command` and `variables` so that the program begins in here, in `folder`."""
        before: list[str | Path] = ["nsenter", f"--mount={self._path(self.descriptor)}"]
        if self.user is not None:
            before += [f"--user={self._path(self.user)}", "--preserve-credentials"]
        # What tells the dynamic linker about libraries is about the function's.
        linker = [f"{name}={value}" for name, value in variables.items() if name.startswith("LD_")]
        others = {n: value for n, value in variables.items() if not n.startswith("LD_")}
        return [*before, "--", "env", "-C", folder, *linker, *command], others

    def _path(self, descriptor: int) -> str:
        return f"/proc/{os.getpid()}/fd/{descriptor}"

    def standby_command(self, command: Sequence[str]) -> tuple[list[str], list[int]]:
        """`command` so that its children may enter others, and the descriptors it must be given."""
        descriptors = [self.descriptor, *([] if self.user is None else [self.user])]
        arguments = [*map(str, descriptors), "--", *command]
        return _our_python("enter", "sys.argv[1:]", arguments), descriptors

    def close(self) -> None:
        """Let it go; nothing happens when that was done before."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            if self.on_close is not None:
                self.on_close()


class FileSystems:
    """Makes file systems. `packages` tells what is in /var/runtime, by name; `refused` is called
    once with the reason where none can be made."""

    def __init__(
        self,
        state: Path,
        packages: Callable[[], Mapping[str, Path]],
        refused: Callable[[str], None],
        *,
        wanted: bool = True,
    ) -> None:
        self.refusal = "" if wanted else "switched off"
        self._state = state
        self._packages = packages
        self._refused = refused
        self._starting: asyncio.Task[None] | None = None
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._user: int | None = None
        self._waiting: dict[int, asyncio.Future[FileSystem]] = {}
        self._count = 0
        self._keepers = 0

    @property
    def private(self) -> bool:
        """Whether environments have file systems of their own; known once `ready` returned."""
        return not self.refusal

    async def ready(self) -> bool:
        """Start, if that was not done yet; `private` is then known, and returned.

        Raises OSError when this machine has no more files or processes; another try may go better.
        """
        if not self.refusal:
            if self._starting is None:
                self._starting = asyncio.get_running_loop().create_task(self._start())
            await asyncio.shield(self._starting)
        return not self.refusal

    def _write_hosts(self) -> Path:
        """The file that stands for /etc/hosts: this machine's, and the name by which an extension
        listens for telemetry (lambda-facts §1.6)."""
        hosts = self._state / "hosts"
        hosts.parent.mkdir(parents=True, exist_ok=True)
        try:
            own = Path("/etc/hosts").read_text()
        except OSError:
            own = "127.0.0.1 localhost\n"
        hosts.write_text(f"{own.rstrip()}\n127.0.0.1 sandbox.localdomain sandbox\n")
        return hosts

    async def make(self, contents: Contents, empty: FileSystem | None = None) -> FileSystem:
        """A new file system, or `empty`, which was made with nothing in it, with `contents`.

        Raises FileSystemError, and OSError as `ready`. Some 0.5 ms.
        """
        if not await self.ready():
            raise FileSystemError(self.refusal)
        return await self._make(contents, empty)

    def can_furnish(self, empty: FileSystem) -> bool:
        """Whether `make` may be given this one: it is the present keeper's."""
        return empty.keeper == self._keepers

    async def _make(self, contents: Contents, empty: FileSystem | None = None) -> FileSystem:
        if self._control is None:
            raise FileSystemError("the keeper of file systems ended")
        self._count += 1
        request = {
            "Number": self._count,
            "Mounts": [[str(here), there] for here, there in contents.mounts],
            "Layers": [str(layer) for layer in contents.layers],
            "TmpSize": contents.tmp_size,
        }
        answer = asyncio.get_running_loop().create_future()
        self._waiting[self._count] = answer
        descriptors = [empty.descriptor] if empty is not None else []
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
        except OSError as error:
            self._gone()
            raise FileSystemError(f"the keeper of file systems ended: {error.strerror}") from error
        made: FileSystem = await answer
        if empty is not None:
            made.close()  # another descriptor of the same
            return empty
        return made

    async def _start(self) -> None:
        try:
            await self._start_keeper()
        except OSError:
            self._gone()
            raise

    async def _start_keeper(self) -> None:
        if sys.platform != "linux":
            self._refuse("only Linux has mount namespaces")
            return
        if shutil.which("nsenter") is None or shutil.which("env") is None:
            self._refuse("nsenter (of util-linux) is not on this machine")
            return
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: ASYNC220  (1 ms)
                _our_python("keeper", "int(sys.argv[1])", [str(theirs.fileno())]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"HOME": str(self._state / "home")},  # leftovers.py knows it by this
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        setup = {
            "User": os.geteuid(),
            "Group": os.getegid(),
            "Runtime": {name: str(path) for name, path in self._packages().items()},
            "Rapid": str(RAPID),
            "Hosts": str(self._write_hosts()),
            "Mark": mark(self._state),
        }
        socket.send_fds(self._control, [json.dumps(setup).encode()], [])
        loop = asyncio.get_running_loop()
        heard = loop.create_future()
        loop.add_reader(self._control, heard.set_result, None)
        await heard
        loop.remove_reader(self._control)
        message, descriptors = self._receive(self._control)
        if message is None or "Refused" in message:
            self._gone()
            self._refuse(message["Refused"] if message else "the keeper of file systems ended")
            return
        self._user = descriptors[0] if descriptors else None
        self._keepers += 1
        loop.add_reader(self._control, self._heard)
        await self._try()

    async def _try(self) -> None:
        """See that programs can be started in there, which not every nsenter and env can do."""
        try:
            made = await self._make(Contents())
        except FileSystemError as error:
            self._gone()
            self._refuse(str(error))
            return
        command, variables = made.entering(["true"], "/var/task", {"PATH": os.defpath})
        tried = await asyncio.create_subprocess_exec(
            *command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, said = await tried.communicate()
        made.close()
        if tried.returncode:
            self._gone()
            lines = said.decode("utf-8", "replace").strip().splitlines()
            self._refuse(lines[-1] if lines else "nsenter does not work here")

    def _refuse(self, reason: str) -> None:
        self.refusal = reason
        self._refused(reason)

    def _heard(self) -> None:
        assert self._control is not None
        message, descriptors = self._receive(self._control)
        if message is None:
            self._gone()
            return
        made = FileSystem(descriptors[0], self._user, self._keepers)
        answer = self._waiting.pop(message["Number"])
        if answer.cancelled():
            made.close()
        elif "Error" in message:
            made.close()
            answer.set_exception(FileSystemError(message["Error"][1]))
        else:
            answer.set_result(made)

    @staticmethod
    def _receive(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
        try:
            data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
        except OSError:
            return None, []
        return (json.loads(data) if data else None), descriptors

    def _gone(self) -> None:
        """The keeper has ended: the next file system needs a new one."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control)
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._user = None  # still open: file systems of it may be entered
        self._starting = None
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(FileSystemError("the keeper of file systems ended"))

    async def stop(self) -> None:
        """End the keeper."""
        if self._starting is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._starting
        self._gone()


def _our_python(module: str, arguments: str, values: list[str]) -> list[str]:
    """The command that runs `main` of a module next to this one, and imports little else."""
    root = str(Path(workbench.__file__).parent.parent)
    run = _RUN.format(root=root, module=f"{__package__}.{module}", arguments=arguments)
    return [sys.executable, "-I", "-S", "-c", run, *values]
