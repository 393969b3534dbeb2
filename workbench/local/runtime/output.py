"""What a function's process writes, cut into log events (lambda-facts §1.3, §3.1).

stdout, stderr and the framed log descriptor are one pipe, so events keep the order in which they
were written. A frame begins with bytes that are no UTF-8 text.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from workbench.local.runtime.log_levels import frame_level, line_level

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
        self._rest = b""
        self._threshold = threshold

    def feed(self, data: bytes, now: int) -> list[Event]:
        """The events that `data` completes. Lines get `now`, frames have their own time."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        events: list[Event] = []
        while data:
            mark = data.find(FRAME_MARK)
            text = data if mark < 0 else data[:mark]
            if (
                mark < 0
                and data[-1:] in (b"\xa5", b"\x5a")
                and data[-2:]
                in (
                    b"\xa5\x5a",
                    data[-2:-1] + b"\xa5",
                )
            ):
                # A frame's mark may be cut in two.
                cut = len(data) - (2 if data.endswith(b"\xa5\x5a") else 1)
                text, self._rest = data[:cut], data[cut:]
            if text:
                whole, newline, partial = text.rpartition(b"\n")
                if newline:
                    events += self._kept(now, [_text(line) + "\n" for line in whole.split(b"\n")])
                if partial and (mark >= 0 or len(partial) >= MAX_PARTIAL):
                    events += self._kept(now, [_line(partial)])
                else:
                    self._rest = partial + self._rest
            if mark < 0:
                break
            data = data[mark:]
            if len(data) < _FRAME_HEAD:
                self._rest = data
                break
            end = _FRAME_HEAD + int.from_bytes(data[4:8], "big")
            if len(data) < end:
                self._rest = data
                break
            if frame_level(data[3]) >= self._threshold:
                stamp = int.from_bytes(data[8:16], "big") // 1000
                events.append((stamp, _line(data[_FRAME_HEAD:end])))
            data = data[end:]
        return events

    def flush(self, now: int) -> list[Event]:
        """What was written without a line end, at the end of an invocation or a process."""
        if not self._rest or self._rest.startswith(b"\xa5"):
            return []
        rest, self._rest = self._rest, b""
        return self._kept(now, [_line(rest)])

    def _kept(self, now: int, lines: list[str]) -> list[Event]:
        if not self._threshold:
            return [(now, line) for line in lines]
        return [(now, line) for line in lines if line_level(line) >= self._threshold]


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
        self.open = False
        os.close(self.descriptor)


def _now() -> int:
    return int(time.time() * 1000)
