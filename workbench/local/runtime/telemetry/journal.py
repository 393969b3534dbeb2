"""The log of one environment: what the platform reports and its processes write, in order."""

from __future__ import annotations

import asyncio
import functools
import time
from typing import Literal, Protocol

from workbench.local.runtime.records import FunctionSpec, LogSink
from workbench.local.runtime.telemetry.log_levels import application_threshold
from workbench.local.runtime.telemetry.output import Event, OutputPipe
from workbench.local.runtime.telemetry.platform_events import LEVELS, PlatformEvent, envelope
from workbench.local.runtime.variables import log_group

Source = Literal["function", "extension"]

MAX_REMEMBERED = 8 * 1024 * 1024  # characters, of one invocation


class Listener(Protocol):
    """Who hears of everything besides the log: the extensions' telemetry."""

    def platform(self, event: PlatformEvent, seconds: float) -> None:
        """The platform reported `event` at this time (epoch seconds)."""

    def logged(self, source: Source, events: list[Event]) -> None:
        """A process of the environment wrote `events`."""


class Journal:
    """Passes log events on as they come, and remembers them until `take`.

    `listener`, when there is one, hears of all platform events; into the log go those that the
    function's log format has and its SystemLogLevel lets through (lambda-facts §3.2).
    """

    def __init__(self, spec: FunctionSpec, log_stream: str, sink: LogSink) -> None:
        self.listener: Listener | None = None
        self._group = log_group(spec)
        self._log_stream = log_stream
        self._sink = sink
        self._loop = asyncio.get_running_loop()
        self._system_level = LEVELS[spec.system_log_level or "INFO"]
        self._threshold = application_threshold(spec)
        self._json = spec.log_format == "JSON"
        self._debug = self._json and self._system_level <= LEVELS["DEBUG"]
        self._outputs: dict[int, OutputPipe] = {}
        self._events: list[Event] = []  # since the last `take`
        self._written = 0  # characters of them, without the platform's

    @property
    def wants_details(self) -> bool:
        """Whether anybody hears of events that a text log does not have."""
        return self._debug or self.listener is not None

    def follow(self, descriptor: int, source: Source = "function") -> None:
        """Log what comes out of a process's pipe from now on, and own its descriptor."""
        threshold = self._threshold if source == "function" else 0
        emit = functools.partial(self._wrote, source)
        pipe = self._outputs[descriptor] = OutputPipe(descriptor, emit, threshold)
        self._loop.add_reader(descriptor, self._readable, pipe)

    def unfollow(self, descriptor: int) -> None:
        """Log the rest of what the process wrote; there will be no more."""
        pipe = self._outputs.pop(descriptor, None)
        if pipe is not None:
            pipe.flush()
            self._loop.remove_reader(descriptor)
            pipe.close()

    def flush(self) -> None:
        """Log what is in the pipes now, also a line that has no end yet."""
        for pipe in self._outputs.values():
            if pipe.open:
                pipe.flush()

    def platform(self, *events: PlatformEvent, at: float | None = None) -> None:
        """Report these events of the platform's, which happened `at` (epoch seconds) or now."""
        now = time.time() if at is None else at
        stamp = int(now * 1000)
        if self._json:
            lines = [
                (stamp, envelope(event, now) + "\n")
                for event in events
                if LEVELS[event.level] >= self._system_level
            ]
        else:
            lines = [(stamp, line) for event in events if (line := event.text())]
        if lines:
            self._log(lines)
        if self.listener is not None:
            for event in events:
                self.listener.platform(event, now)

    def take(self) -> str:
        """The text logged since the last time, or if that is very much its end alone."""
        events, self._events, self._written = self._events, [], 0
        return "".join([message for _, message in events])

    def _wrote(self, source: Source, events: list[Event]) -> None:
        self._log(events)
        self._written += sum([len(message) for _, message in events])
        if self._written > 2 * MAX_REMEMBERED:
            self._forget()
        if self.listener is not None:
            self.listener.logged(source, events)

    def _forget(self) -> None:
        """Half of what is remembered is enough: an invocation may print for minutes."""
        number = 0
        while self._written > MAX_REMEMBERED and number < len(self._events) - 1:
            self._written -= len(self._events[number][1])
            number += 1
        del self._events[:number]

    def _log(self, events: list[Event]) -> None:
        self._events += events
        self._sink.append(self._group, self._log_stream, events)

    def _readable(self, pipe: OutputPipe) -> None:
        pipe.drain()
        if not pipe.open:
            self._loop.remove_reader(pipe.descriptor)
