"""No function outlives its local Lambda, however either of them ended.

A function may hang, fork, or start programs in sessions of their own, and the server may be
killed without a chance to clean up. What belongs to it is known by its private /tmp, which is named
after the project's state folder, or by the environment the process was started with: HOME (or
LAMBDA_RUNTIME_DIR, where the function sets HOME itself) is in that folder. Only one server uses it
at a time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.local.containers.leftovers import remove_leftovers
from workbench.local.runtime.filesystem.mark import mark

_PROC = "/proc"
_NAMES = (b"HOME=", b"LAMBDA_RUNTIME_DIR=")
_FOLDERS = ("home", "packages")
_PASSES = 10  # a process may fork while we look
_LOOKING_S = 0.2  # in less time no next server has functions


def end_leftovers(state: Path) -> None:
    """Kill every process of functions of the project whose state folder is `state`.

    Only those started before this call or forked while we look: a next server's are not touched.
    Does nothing where there is no /proc, but for containers.
    """
    remove_leftovers(state, mark(state))
    if not hasattr(os, "pidfd_open") or not Path(_PROC).is_dir():
        return
    before = time.clock_gettime(time.CLOCK_BOOTTIME) + _LOOKING_S
    marks = tuple(name + os.fsencode(state / folder) for name in _NAMES for folder in _FOLDERS)
    name = os.fsencode(mark(state))
    for _ in range(_PASSES):
        if not [pid for pid in _older(before) if _kill(pid, marks, name)]:
            return


def _older(before: float) -> Iterator[int]:
    ticks = os.sysconf("SC_CLK_TCK")
    for entry in os.listdir(_PROC):  # noqa: PTH208
        if not entry.isdecimal() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            fields = _read(f"{_PROC}/{entry}/stat").rpartition(b")")[2].split()
            if fields[0] != b"Z" and int(fields[19]) / ticks <= before:
                yield int(entry)


def _kill(pid: int, marks: tuple[bytes, ...], name: bytes) -> bool:
    """Kill the process if it is one of ours; whether it did."""
    with contextlib.suppress(OSError):
        if not _is_ours(pid, marks, name):
            return False
        # Held, and looked at again: its number may have gone to another process.
        held = os.pidfd_open(pid)
        try:
            if _is_ours(pid, marks, name):
                signal.pidfd_send_signal(held, signal.SIGKILL)
                return True
        finally:
            os.close(held)
    return False


def _is_ours(pid: int, marks: tuple[bytes, ...], name: bytes) -> bool:
    """Whether the process bears one of the marks, or has a /tmp of this name."""
    environment = _read(f"{_PROC}/{pid}/environ")
    if any(mark in environment for mark in marks):  # seldom, and then looked at more closely
        variables = environment.split(b"\0")
        if any(_bears(variable, marks) for variable in variables):
            return True
    return _has_mount(pid, name)


def _bears(variable: bytes, marks: tuple[bytes, ...]) -> bool:
    return any(variable == mark or variable.startswith(mark + b"/") for mark in marks)


def _has_mount(pid: int, name: bytes) -> bool:
    here = os.readlink(f"{_PROC}/self/ns/mnt")  # noqa: PTH115
    there = os.readlink(f"{_PROC}/{pid}/ns/mnt")  # noqa: PTH115
    return here != there and name in _read(f"{_PROC}/{pid}/mounts")


def _read(path: str) -> bytes:
    # Without pathlib and buffers: there are hundreds of processes to look at.
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()
