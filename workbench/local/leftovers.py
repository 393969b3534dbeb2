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

_PROC = Path("/proc")
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
    if not hasattr(os, "pidfd_open") or not _PROC.is_dir():
        return
    before = time.clock_gettime(time.CLOCK_BOOTTIME) + _LOOKING_S
    marks = tuple(name + os.fsencode(state / folder) for name in _NAMES for folder in _FOLDERS)
    name = os.fsencode(mark(state))
    for _ in range(_PASSES):
        if not [pid for pid in _older(before) if _kill(pid, marks, name)]:
            return


def _older(before: float) -> Iterator[int]:
    ticks = os.sysconf("SC_CLK_TCK")
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            if fields[0] != b"Z" and int(fields[19]) / ticks <= before:
                yield int(entry.name)


def _kill(pid: int, marks: tuple[bytes, ...], name: bytes) -> bool:
    """Kill the process if it bears one of the marks, or has a /tmp of this name; whether it did."""
    with contextlib.suppress(OSError):
        # Held first: the number cannot go to another process between looking and killing.
        held = os.pidfd_open(pid)
        try:
            environment = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
            if any(_bears(variable, marks) for variable in environment) or _has_mount(pid, name):
                signal.pidfd_send_signal(held, signal.SIGKILL)
                return True
        finally:
            os.close(held)
    return False


def _bears(variable: bytes, marks: tuple[bytes, ...]) -> bool:
    return any(variable == mark or variable.startswith(mark + b"/") for mark in marks)


def _has_mount(pid: int, name: bytes) -> bool:
    here = Path("/proc/self/ns/mnt").readlink()
    there = Path(f"/proc/{pid}/ns/mnt").readlink()
    return here != there and name in Path(f"/proc/{pid}/mounts").read_bytes()
