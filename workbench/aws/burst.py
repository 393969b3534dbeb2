"""A burst: an event sent many times at once, and what came of it, counted as it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.metrics.histogram import Histogram
from workbench.aws.records import Function, Invocation, Target
from workbench.project.cost import cost_of
from workbench.project.events.values import BadPlaceholder

MOST_INVOCATIONS = 100_000
MOST_AT_ONCE = 500
"""Each is a thread with a connection of its own."""

THROTTLED = "TooManyRequestsException"


@dataclass(frozen=True, slots=True)
class BurstFigures:
    """How far a burst is. `count` is how many are wanted; `running` wait for their answer.

    `cold` had an init (`Init Duration` in the REPORT line), `warm` none; where the log has no
    REPORT line neither is known. `errors` are failures of the function, `failed` those of sending,
    the last of which `failure` tells; `throttled` are apart from both, `throttle` tells why.
    `duration` is what REPORT says (ms), `round_trip` what a caller waits; both without those that
    were throttled or failed.
    `cost` is in dollars, `seconds` since the start.
    """

    count: int
    concurrency: int
    sent: int = 0
    running: int = 0
    answered: int = 0
    cold: int = 0
    warm: int = 0
    errors: int = 0
    throttled: int = 0
    failed: int = 0
    failure: str = ""
    error: str = ""
    throttle: str = ""
    max_memory_used: int = 0
    memory_size: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    is_over: bool = False
    duration: Histogram = field(default_factory=Histogram)
    round_trip: Histogram = field(default_factory=Histogram)

    def as_json(self) -> dict[str, Any]:
        """The figures as a JSON object."""
        members = {_pascal(name): getattr(self, name) for name in _PLAIN}
        for name in ("duration", "round_trip"):
            histogram: Histogram = getattr(self, name)
            percentiles = {f"P{p}": histogram.percentile(p / 100) for p in (50, 90, 99)}
            rounded = {key: value and round(value, 3) for key, value in percentiles.items()}
            members[_pascal(name)] = {**rounded, "Buckets": histogram.counts}
        return members

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> BurstFigures:
        """The figures that `as_json` gave, after a way through JSON."""
        values = {name: members[_pascal(name)] for name in _PLAIN}
        for name in ("duration", "round_trip"):
            counts = members[_pascal(name)]["Buckets"]
            values[name] = Histogram({int(bucket): count for bucket, count in counts.items()})
        return cls(**values)


_PLAIN = tuple(
    name for name in BurstFigures.__dataclass_fields__ if name not in ("duration", "round_trip")
)


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


class Burst:
    """Invokes `count` times, `concurrency` at a time. `start` it, look at `figures`, `stop` it.

    Nothing is ever sent a second time, so that what is throttled is seen. `function` gives the
    sizes that its price depends on, `event` the event of each invocation, in any thread; one for
    which it raises BadPlaceholder was not sent.
    """

    def __init__(
        self,
        target: Target,
        function: Function,
        qualifier: str | None,
        event: Callable[[], bytes],
        *,
        count: int,
        concurrency: int,
    ) -> None:
        self._client = LambdaClient(target, connections=concurrency)
        self._function = function
        self._qualifier = qualifier
        self._event = event
        self._lock = threading.Lock()
        self._stopped = False
        self._count = count
        self._threads = [
            threading.Thread(target=self._work, name=f"burst-{number}", daemon=True)
            for number in range(min(concurrency, count))
        ]
        self._numbers: dict[str, Any] = {"concurrency": concurrency}
        self._duration = Histogram()
        self._round_trip = Histogram()
        self._started = 0.0
        self._seconds: float | None = None
        self._alive = len(self._threads)

    def start(self) -> None:
        """Begin."""
        self._started = time.perf_counter()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more; what runs is let come to its end."""
        with self._lock:
            self._stopped = True

    @property
    def figures(self) -> BurstFigures:
        """How far it is now."""
        with self._lock:
            now = time.perf_counter() - self._started
            return BurstFigures(
                count=self._count,
                **self._numbers,
                seconds=now if self._seconds is None else self._seconds,
                is_over=self._seconds is not None,
                duration=Histogram(self._duration.counts),
                round_trip=Histogram(self._round_trip.counts),
            )

    def _work(self) -> None:
        while self._take():
            try:
                invocation = self._client.invoke(
                    self._function.name, self._event(), qualifier=self._qualifier
                )
            except (LambdaError, BadPlaceholder) as error:
                self._not_answered(error)
            else:
                self._answered(invocation)
        with self._lock:
            self._alive -= 1
            if not self._alive:
                self._seconds = time.perf_counter() - self._started

    def _take(self) -> bool:
        with self._lock:
            if self._stopped or self._numbers.get("sent", 0) >= self._count:
                return False
            self._add("sent", "running")
            return True

    def _add(self, *names: str) -> None:
        for name in names:
            self._numbers[name] = self._numbers.get(name, 0) + 1

    def _not_answered(self, error: LambdaError | BadPlaceholder) -> None:
        with self._lock:
            self._numbers["running"] -= 1
            if isinstance(error, LambdaError) and error.code == THROTTLED:
                self._add("throttled")
                self._numbers["throttle"] = error.message
            else:
                self._add("failed")
                self._numbers["failure"] = str(error)

    def _answered(self, invocation: Invocation) -> None:
        report = invocation.report
        with self._lock:
            numbers = self._numbers
            numbers["running"] -= 1
            self._add("answered")
            self._round_trip.add(invocation.round_trip_ms)
            if invocation.function_error:
                self._add("errors")
                error = invocation.error
                numbers["error"] = f"{error.type}: {error.message}" if error else "Unhandled"
            if report is None:
                return
            self._add("warm" if report.init_ms is None else "cold")
            self._duration.add(report.duration_ms)
            used = max(numbers.get("max_memory_used", 0), report.max_memory_used)
            numbers["max_memory_used"] = used
            numbers["memory_size"] = report.memory_size
            function = self._function
            sizes = (function.architectures[0], function.ephemeral_storage)
            price = cost_of(report.billed_ms, report.memory_size, *sizes)
            numbers["cost"] = numbers.get("cost", 0.0) + price.total


def words(figures: BurstFigures) -> list[tuple[str, str]]:
    """The figures for people: (what, how much), the counts first."""
    state = "over" if figures.is_over else "running"
    rate = figures.answered / figures.seconds if figures.seconds else 0.0
    known = figures.cold + figures.warm
    unknown = f" · {figures.answered - known:,} unknown" if figures.answered > known else ""
    lines = [
        ("sent", f"{figures.sent:,} of {figures.count:,}, {figures.concurrency} at once · {state}"),
        ("answered", f"{figures.answered:,} · {rate:,.0f}/s in {figures.seconds:.1f} s"),
        ("starts", f"{figures.cold:,} cold · {figures.warm:,} warm{unknown}"),
        (
            "trouble",
            f"{figures.throttled:,} throttled · {figures.errors:,} function errors · "
            f"{figures.failed:,} not sent",
        ),
    ]
    for name, histogram in (("duration", figures.duration), ("round trip", figures.round_trip)):
        if len(histogram):
            shares = (f"p{p} {_ms(histogram.percentile(p / 100))}" for p in (50, 90, 99))
            lines.append((name, " · ".join(shares)))
    if figures.memory_size:
        used = f"{figures.max_memory_used} of {figures.memory_size} MB at most"
        lines.append(("memory", used))
        lines.append(("cost", f"${figures.cost:.6f}"))
    return lines


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"
