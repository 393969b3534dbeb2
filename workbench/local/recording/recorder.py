"""What the runtime reports, passed on: to history and metrics on disk and to whoever listens.

Nothing here holds up the event loop: what is kept is written by a process of its own, and an
environment's changes are told at most 20 times a second (its latest state counts).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.local.broadcast import Broadcaster
from workbench.local.metrics.counters import Metrics
from workbench.local.metrics.embedded_format import MARK
from workbench.local.metrics.reader import MetricsReader
from workbench.local.recording.invocations import invocation_record, qualifier_of
from workbench.local.recording.pipe import Recording
from workbench.local.runtime.records import Completion, FunctionSpec, InvokeRequest
from workbench.local.xray.reader import TracesReader
from workbench.local.xray.segments import throttled
from workbench.project.state_dir import METRICS_DB, TRACES_DB

BATCH_SECONDS = 0.05


class Recorder:
    """The runtime's Observer (see runtime/records.py). Belongs to the event loop's thread.

    `folder` is where it keeps its files, see `StateDir`. `metrics` takes what others count.
    `on_embedded_metrics` gets the log of an invocation that has metrics in it.
    """

    def __init__(self, broadcaster: Broadcaster, folder: Path) -> None:
        self._broadcaster = broadcaster
        self._environments: dict[str, Mapping[str, object]] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._recording = Recording(lambda message: broadcaster.notice("", message))
        self._folder = folder
        self.on_embedded_metrics: Callable[[str], None] = lambda log_text: None
        self.metrics = Metrics(self._recording.counted)
        self.traces = TracesReader(folder / TRACES_DB, self.sync)
        self.metrics_reader = MetricsReader(folder / METRICS_DB, self.sync)

    async def start(self) -> None:
        """Begin to keep what happens."""
        await self._recording.start(self._folder)

    async def sync(self) -> None:
        """Return when all that happened until now is on disk."""
        self.metrics.flush()
        await self._recording.sync()

    async def close(self) -> None:
        """Write what is waiting, then stop."""
        if self._flush:
            self._flush.cancel()
        self.metrics.flush()
        await self._recording.close()

    def environment_changed(self, describe: Callable[[], Mapping[str, object]]) -> None:
        if not self._broadcaster.listening:
            return
        environment = describe()
        self._environments[str(environment["Id"])] = environment
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_later(BATCH_SECONDS, self._tell_environments)

    def _tell_environments(self) -> None:
        self._flush = None
        changed, self._environments = self._environments, {}
        for environment in changed.values():
            self._broadcaster.send("environment", environment)

    def invocation_started(self, spec: FunctionSpec, request: InvokeRequest) -> None:
        if self._broadcaster.listening:
            self._broadcaster.send("invocation", _event("started", spec, request))

    def invocation_finished(self, completion: Completion) -> None:
        self._recording.finished(invocation_record(completion))
        if MARK in completion.log_text:
            self.on_embedded_metrics(completion.log_text)
        if self._broadcaster.listening:
            event = _event("finished", completion.spec, completion.request)
            event["FunctionError"] = completion.result.function_error
            event["DurationMs"] = completion.report.duration_ms
            event["BilledMs"] = completion.report.billed_ms
            event["Started"] = completion.started
            event["LogStream"] = completion.log_stream
            self._broadcaster.send("invocation", event)

    def invocation_throttled(self, spec: FunctionSpec, request: InvokeRequest) -> None:
        qualifier = qualifier_of(request.invoked_arn) or ""
        self.metrics.count("Throttles", spec.name, qualifier=qualifier, version=spec.version)
        if self._broadcaster.listening:
            self._broadcaster.send("invocation", _event("throttled", spec, request))
        segment = throttled(spec, request)
        if segment is not None:
            self.segment(json.dumps(segment).encode())

    def segment(self, document: bytes) -> None:
        """A segment document of X-Ray's was sent (lambda-facts §13)."""
        self._recording.segment(document)

    def front(self, event: dict[str, object]) -> None:
        """A request to a front door failed, see `ApiFront`."""
        self._broadcaster.send("front", event)

    def notice(self, function_name: str, message: str) -> None:
        self._broadcaster.notice(function_name, message)


def _event(phase: str, spec: FunctionSpec, request: InvokeRequest) -> dict[str, object]:
    return {
        "Phase": phase,
        "FunctionName": spec.name,
        "Version": spec.version,
        "RequestId": request.request_id,
        "Token": request.token,
    }
