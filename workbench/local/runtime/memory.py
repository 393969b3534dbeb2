"""How much memory a process has used at most: VmHWM on Linux, unknown (0) elsewhere."""

from __future__ import annotations

import os
import time

_FRESH_S = 0.05
_SHORT_MS = 2.0


class MemoryMeter:
    """Reads the peak of one process. One reading costs some 15 µs, so an invocation shorter than
    2 ms takes over one that is younger than 50 ms; the peak only ever grows. The first invocation
    always has a reading of its own."""

    def __init__(self, pid: int) -> None:
        self._peak = 0
        self._read_at = 0.0
        try:
            self._descriptor = os.open(f"/proc/{pid}/status", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = -1
        else:
            self._read()

    def peak_mb(self, duration_ms: float) -> int:
        """The peak so far in MB, after an invocation of `duration_ms`."""
        now = time.monotonic()
        if self._descriptor >= 0 and (duration_ms >= _SHORT_MS or now - self._read_at > _FRESH_S):
            self._read_at = now
            self._read()
        return self._peak

    def _read(self) -> None:
        try:
            status = os.pread(self._descriptor, 4096, 0)
        except OSError:  # the process is gone: the last reading stands
            return
        _, found, rest = status.partition(b"VmHWM:")
        if found:
            kilobytes = int(rest.split(None, 1)[0])
            self._peak = max(self._peak, -(-kilobytes // 1024))

    def close(self) -> None:
        """Let go of the process; the last peak stays readable."""
        if self._descriptor >= 0:
            self._read()
            os.close(self._descriptor)
            self._descriptor = -1
