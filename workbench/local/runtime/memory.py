"""How much memory an environment uses, and its end when that is more than it has.

AWS counts what is in memory of all its processes together: the runtime's, extensions', and what
those have started. A page that a forked process shares with the one it was forked from counts as
its own, as it would on AWS, where nothing is shared. Known on Linux only; elsewhere 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import time
from collections.abc import Callable, Iterable

_FRESH_S = 0.05
_SHORT_MS = 2.0
_TICK_S = 0.005
# A process cannot fill memory faster than some 12 GB/s: with much left it is looked at less often.
_MB_PER_TICK = 60
_MOST_TICKS = 10
_PAGES_IN_MB = (1 << 20) // mmap.PAGESIZE


class MemoryMeter:
    """The memory of one environment's processes. `limit` is in MB.

    `main` is the runtime's process, 0 while it is not known, and `processes` are all that the
    environment was started with. `exceeded` is called once, when they use more than the limit.
    """

    def __init__(
        self,
        limit: int,
        main: Callable[[], int],
        processes: Callable[[], Iterable[int]],
        exceeded: Callable[[], None],
    ) -> None:
        self._limit = limit
        self._main = main
        self._processes = processes
        self._exceeded = exceeded
        self._peak = 0
        self._read_at = 0.0
        self._status = -1
        self._family: tuple[int, ...] = ()  # of processes, with all that they started
        self._wait = 1  # so many ticks before it is looked at
        self._looks = 0
        self._over = False

    def meet(self) -> None:
        """The runtime's process is known and has initialised: its peak begins to count."""
        if self._status < 0:
            with contextlib.suppress(OSError):
                flags = os.O_RDONLY | os.O_CLOEXEC
                self._status = os.open(f"/proc/{self._main()}/status", flags)
            self._read()

    def peak_mb(self, duration_ms: float) -> int:
        """The peak so far in MB, the limit at most, after an invocation of `duration_ms`.

        One reading costs some 15 µs, so an invocation shorter than 2 ms takes over one that is
        younger than 50 ms. The first invocation always has a reading of its own.
        """
        now = time.monotonic()
        if self._status < 0 and self._main():  # a container's is known late
            self.meet()
        if self._status >= 0 and (duration_ms >= _SHORT_MS or now - self._read_at > _FRESH_S):
            self._read_at = now
            self._read()
        return min(self._peak, self._limit)

    def _read(self) -> None:
        try:
            status = os.pread(self._status, 4096, 0)
        except OSError:  # the process is gone: the last reading stands
            return
        _, found, rest = status.partition(b"VmHWM:")
        if found:
            kilobytes = int(rest.split(None, 1)[0])
            self._peak = max(self._peak, -(-kilobytes // 1024))

    def begin(self) -> None:
        """It is at work from now on: let the next tick pass, most work is over by then."""
        self._wait = 1

    def tick(self) -> None:
        """Look at what is used now, unless that cannot have come near the limit."""
        if self._wait > 0:
            self._wait -= 1
            return
        if self._looks % _MOST_TICKS == 0:
            self._family = tuple(family(self._processes()))
        self._looks += 1
        used = -(-sum(_resident_pages(pid) for pid in self._family) // _PAGES_IN_MB)
        self._peak = max(self._peak, used)
        if used > self._limit and not self._over:
            self._over = True
            self._exceeded()
        self._wait = min(max(self._limit - used, 0) // _MB_PER_TICK, _MOST_TICKS)

    def close(self) -> None:
        """Let go of the process; the last peak stays readable."""
        if self._status >= 0:
            self._read()
            os.close(self._status)
            self._status = -1


class MemoryWatch:
    """Looks at the environments that are at work, every 5 ms while there are any.

    An invocation that is over sooner costs nothing but its place in a set.
    """

    def __init__(self) -> None:
        self._at_work: set[MemoryMeter] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, meter: MemoryMeter) -> None:
        """Its environment initialises, or runs an invocation."""
        meter.begin()
        self._at_work.add(meter)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_TICK_S, self._tick)

    def end(self, meter: MemoryMeter) -> None:
        """Its environment does not work any more."""
        self._at_work.discard(meter)

    def _tick(self) -> None:
        self._timer = None
        if self._at_work:
            self._timer = asyncio.get_running_loop().call_later(_TICK_S, self._tick)
            for meter in tuple(self._at_work):
                meter.tick()


def family(processes: Iterable[int]) -> Iterable[int]:
    """The processes that run of these, with all that they have started."""
    todo = [pid for pid in processes if pid]
    while todo:
        pid = todo.pop()
        yield pid
        with contextlib.suppress(OSError):  # it has ended
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as children:  # noqa: PTH123
                    todo += map(int, children.read().split())


def _resident_pages(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as statm:  # noqa: PTH123
            return int(statm.read().split()[1])
    except OSError:
        return 0
