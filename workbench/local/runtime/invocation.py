"""The invocation under way in an environment: its clock, how it goes, its figures at the end."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.local.runtime.execution import Execution
from workbench.local.runtime.placement import Charge
from workbench.local.runtime.platform_events import RuntimeDone, Span
from workbench.local.runtime.records import Completion, InvokeResult, Report, ReportStatus


@dataclass(slots=True)
class Invocation:
    """One invocation of one environment, from `Sandbox.run` to its REPORT line.

    `began`, `answered` and `ended` are the event loop's time (the last two None until then; only
    kept for whoever wants details), `started_at` is epoch seconds; both clocks begin when
    initialisation is over, or with the invocation when that runs inside it. `init_ms` is the
    initialisation that this invocation waited for, if any; `restore_ms` the restore from a
    snapshot, of which the runtime took `billed_restore_ms` itself.
    """

    execution: Execution
    charge: Charge
    began: float = 0.0
    started_at: float = 0.0
    answered: float | None = None
    ended: float | None = None
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

    def duration_ms(self, now: float) -> float:
        """Its Duration, when it is over at `now`; a timeout is exactly the timeout (§3.1)."""
        if self.status == "timeout":
            return self.execution.spec.timeout * 1000.0
        return ((self.ended or now) - self.began) * 1000

    def report(self, duration_ms: float, max_memory_used: int) -> Report:
        """The figures of its REPORT line; Billed Duration includes the initialisation (§3.1)."""
        return Report(
            duration_ms=duration_ms,
            billed_ms=math.ceil(duration_ms + (self.init_ms or 0) + (self.billed_restore_ms or 0)),
            memory_size=self.execution.spec.memory_size,
            max_memory_used=max_memory_used,
            init_ms=self.init_ms,
            restore_ms=self.restore_ms,
            billed_restore_ms=self.billed_restore_ms,
            status=self.status,
            error_type=self.error_type,
        )

    def runtime_done(self, now: float) -> RuntimeDone:
        """What is told when the runtime is done with it, or was stopped, at `now`."""
        execution = self.execution
        ended = self.ended or now
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
            overhead_ms=(self.ended - self.answered) * 1000 if self.ended and self.answered else 0,
            provisioned=self.charge is Charge.PROVISIONED,
            spillover=self.execution.spillover,
        )
