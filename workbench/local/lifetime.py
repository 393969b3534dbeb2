"""One server per project, how much it may hold open, and when one that nobody uses may stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_FILES = 65_536


class AlreadyServed(Exception):
    """Another process serves this project."""


@contextlib.contextmanager
def sole_server(lock: Path) -> Iterator[None]:
    """Hold the project's lock; the kernel lets go of it however the process ends.

    Raises AlreadyServed when another process holds it.
    """
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed from None
        yield


def allow_many_files() -> None:
    """Let this process have as many connections and environments as it is allowed to have: many
    systems give a program 1,024 files unless it asks for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def until_unused(linger: float, in_use: Callable[[], bool]) -> None:
    """Return once `in_use` has been false for `linger` seconds without a break."""
    last_use = time.monotonic()
    while time.monotonic() - last_use < linger:
        await asyncio.sleep(min(1.0, linger / 4))
        if in_use():
            last_use = time.monotonic()
