"""What a function's process writes, cut into log events (lambda-facts §1.3, §3.1).

stdout, stderr and the framed log descriptor are one pipe, so events keep the order in which they
were written. A frame begins with bytes that are no UTF-8 text.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from workbench.local.runtime.telemetry.log_levels import frame_level, line_level

FRAME_MARK = b"\xa5\x5a\x00"
_FRAME_HEAD = 16
MAX_PARTIAL = 256 * 1024
_READ_SIZE = 256 * 1024

Event = tuple[int, str]


class EventCutter:
    """Bytes in, (epoch ms, message) out. Each line is an event, each frame is one event.

    Events of a lower level than `threshold` are left out (see log_levels).
    """

    def __init__(self, threshold: int = 0) -> None:
        self._threshold = threshold
        self._rest = bytearray()  # the beginning of an event
        self._needed = 0  # so many bytes of `_rest` make a frame that has begun

    def feed(self, data: bytes, now: int) -> list[Event]:
        """The events that `data` completes. Lines get `now`, frames have their own time."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data = bytes(self._rest)
            self._rest.clear()
        self._needed = 0
        events: list[Event] = []
        at = 0
        while at < len(data):
            mark = data.find(FRAME_MARK, at)
            rest = self._lines(data, at, mark, now, events)
            if mark >= 0:
                rest, at = mark, self._frame(data, mark, events)
            if mark < 0 or at < 0:
                self._rest += data[rest:]
                break
        return events

    def _lines(self, data: bytes, at: int, mark: int, now: int, events: list[Event]) -> int:
        """Add the lines from `at` to the `mark` of a frame, or if that is -1 to the end; returns
        where the last one begins if it may go on."""
        end = mark if mark >= 0 else len(data) - _begun_mark(data, at)
        rest = data.rfind(b"\n", at, end) + 1 or at
        if rest > at:
            events += self._kept(now, [_text(x) + "\n" for x in data[at : rest - 1].split(b"\n")])
        if rest < end and (mark >= 0 or end - rest >= MAX_PARTIAL):
            events += self._kept(now, [_line(data[rest:end])])
            rest = end
        return rest

    def _frame(self, data: bytes, mark: int, events: list[Event]) -> int:
        """Add the frame that begins at `mark`; returns where it ends, or -1 if that is to come."""
        content = mark + _FRAME_HEAD
        end = content + int.from_bytes(data[mark + 4 : mark + 8], "big")
        if len(data) < max(content, end):
            self._needed = end - mark if len(data) >= content else _FRAME_HEAD
            return -1
        if frame_level(data[mark + 3]) >= self._threshold:
            stamp = int.from_bytes(data[mark + 8 : content], "big") // 1000
            events.append((stamp, _line(data[content:end])))
        return end

    def flush(self, now: int) -> list[Event]:
        """What was written without a line end, at the end of an invocation or a process."""
        if not self._rest or self._rest.startswith(b"\xa5"):
            return []
        rest = bytes(self._rest)
        self._rest.clear()
        return self._kept(now, [_line(rest)])

    def _kept(self, now: int, lines: list[str]) -> list[Event]:
        if not self._threshold:
            return [(now, line) for line in lines]
        return [(now, line) for line in lines if line_level(line) >= self._threshold]


def _begun_mark(data: bytes, at: int) -> int:
    """How many of the last bytes, from `at` on, may be the beginning of a frame's mark."""
    if data.endswith(FRAME_MARK[:2], at):
        return 2
    return 1 if data.endswith(FRAME_MARK[:1], at) else 0


def _line(data: bytes) -> str:
    text = _text(data)
    return text if text.endswith("\n") else text + "\n"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


class OutputPipe:
    """The reading end of a process's output. Non-blocking; owns the descriptor."""

    def __init__(
        self, descriptor: int, emit: Callable[[list[Event]], None], threshold: int = 0
    ) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self._emit = emit
        self._cutter = EventCutter(threshold)
        self.open = True

    def drain(self) -> None:
        """Emit all complete events that are there now; `open` turns False at the end."""
        while self.open:
            try:
                data = os.read(self.descriptor, _READ_SIZE)
            except BlockingIOError:
                return
            if not data:
                self.open = False
                return
            events = self._cutter.feed(data, _now())
            if events:
                self._emit(events)
            if len(data) < _READ_SIZE:
                return

    def flush(self) -> None:
        """`drain`, and what has no line end too."""
        self.drain()
        events = self._cutter.flush(_now())
        if events:
            self._emit(events)

    def close(self) -> None:
        """Let go of the descriptor."""
        self.open = False
        os.close(self.descriptor)


def _now() -> int:
    return int(time.time() * 1000)
