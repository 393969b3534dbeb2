"""What the local Lambda has been doing in the last minutes: environments and invocations by time.

Fed by the thread that hears the server's events, thousands a second in a burst; read by the
screen, which draws it a few times a second. Nothing here knows of Textual.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

KEPT_S = 15 * 60
"""How far back it is kept, in seconds."""

_MOST_GONE = 200
_ENDED = frozenset({"stopping", "gone"})

Phase = Literal["", "init", "invoke", "ready", "frozen", "failed", "ended"]
_PHASES: Mapping[str, Phase] = {
    "starting": "init",
    "init": "init",
    "snapshot": "ready",
    "ready": "ready",
    "busy": "invoke",
    "frozen": "frozen",
    "resetting": "failed",
    "failed": "failed",
    "stopping": "ended",
    "gone": "ended",
}
_BY_WEIGHT: tuple[Phase, ...] = ("init", "invoke", "failed", "ended", "ready", "frozen", "")
"""Of several phases within one column the first of these is drawn: an init is short, and what one
looks for."""


@dataclass(slots=True)
class Life:
    """One execution environment. `phases` are (since when, what); times are epoch seconds.

    `invoked` are (start, end) of its invocations; those that follow at once are one."""

    id: str
    function: str
    version: str
    kind: str
    phases: deque[tuple[float, Phase]] = field(default_factory=lambda: deque(maxlen=500))
    invoked: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=4_000))
    ended: float | None = None

    def now(self) -> Phase:
        """What it does now."""
        return self.phases[-1][1] if self.phases else ""

    def columns(self, start: float, end: float, count: int) -> list[Phase]:
        """What it did in each of `count` equal parts of a time."""
        step = (end - start) / count
        drawn: list[Phase] = [""] * count
        spans: Iterable[tuple[float, float, Phase]] = [
            *self._spans(end),
            *((since, until, "invoke") for since, until in self.invoked),
        ]
        for since, until, phase in spans:
            if until < start or since > end or not phase:
                continue
            first = max(0, int((since - start) / step))
            last = min(max(first, math.ceil((until - start) / step) - 1), count - 1)
            for column in range(first, last + 1):
                if _BY_WEIGHT.index(phase) < _BY_WEIGHT.index(drawn[column]):
                    drawn[column] = phase
        return drawn

    def _spans(self, end: float) -> Iterator[tuple[float, float, Phase]]:
        moments = [*self.phases, (end, "")]
        for (since, phase), (until, _) in itertools.pairwise(moments):
            # Its end is one moment; nothing is left of it afterwards.
            yield since, since if phase == "ended" else max(since, until), phase


@dataclass(slots=True)
class Second:
    """What happened within one second. `duration` and `billed` are sums in ms, `peak` is
    how many invocations ran at the same time."""

    at: int
    finished: int = 0
    errors: int = 0
    throttles: int = 0
    duration: float = 0.0
    billed: float = 0.0
    peak: int = 0


class Activity:
    """The last minutes. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lives: dict[str, Life] = {}
        self._seconds: dict[str, deque[Second]] = {}
        self._running: dict[str, set[str]] = {}
        self._peaks: deque[Second] = deque(maxlen=KEPT_S)
        """How many ran at the same time, of all functions together."""
        self._finished: tuple[str, str] | None = None

    def clear(self) -> None:
        """Forget everything: the target changes."""
        with self._lock:
            self._lives.clear()
            self._seconds.clear()
            self._running.clear()
            self._peaks.clear()
            self._finished = None

    # -- what is heard --------------------------------------------------------------------------

    def begin(self, environments: Iterable[Mapping[str, Any]], now: float) -> None:
        """Take over the environments there are: what was told of others was missed."""
        with self._lock:
            there = {str(each["Id"]) for each in environments}
            for life in self._lives.values():
                if life.id not in there and life.ended is None:
                    life.ended = now
                    life.phases.append((now, "ended"))
            self._running.clear()
            self._finished = None
            for each in environments:
                self._environment(each)
                if each.get("State") == "busy":
                    running = self._running.setdefault(str(each["FunctionName"]), set())
                    running.add(str(each.get("RequestId")))

    def heard(self, kind: str, data: Mapping[str, Any], now: float | None = None) -> bool:
        """Take an `environment` or `invocation` event in.

        Returns whether an invocation has finished, the first since `take_finished`."""
        with self._lock:
            before = self._finished
            if kind == "environment":
                self._environment(data)
            elif kind == "invocation":
                self._invocation(data, time.time() if now is None else now)
            return before is None and self._finished is not None

    def take_finished(self) -> tuple[str, str] | None:
        """Function and request id of the last invocation that finished, once."""
        with self._lock:
            finished, self._finished = self._finished, None
            return finished

    def _environment(self, data: Mapping[str, Any]) -> None:
        at = float(data.get("At") or time.time())
        id = str(data["Id"])
        life = self._lives.get(id)
        if life is None:
            life = self._lives[id] = Life(
                id,
                str(data.get("FunctionName")),
                str(data.get("Version")),
                str(data.get("InitializationType")),
            )
            if data.get("State") not in ("starting", "init"):
                life.phases.append((at, "init"))  # it was too short to be told
            self._forget_old()
        phase = _PHASES.get(str(data.get("State")), "")
        if life.now() != phase:
            life.phases.append((at, phase))
        if phase == "ended" and life.ended is None:
            life.ended = at

    def _forget_old(self) -> None:
        gone = sorted((life.ended, life.id) for life in self._lives.values() if life.ended)
        for _, id in gone[: max(0, len(gone) - _MOST_GONE)]:
            del self._lives[id]

    def _invocation(self, data: Mapping[str, Any], now: float) -> None:
        function, request = str(data.get("FunctionName")), str(data.get("RequestId"))
        running = self._running.setdefault(function, set())
        second = self._second(function, int(now))
        phase = data.get("Phase")
        if phase == "started":
            running.add(request)
            second.peak = max(second.peak, len(running))
            self._together(int(now))
        elif phase == "throttled":
            second.throttles += 1
        elif phase == "finished":
            second.peak = max(second.peak, len(running))
            self._together(int(now))
            running.discard(request)
            self._finished = (function, request)
            second.finished += 1
            second.errors += bool(data.get("FunctionError"))
            duration = float(data.get("DurationMs") or 0)
            second.duration += duration
            second.billed += float(data.get("BilledMs") or 0)
            self._invoked(data, duration, now)

    def _invoked(self, data: Mapping[str, Any], duration: float, now: float) -> None:
        life = self._lives.get(str(data.get("LogStream")).rpartition("]")[2])
        if life is None:
            return
        start = float(data.get("Started") or now - duration / 1000)
        end = start + duration / 1000
        if life.invoked and start - life.invoked[-1][1] < 0.1:
            life.invoked[-1] = (life.invoked[-1][0], end)
        else:
            life.invoked.append((start, end))

    def _together(self, at: int) -> None:
        count = sum(map(len, self._running.values()))
        if self._peaks and self._peaks[-1].at >= at:
            self._peaks[-1].peak = max(self._peaks[-1].peak, count)
        else:
            self._peaks.append(Second(at, peak=count))

    def _second(self, function: str, at: int) -> Second:
        seconds = self._seconds.get(function)
        if seconds is None:
            seconds = self._seconds[function] = deque(maxlen=KEPT_S)
        if not seconds or seconds[-1].at < at:
            seconds.append(Second(at))
        return seconds[-1]

    # -- what is drawn --------------------------------------------------------------------------

    def functions(self, start: float) -> list[str]:
        """The functions that did anything since `start`, by name."""
        with self._lock:
            names = {life.function for life in self._lives.values() if not _over(life, start)}
            names |= {name for name, all in self._seconds.items() if all and all[-1].at >= start}
            return sorted(names, key=str.casefold)

    def lives(self, function: str, start: float, end: float, count: int) -> list[Row]:
        """The function's environments of that time as rows, the oldest first."""
        with self._lock:
            return [
                Row(life.id, life.version, life.kind, life.now(), life.columns(start, end, count))
                for life in self._lives.values()
                if life.function == function and not _over(life, start)
            ]

    def cold_starts(self, function: str, start: float) -> int:
        """How many environments were initialised for an invocation of the function since
        `start`: those that were provisioned ahead are none."""
        with self._lock:
            return sum(
                phase == "init" and since >= start
                for life in self._lives.values()
                if life.function == function and life.kind != "provisioned-concurrency"
                for since, phase in life.phases
            )

    def running(self, function: str | None = None) -> int:
        """How many invocations run now, of one or all functions."""
        with self._lock:
            if function is not None:
                return len(self._running.get(function, ()))
            return sum(map(len, self._running.values()))

    def series(self, function: str | None, start: float, end: float, count: int) -> list[Second]:
        """What happened in each of `count` equal parts of a time, of one or all functions.

        A part's `at` is its number."""
        parts = [Second(number) for number in range(count)]
        step = (end - start) / count
        with self._lock:
            for name, seconds in self._seconds.items():
                if function not in (None, name):
                    continue
                for second in reversed(seconds):
                    if second.at < start:
                        break
                    number = min(int((second.at - start) / step), count - 1)
                    part = parts[number]
                    part.finished += second.finished
                    part.errors += second.errors
                    part.throttles += second.throttles
                    part.duration += second.duration
                    part.billed += second.billed
                    if function is not None:
                        part.peak = max(part.peak, second.peak)
            for second in self._peaks if function is None else ():
                if second.at >= start:
                    part = parts[min(int((second.at - start) / step), count - 1)]
                    part.peak = max(part.peak, second.peak)
        return parts


@dataclass(frozen=True, slots=True)
class Row:
    """An environment as it is drawn. `now` is what it does, `phases` what it did, by column."""

    id: str
    version: str
    kind: str
    now: Phase
    phases: list[Phase]


def _over(life: Life, start: float) -> bool:
    return life.ended is not None and life.ended < start
