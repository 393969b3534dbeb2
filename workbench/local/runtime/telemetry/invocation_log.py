"""What the platform reports about the invocations of one environment, in the order of lambda-facts
§3.1: START, what ended one that failed, END and REPORT."""

from __future__ import annotations

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.invocation import Invocation
from workbench.local.runtime.records import InvokeRequest, Report
from workbench.local.runtime.telemetry import platform_events
from workbench.local.runtime.telemetry.journal import Journal


class InvocationLog:
    """Writes the events of one invocation after the other into the environment's `journal`.
    `version` is the function's."""

    def __init__(self, journal: Journal, version: str) -> None:
        self._journal = journal
        self._version = version

    def begin(self, invocation: Invocation) -> None:
        """The function is at work; what it writes comes after this."""
        start = platform_events.Start(invocation.execution.request, self._version)
        self._journal.platform(start, at=invocation.started_at)
        invocation.start_logged = True

    def runtime_done(self, invocation: Invocation, ended: float) -> None:
        """The runtime is done with it; what the function wrote before is logged first. Nobody
        hears of it but those who want details. `ended` is the event loop's time."""
        if self._journal.wants_details:
            self._journal.flush()
            self._journal.platform(invocation.runtime_done(ended))

    def fault(self, invocation: Invocation, fault: Fault, ended: float) -> None:
        """The platform ended it, maybe before it began, at this time of the event loop."""
        request = invocation.execution.request
        self._journal.flush()
        if not invocation.start_logged:
            self._journal.platform(platform_events.Start(request, self._version))
        if invocation.runtime_ended is None:
            self._journal.platform(invocation.runtime_done(ended))
        self._journal.platform(
            platform_events.Fault(request.request_id, fault.error_type, fault.message)
        )

    def end(
        self, request: InvokeRequest, report: Report, overhead: platform_events.Span | None
    ) -> str:
        """It is over: END and REPORT, after what the function wrote last. `overhead` is the time
        extensions took. Returns all that was logged since the invocation before."""
        self._journal.flush()
        self._journal.platform(
            platform_events.End(request.request_id),
            platform_events.Reported(request, report, overhead),
        )
        return self._journal.take()
