"""The log of one environment: the platform's lines and what its process writes, in order."""

from __future__ import annotations

import asyncio
import time

from workbench.local.runtime.output import Event, OutputPipe
from workbench.local.runtime.records import FunctionSpec, LogSink
from workbench.local.runtime.variables import log_group


class Journal:
    """Passes log events on as they come, and remembers them until `take`."""

    def __init__(self, spec: FunctionSpec, log_stream: str, sink: LogSink) -> None:
        self._group = log_group(spec)
        self._log_stream = log_stream
        self._sink = sink
        self._loop = asyncio.get_running_loop()
        self._output: OutputPipe | None = None
        self._events: list[Event] = []

    def follow(self, descriptor: int) -> None:
        """Log what comes out of a process's pipe from now on, and own its descriptor."""
        self._output = OutputPipe(descriptor, self._log)
        self._loop.add_reader(descriptor, self._readable)

    def unfollow(self) -> None:
        """Log the rest of what the process wrote; there will be no more."""
        if self._output is not None:
            self._output.flush()
            self._loop.remove_reader(self._output.descriptor)
            self._output.close()
            self._output = None

    def flush(self) -> None:
        """Log what is in the pipe now, also a line that has no end yet."""
        if self._output is not None and self._output.open:
            self._output.flush()

    def write(self, *lines: str | None) -> None:
        """Log lines of the platform's own; None is none."""
        now = int(time.time() * 1000)
        self._log([(now, line) for line in lines if line is not None])

    def take(self) -> str:
        """The text logged since the last time."""
        events, self._events = self._events, []
        return "".join([message for _, message in events])

    def _log(self, events: list[Event]) -> None:
        self._events += events
        self._sink.append(self._group, self._log_stream, events)

    def _readable(self) -> None:
        assert self._output is not None
        self._output.drain()
        if not self._output.open:
            self._loop.remove_reader(self._output.descriptor)
