"""The invocation under way in an environment: its clock, how it goes, its figures at the end."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.local.runtime.execution import Execution
from workbench.local.runtime.placement import Charge
from workbench.local.runtime.records import Completion, InvokeResult, Report, ReportStatus
from workbench.local.runtime.telemetry.platform_events import RuntimeDone, Span


@dataclass(slots=True)
class Invocation:
    """One invocation of one environment, from `Sandbox.run` to its REPORT line.

    `began` is the event loop's time, `started_at` epoch seconds, when initialisation is over, or
    when the invocation began if that runs inside it. `answered` (kept only for whoever wants
    details) and `runtime_ended` are the event loop's time when the runtime had answered and was
    done. `init_ms` is the initialisation that this invocation waited for, if any; `restore_ms` the
    restore from a snapshot, of which the runtime took `billed_restore_ms` itself.
    """

    execution: Execution
    charge: Charge
    began: float = 0.0
    started_at: float = 0.0
    answered: float | None = None
    runtime_ended: float | None = None
    init_ms: float | None = None
    restore_ms: float | None = None
    billed_restore_ms: int | None = None
    status: ReportStatus = "success"
    error_type: str | None = None
    start_logged: bool = False

    def fail(self, status: ReportStatus, error_type: str, result: InvokeResult) -> None:
        """The platform ends it; `result` is the answer unless the function gave one before."""
        self.status, self.error_type = status, error_type
        if self.execution.result is None:
            self.execution.answer(result)

    def report(self, ended: float) -> Report:
        """The figures of its REPORT line, when it is over at `ended`, without memory.

        A timeout takes exactly the timeout; Billed Duration includes the initialisation (§3.1).
        """
        spec = self.execution.spec
        duration_ms = (ended - self.began) * 1000
        if self.status == "timeout":
            duration_ms = spec.timeout * 1000.0
        return Report(
            duration_ms=duration_ms,
            billed_ms=math.ceil(duration_ms + (self.init_ms or 0) + (self.billed_restore_ms or 0)),
            memory_size=spec.memory_size,
            init_ms=self.init_ms,
            restore_ms=self.restore_ms,
            billed_restore_ms=self.billed_restore_ms,
            status=self.status,
            error_type=self.error_type,
        )

    def extension_overhead(self, ended: float) -> Span:
        """How long extensions took after the runtime was done."""
        begin = ended if self.runtime_ended is None else self.runtime_ended
        start = self.started_at + begin - self.began
        return Span("extensionOverhead", start, (ended - begin) * 1000)

    def runtime_done(self, ended: float) -> RuntimeDone:
        """What is told when the runtime is done with it, or was stopped, at `ended`."""
        execution = self.execution
        spans: list[Span] = []
        if self.answered is not None:
            latency = self.answered - self.began
            spans.append(Span("responseLatency", self.started_at, latency * 1000))
            spans.append(Span("responseDuration", self.started_at + latency, 0.0))
            overhead = (ended - self.answered) * 1000
            spans.append(Span("runtimeOverhead", self.started_at + latency, overhead))
        return RuntimeDone(
            execution.request,
            self.status,
            self.error_type,
            (ended - self.began) * 1000,
            len(execution.result.payload) if execution.result and spans else 0,
            tuple(spans),
        )

    def completion(self, report: Report, log_text: str, log_stream: str) -> Completion:
        """The whole story, once its last line is written."""
        assert self.execution.result is not None
        return Completion(
            spec=self.execution.spec,
            request=self.execution.request,
            result=self.execution.result,
            report=report,
            log_text=log_text,
            log_stream=log_stream,
            started=self.started_at,
            overhead_ms=self._overhead_ms(),
            provisioned=self.charge is Charge.PROVISIONED,
            spillover=self.execution.spillover,
        )

    def _overhead_ms(self) -> float:
        if self.answered is None or self.runtime_ended is None:
            return 0.0
        return (self.runtime_ended - self.answered) * 1000
