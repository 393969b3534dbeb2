"""One execution environment at work: what happens to it, and which state follows.

The order of things follows lambda-facts §1.4 and §3.1. A failed initialisation is run again
inside the invocation that waits for it, under the function's timeout, and only then reported.
After a timeout or a crash the environment is reset: same log stream, new processes at the next
invocation.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Protocol

from workbench.local.runtime import platform_events, restore_events
from workbench.local.runtime.deadline import Deadline
from workbench.local.runtime.domain import RuntimeDomain
from workbench.local.runtime.environment import Environment, State
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.faults import (
    HOOK_FAILED,
    RESTORE_TIMED_OUT,
    Fault,
    exit_fault,
    fault_result,
    init_fault,
    oversize_result,
    timeout_fault,
)
from workbench.local.runtime.invocation import Invocation
from workbench.local.runtime.journal import Journal
from workbench.local.runtime.launchers import Launcher
from workbench.local.runtime.placement import Charge
from workbench.local.runtime.records import (
    FunctionSpec,
    InvokeResult,
    LogSink,
    Observer,
    ReportStatus,
)
from workbench.local.runtime.response_stream import ResponseStream

# How long a runtime may take once it is restored, its hooks included, in seconds (§1.4).
RESTORE_TIMEOUT = 10.0


class Owner(Protocol):
    """Whoever made a sandbox, and what the sandbox tells it."""

    @property
    def logs(self) -> LogSink: ...

    @property
    def observer(self) -> Observer: ...

    def sandbox_ready(self, sandbox: Sandbox) -> None:
        """It was initialised ahead of an invocation, and waits for one."""

    def sandbox_done(self, sandbox: Sandbox, charge: Charge) -> None:
        """An invocation is over; the sandbox can take the next one, if it is not leaving."""

    def sandbox_gone(self, sandbox: Sandbox) -> None:
        """The sandbox has ended; nothing of it is left."""


class Sandbox:
    """Runs one invocation at a time in one Environment, and tells its owner when it is free.

    `init_timeout` is how long initialisation, or the restore of a snapshot, may take outside an
    invocation, in seconds. `init_fault` is what went wrong with it, if anything did.
    """

    def __init__(
        self, owner: Owner, environment: Environment, launcher: Launcher, init_timeout: float
    ) -> None:
        self.environment = environment
        self.spec: FunctionSpec = environment.spec
        self.last_used = 0.0
        self._owner = owner
        self._launcher = launcher
        self._init_timeout = init_timeout
        self._journal = Journal(self.spec, environment.log_stream, owner.logs)
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop, self._time_is_up)
        self._domain: RuntimeDomain | None = None
        self._invocation: Invocation | None = None
        self._retiring = False
        self._killed = False
        # About the current initialisation.
        self._phase = "init"
        self._init_began = 0.0
        self._init_failure: tuple[InvokeResult, str] | None = None
        self._restored: float | None = None  # since when its runtime is at it again
        self.init_fault: Fault | None = None

    @property
    def execution(self) -> Execution | None:
        """The invocation that runs here, as its caller sees it."""
        return self._invocation.execution if self._invocation is not None else None

    # What the owner asks.

    def prepare(self) -> None:
        """Initialise ahead of any invocation. The environment is new or was reset; the owner hears
        that it is ready, or gone."""
        self._initialise("init")

    def run(self, execution: Execution, charge: Charge) -> None:
        """Run one invocation. The environment is new, ready, or was reset."""
        self._invocation = Invocation(execution, charge)
        self.environment.request_id = execution.request.request_id
        self._killed = False
        state = self.environment.state
        if state is State.READY:
            self._begin()
            self._dispatch()
        elif state is State.FAILED:
            self._initialise_in_invocation()
        elif self.environment.initialization_type == "snap-start":
            self._initialise("restore")
        else:
            self._initialise("init")

    def retire(self) -> None:
        """Stop as soon as nothing runs here."""
        self._retiring = True
        if self._invocation is None:
            self.stop()

    def kill(self) -> None:
        """Kill the processes; an invocation ends as AWS ends one whose process was killed.

        Also one that still initialises: it is not tried again.
        """
        self._killed = True
        if self._domain is not None and self._domain.running:
            self._domain.kill()
        elif self._invocation is not None:
            self._fail_invocation(exit_fault(-9))

    def stop(self) -> None:
        """Go, now: what runs is killed. AWS sends no SIGTERM without extensions (§1.4)."""
        self._retiring = True
        was_running = self._domain is not None and self._domain.running
        self.kill()
        if not was_running:
            self._go()

    # Initialisation.

    def _initialise(self, phase: str) -> None:
        self._phase = phase
        self._init_began = self._loop.time()
        self._init_failure = None
        if self.environment.state is State.FAILED:
            self.environment.to(State.STARTING)
        if phase != "invoke":
            self._deadline.set(self._init_timeout)
        instance, kind = self.environment.log_stream, self.environment.initialization_type
        if phase == "restore":
            self._journal.platform(restore_events.RestoreStart(self.spec, instance))
        else:
            self._journal.platform(platform_events.InitStart(self.spec, instance, kind, phase))
        self._domain = RuntimeDomain(self.environment, self._launcher, self._journal, self)
        self._domain.start()

    def _initialise_in_invocation(self) -> None:
        """Under the function's timeout, and with no Init Duration (§1.4)."""
        self._begin()
        self._initialise("invoke")

    def launched(self) -> None:
        self.environment.to(State.INIT)

    def launch_failed(self, fault: Fault) -> None:
        self.init_fault = fault
        self._report_init("error", fault.error_type)
        if self._invocation is None:
            self._go()
            return
        if self._phase != "invoke":
            self._begin()
        self._fail_invocation(fault)

    def _initialised(self) -> None:
        assert self._domain is not None
        self._domain.meet()
        if self._invocation is None:
            self._initialised_ahead(State.READY)
            return
        self.environment.to(State.READY)
        self._report_init("success", None)
        now = self._loop.time()
        if self._phase == "init":
            self._invocation.init_ms = (now - self._init_began) * 1000
            self._begin()
        elif self._phase == "restore":
            self._invocation.restore_ms = (now - self._init_began) * 1000
            billed = (now - (self._restored or now)) * 1000
            self._invocation.billed_restore_ms = math.ceil(billed)
            self._begin()
        self._dispatch()

    def _initialised_ahead(self, state: State) -> None:
        self.environment.to(state)
        self._report_init("success", None)
        self._deadline.clear()
        self._journal.take()  # no part of the log text of the first invocation
        self._owner.sandbox_ready(self)

    def _init_failed(self, result: InvokeResult | None, fault: Fault) -> None:
        """The processes are gone and never asked for work: once more, in the invocation (§1.4)."""
        self.init_fault = init_fault(fault, result)
        self._report_init("error", fault.error_type)
        if self._invocation is None:
            self._go()
        elif self._phase == "restore":
            self._begin()
            self._fail_invocation(fault, result=HOOK_FAILED if self._restored else result)
        elif self._phase == "init":
            self.environment.to(State.FAILED)
            self._initialise_in_invocation()
        else:
            self._fail_invocation(fault, result=result)

    def _init_timed_out(self) -> None:
        self.init_fault = timeout_fault(int(self._init_timeout))
        self._report_init("timeout", None)
        if self._invocation is None:
            self._go()
        elif self._phase == "restore":
            self._begin()
            self._fail_invocation(self.init_fault, result=RESTORE_TIMED_OUT)
        else:
            self._reset()
            self._initialise_in_invocation()

    def _report_init(self, status: str, error_type: str | None) -> None:
        taken = (self._loop.time() - self._init_began) * 1000
        if self._phase == "restore":
            self._journal.platform(
                restore_events.RestoreRuntimeDone(status, error_type),
                restore_events.RestoreReport(status, error_type, taken),
            )
            return
        kind = self.environment.initialization_type
        self._journal.platform(
            platform_events.InitRuntimeDone(kind, self._phase, status, error_type),
            platform_events.InitReport(kind, self._phase, status, error_type, taken),
        )

    # The invocation.

    def _begin(self) -> None:
        assert self._invocation is not None
        self._invocation.began = self._loop.time()
        self._invocation.started_at = time.time()
        self._deadline.set(self.spec.timeout)

    def _dispatch(self) -> None:
        invocation = self._invocation
        assert invocation is not None and self._domain is not None
        request = invocation.execution.request
        self.environment.to(State.BUSY)
        self._domain.deliver(request, int((invocation.started_at + self.spec.timeout) * 1000))
        self._journal.platform(platform_events.Start(request, self.spec.version))
        invocation.start_logged = True

    def _finish_normally(self) -> None:
        if self.environment.state is not State.BUSY:
            return  # it died in the same turn of the loop
        self.environment.request_id = None
        self._finish()

    def _finish(self) -> None:
        """END and REPORT, then the completion, then on to the next."""
        invocation = self._invocation
        assert invocation is not None
        self._deadline.clear()
        self._journal.flush()
        request = invocation.execution.request
        if not invocation.start_logged:
            self._journal.platform(platform_events.Start(request, self.spec.version))
        if invocation.status != "success" or self._journal.wants_details:
            self._journal.platform(invocation.runtime_done(self._loop.time()))
        duration = invocation.duration_ms(self._loop.time())
        memory = self._domain.peak_mb(duration) if self._domain is not None else 0
        report = invocation.report(duration, memory)
        self._journal.platform(
            platform_events.End(request.request_id), platform_events.Reported(request, report)
        )
        completion = invocation.completion(
            report, self._journal.take(), self.environment.log_stream
        )
        self._invocation = None
        self.environment.request_id = None
        self.last_used = self._loop.time()
        healthy = self._domain is not None and self._domain.running
        if healthy and self.environment.state is State.BUSY and report.status != "timeout":
            self.environment.to(State.READY)
        else:
            self._reset()
        self._owner.sandbox_done(self, invocation.charge)
        self._owner.observer.invocation_finished(completion)
        invocation.execution.complete(completion)
        self._leave_if_retiring()

    def _fail_invocation(
        self, fault: Fault, status: ReportStatus = "error", result: InvokeResult | None = None
    ) -> None:
        invocation = self._invocation
        assert invocation is not None
        request_id = invocation.execution.request.request_id
        invocation.fail(status, fault.error_type, result or fault_result(fault, request_id))
        self._finish()

    # What the runtime says.

    def runtime_next(self) -> None:
        state = self.environment.state
        if state is State.INIT:
            self._initialised()
        elif state is State.BUSY and self._invocation is not None:
            # The answer leaves first; the log lines of this invocation can wait that long.
            self._invocation.ended = self._loop.time()
            self._loop.call_soon(self._finish_normally)

    def runtime_response(self, body: bytes, content_type: str, streamed: bool) -> None:
        if self._invocation is not None:
            self._answer(self._invocation, InvokeResult(body, None, content_type, streamed))

    def runtime_stream(self) -> ResponseStream | None:
        return self._invocation.execution.request.stream if self._invocation is not None else None

    def runtime_error(self, body: bytes, error_type: str) -> None:
        # A function's own error leaves no Status on the REPORT line.
        if self._invocation is not None:
            self._answer(self._invocation, InvokeResult(body, "Unhandled"))

    def _answer(self, invocation: Invocation, result: InvokeResult) -> None:
        if self._journal.wants_details or invocation.execution.request.trace is not None:
            invocation.answered = self._loop.time()
        invocation.execution.answer(result)

    def runtime_oversize(self, limit: int) -> None:
        if self._invocation is not None:
            self._invocation.fail("error", "Function.ResponseSizeTooLarge", oversize_result(limit))

    def runtime_init_error(self, body: bytes, error_type: str) -> None:
        assert self._domain is not None
        self._domain.meet()
        self._init_failure = (InvokeResult(body, "Unhandled"), error_type)

    def runtime_restore_next(self) -> None:
        if self.environment.state is not State.INIT:
            return
        assert self._domain is not None
        self._domain.meet()
        if self._phase == "init" and self.environment.initialization_type == "snap-start":
            self._initialised_ahead(State.SNAPSHOT)
            return
        if self._phase == "restore":
            self._restored = self._loop.time()
            self._deadline.set(RESTORE_TIMEOUT)
        self._domain.restore()

    def runtime_restore_error(self, body: bytes, error_type: str) -> None:
        """Its process ends by itself now."""

    # Clock and ends.

    def _time_is_up(self) -> None:
        state = self.environment.state
        starting = self._phase != "invoke" and state in (State.STARTING, State.INIT)
        if self._invocation is None or starting:
            self._init_timed_out()
        else:
            self._fail_invocation(timeout_fault(self.spec.timeout), "timeout")

    def process_ended(self, code: int) -> None:
        failure, self._init_failure = self._init_failure, None
        state = self.environment.state
        if self._retiring and self._invocation is None:
            self._go()
        elif state is State.INIT:
            if self._killed:
                self.launch_failed(exit_fault(code))
            elif failure is not None:
                self._init_failed(failure[0], Fault(failure[1], ""))
            else:
                self._init_failed(None, exit_fault(code))
        elif state is State.BUSY:
            self._fail_invocation(exit_fault(code))
        else:
            self._go()

    def _reset(self) -> None:
        """Only the environment stays; its next invocation gets new processes."""
        if self._domain is not None:
            self._domain.end()
        self.environment.to(State.FAILED)

    def _leave_if_retiring(self) -> None:
        if self._retiring:
            self.stop()

    def _go(self) -> None:
        if self.environment.state is State.GONE:
            return
        self._deadline.close()
        if self._domain is not None:
            self._domain.end()
        if self.environment.state is not State.STOPPING:
            self.environment.to(State.STOPPING)
        self.environment.to(State.GONE)
        self._owner.sandbox_gone(self)
