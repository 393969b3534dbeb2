"""Whose end we hear of: processes that lost their parent become ours, and so do their exits.

A function's process may leave processes of its own behind, and a standby process may be killed
while its children run functions. Linux gives such orphans to the nearest ancestor that asked for
them, else to init, and only the parent is told an exit status.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import sys

_PR_SET_CHILD_SUBREAPER = 36
_LOOK_AGAIN_S = 0.1
_LOOKS = 50


@functools.cache
def adopt_orphans() -> None:
    """Ask for all orphans among our descendants, once for this process; Linux only."""
    if sys.platform == "linux":
        import ctypes  # 3 ms, and only needed where processes stand by

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """A signal to the process group of `pid`, or to it alone if it is not a leader yet."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def orphan_status(pid: int) -> int:
    """The exit status (negative: the signal) of an orphan that has ended; "killed" if not ours."""
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        return -signal.SIGKILL
    return os.waitstatus_to_exitcode(status)


def reap_group(group: int, looks: int = _LOOKS) -> None:
    """Take note of the ends of processes whose group's leader has ended and was waited for."""
    try:
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return  # none is left
    if looks:
        loop = asyncio.get_running_loop()
        loop.call_later(_LOOK_AGAIN_S, reap_group, group, looks - 1)
