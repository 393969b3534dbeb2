"""The process that makes file systems: it holds the namespace all others are copies of.

A process of its own because only one with a single thread may enter another user or mount
namespace. Started with a socket (SEQPACKET), whose number is its argument; one JSON object a
message. First comes {"User", "Group", "Runtime": {name: path}, "Rapid": path, "Hosts": path,
"Mark"}; the answer is {"Ready": true} with the descriptor of the user namespace if there is one, or
{"Refused": why}.
Then each {"Number", "Mounts": [[path, target], …], "Layers": [path, …], "TmpSize": MB}, with or
without the descriptor of a file system made before, is answered with {"Number"} and the descriptor
of the file system's mount namespace, or with {"Number", "Error": [errno, text]}. It ends when the
socket does.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from workbench.local.runtime.filesystem import syscalls
from workbench.local.runtime.filesystem.syscalls import (
    CLONE_NEWNS,
    CLONE_NEWUSER,
    MS_BIND,
    MS_NODEV,
    MS_NOSUID,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    MS_SLAVE,
)

FOLDERS = ("task", "lang", "runtime", "rapid", "dependencies", "node_modules")
DEFAULT_TMP_MB = 512


def main(descriptor: int) -> None:
    """Serve on the socket `descriptor`."""
    with socket.socket(fileno=descriptor) as control:
        setup, _ = _receive(control)
        try:
            keeper = Keeper(setup)
            spare = keeper.empty()
            keeper.enter_and_return(spare, "/var/task")
        except OSError as error:
            _send(control, {"Refused": f"{error.strerror}: {error.filename}"}, [])
            return
        _send(control, {"Ready": True}, [keeper.user] if keeper.user is not None else [])
        while True:
            request, descriptors = _receive(control)
            answer: dict[str, Any] = {"Number": request["Number"]}
            made = descriptors[0] if descriptors else spare
            try:
                keeper.furnish(made, request)
            except OSError as error:
                answer["Error"] = [error.errno, f"{error.strerror}: {error.filename}"]
            _send(control, answer, [made])
            os.close(made)
            if not descriptors:
                spare = keeper.empty()  # the next one is there before it is asked for


class Keeper:
    """Makes mount namespaces out of its own. Every method raises OSError."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.user: int | None = None
        self._mark: str = setup["Mark"]
        if setup["User"] == 0:
            syscalls.unshare(CLONE_NEWNS)
        else:
            syscalls.unshare(CLONE_NEWUSER | CLONE_NEWNS)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{setup['User']} {setup['User']} 1")
            Path("/proc/self/gid_map").write_text(f"{setup['Group']} {setup['Group']} 1")
            self.user = os.open("/proc/self/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        # What is mounted on the machine later appears, what is mounted here stays here.
        syscalls.mount("none", "/", None, MS_REC | MS_SLAVE)
        self._cover_var()
        runtime = syscalls.memory()
        for name, source in setup["Runtime"].items():
            place = Path(f"/proc/self/fd/{runtime}", name)
            if Path(source).is_dir():
                place.mkdir()
            else:
                place.touch()
        syscalls.attach(runtime, "/var/runtime")
        os.close(runtime)
        for name, source in setup["Runtime"].items():
            self._show(source, f"/var/runtime/{name}")
        self._show(setup["Rapid"], "/var/rapid")
        if Path("/etc/hosts").exists():
            self._show(setup["Hosts"], "/etc/hosts")
        self._own = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

    def _cover_var(self) -> None:
        """AWS's folders in /var, which this machine has not, beside those that it has."""
        os.chdir("/var")  # from here on "." is the machine's own
        with os.scandir(".") as found:
            entries = [entry for entry in found if entry.name not in FOLDERS]
        syscalls.mount("workbench", "/var", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
        for entry in entries:
            place = Path("/var", entry.name)
            if entry.is_symlink():
                place.symlink_to(Path(entry.path).readlink())
            elif entry.is_dir():
                place.mkdir()
                syscalls.mount(entry.name, str(place), None, MS_BIND | MS_REC)
        for name in FOLDERS:
            Path("/var", name).mkdir()
        syscalls.read_only_at("/var")
        os.chdir("/")

    def _show(self, source: str, target: str) -> None:
        tree = syscalls.clone_tree(source)
        syscalls.read_only(tree)
        syscalls.attach(tree, target)
        os.close(tree)

    def empty(self) -> int:
        """A new namespace with an empty /tmp and /opt: the descriptor that keeps it."""
        syscalls.unshare(CLONE_NEWNS)
        flags = MS_NOSUID | MS_NODEV
        options = f"mode=1777,size={DEFAULT_TMP_MB}m"
        # By this name what outlives the server is found again (leftovers.py).
        syscalls.mount(self._mark, "/tmp", "tmpfs", flags, options)
        syscalls.mount("workbench", "/opt", "tmpfs", flags | MS_RDONLY, "mode=755")
        made = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        syscalls.set_namespace(self._own, CLONE_NEWNS)
        return made

    def enter_and_return(self, namespace: int, folder: str) -> None:
        """See that `folder` is there."""
        syscalls.set_namespace(namespace, CLONE_NEWNS)
        os.stat(folder)  # noqa: PTH116
        syscalls.set_namespace(self._own, CLONE_NEWNS)

    def furnish(self, namespace: int, request: dict[str, Any]) -> None:
        """Mount what is asked for."""
        trees: list[tuple[int, str]] = []
        try:
            # Copied here, where all of the machine can be seen; /tmp and /opt are others there.
            for source, target in request["Mounts"]:
                trees.append((syscalls.clone_tree(source), target))
            if request["Layers"]:
                trees.append((_merged(request["Layers"]), "/opt"))
            for tree, _ in trees:
                syscalls.read_only(tree)
            syscalls.set_namespace(namespace, CLONE_NEWNS)
            try:
                for tree, target in trees:
                    syscalls.attach(tree, target)
                if request["TmpSize"] != DEFAULT_TMP_MB:
                    options = f"size={request['TmpSize']}m"
                    flags = MS_REMOUNT | MS_NOSUID | MS_NODEV
                    syscalls.mount(self._mark, "/tmp", "tmpfs", flags, options)
            finally:
                syscalls.set_namespace(self._own, CLONE_NEWNS)
        finally:
            for tree, _ in trees:
                os.close(tree)


def _merged(layers: list[str]) -> int:
    """The layers as one folder; a later one wins. Links stand in where overlays are refused."""
    if len(layers) == 1:
        return syscalls.clone_tree(layers[0])
    try:
        return syscalls.overlay(layers[::-1])
    except OSError:
        tree = syscalls.memory()
        for layer in layers:
            _link_all(Path(layer), Path(f"/proc/self/fd/{tree}"))
        return tree


def _link_all(source: Path, target: Path) -> None:
    for entry in source.iterdir():
        place = target / entry.name
        if entry.is_dir() and not entry.is_symlink():
            if not place.is_dir():
                place.unlink(missing_ok=True)
                place.mkdir()
            _link_all(entry, place)
        elif not place.is_dir():
            place.unlink(missing_ok=True)
            place.symlink_to(entry)


def _receive(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next message and its descriptors; ends the process when there is none to come."""
    data, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 1)
    if not data:
        sys.exit(0)
    return json.loads(data), descriptors


def _send(control: socket.socket, message: dict[str, Any], descriptors: list[int]) -> None:
    socket.send_fds(control, [json.dumps(message).encode()], descriptors)


if __name__ == "__main__":
    main(int(sys.argv[1]))
