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
from collections.abc import Callable

from workbench.local.runtime.deadline import Deadline
from workbench.local.runtime.domain.domain import RuntimeDomain
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
from workbench.local.runtime.launchers import Launcher
from workbench.local.runtime.owner import Owner
from workbench.local.runtime.placement import Charge
from workbench.local.runtime.records import FunctionSpec, InvokeResult, ReportStatus
from workbench.local.runtime.response_stream import ResponseStream
from workbench.local.runtime.telemetry.invocation_log import InvocationLog
from workbench.local.runtime.telemetry.journal import Journal

# What a container prints comes by way of its daemon, and so a little later than its answer.
_CONTAINER_OUTPUT_S = 0.02


class Sandbox:
    """Runs one invocation at a time in one Environment, and tells its owner when it is free.

    `init_timeout` is how long initialisation, or the restore of a snapshot, may take outside an
    invocation, `restore_timeout` the runtime alone once it is restored (§1.4), in seconds.
    `init_fault` is what went wrong with either, if anything did.
    """

    def __init__(
        self,
        owner: Owner,
        environment: Environment,
        launcher: Launcher,
        init_timeout: float,
        restore_timeout: float,
    ) -> None:
        self.environment = environment
        self.spec: FunctionSpec = environment.spec
        self.last_used = 0.0
        self._owner = owner
        self._launcher = launcher
        self._init_timeout = init_timeout
        self._restore_timeout = restore_timeout
        self._journal = Journal(self.spec, environment.log_stream, owner.logs)
        self._log = InvocationLog(self._journal, self.spec.version)
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop, self._time_is_up)
        self._domain: RuntimeDomain | None = None
        self._invocation: Invocation | None = None
        self._settling: tuple[asyncio.TimerHandle, Invocation] | None = None
        self._retiring = False
        self._killed = False
        # About the current initialisation.
        self._phase = "init"
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
        self._killed = False
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
        if self.environment.state is State.RESETTING:
            return  # what comes after it will look
        if self._domain is not None and self._domain.running:
            self._domain.kill()
        elif self._invocation is not None:
            self._fail_invocation(exit_fault(-9))

    def stop(self) -> None:
        """Go, now: an invocation is killed, extensions have their time to shut down (§1.4)."""
        self._retiring = True
        if self._invocation is not None:
            self.kill()
        else:
            self._leave("spindown")

    # Initialisation.

    def _initialise(self, phase: str) -> None:
        self._phase = phase
        if self.environment.state is State.FAILED:
            self.environment.to(State.STARTING)
        if phase != "invoke":
            self._deadline.set(self._init_timeout)
        owner = self._owner
        self._domain = RuntimeDomain(
            self.environment, self._launcher, self._journal, phase, self, owner.memory, owner.cpu
        )
        self._domain.start()

    def _initialise_in_invocation(self) -> None:
        """Under the function's timeout, and with no Init Duration (§1.4)."""
        self._begin()
        if self._killed:
            self._fail_invocation(exit_fault(-9))
        else:
            self._initialise("invoke")

    def launched(self) -> None:
        if self._phase != "invoke":  # its file system is no part of it
            self._deadline.set(self._init_timeout)
        self.environment.to(State.INIT)

    def initialised(self) -> None:
        invocation = self._invocation
        if invocation is None:
            self._initialised_ahead(State.READY)
            return
        self.environment.to(State.READY)
        assert self._domain is not None
        if self._phase == "init":
            invocation.init_ms = self._domain.init_ms
            self._begin()
        elif self._phase == "restore":
            now = self._loop.time()
            invocation.restore_ms = self._domain.init_ms
            invocation.billed_restore_ms = math.ceil((now - (self._restored or now)) * 1000)
            self._begin()
        self._dispatch()

    def snapshot_ready(self) -> None:
        self._initialised_ahead(State.SNAPSHOT)

    def _initialised_ahead(self, state: State) -> None:
        self._wait(state)
        self._deadline.clear()
        self._journal.take()  # no part of the log text of the first invocation
        self._owner.sandbox_ready(self)

    def _wait(self, state: State) -> None:
        """There is nothing to do until the next invocation."""
        if self._owner.freezes and state is State.READY and self._domain is not None:
            self._domain.freeze()
            self.environment.frozen = True
        self.environment.to(state)

    def restored(self) -> None:
        self._restored = self._loop.time()
        self._deadline.set(self._restore_timeout)

    def _init_failed(self, fault: Fault, result: InvokeResult | None) -> None:
        """It never asked for work: once more, inside the invocation (§1.4)."""
        if self._phase == "init" and not self._killed:
            self._reset("failure", self._initialise_in_invocation)
            return
        if self._phase != "invoke":
            self._begin()
        if self._phase == "restore" and self._restored:
            result = HOOK_FAILED
        self._fail_invocation(fault, result=result)

    def _init_timed_out(self) -> None:
        assert self._domain is not None
        self.init_fault = timeout_fault(int(self._init_timeout))
        self._domain.report_timeout()
        if self._invocation is None:
            self._leave("timeout")
        elif self._phase == "restore":
            self._begin()
            self._fail_invocation(self.init_fault, result=RESTORE_TIMED_OUT)
        else:
            self._reset("timeout", self._initialise_in_invocation)

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
        if self.environment.frozen:
            self.environment.frozen = False
            self._domain.thaw()
        self.environment.to(State.BUSY)
        self._domain.deliver(request, int((invocation.started_at + self.spec.timeout) * 1000))
        # It is written while the function is at work already, whose lines come after it.
        self._log.begin(invocation)

    def _runtime_has_finished(self, invocation: Invocation) -> None:
        if self._invocation is not invocation or self.environment.state is not State.BUSY:
            return  # it died in the same turn of the loop
        assert self._domain is not None and invocation.runtime_ended is not None
        self._log.runtime_done(invocation, invocation.runtime_ended)
        if not self._domain.extensions_busy:
            self._finish(invocation.runtime_ended)

    def _finish(self, ended: float) -> None:
        """END and REPORT, then the completion, then on to the next."""
        invocation, domain = self._invocation, self._domain
        assert invocation is not None
        self._deadline.clear()
        report = invocation.report(ended)
        overhead = None
        if domain is not None:
            report.max_memory_used = domain.rest(report.duration_ms)
            if domain.has_extensions:
                overhead = invocation.extension_overhead(ended)
                report.post_runtime_extensions_ms = overhead.duration_ms
        log_text = self._log.end(invocation.execution.request, report, overhead)
        completion = invocation.completion(report, log_text, self.environment.log_stream)
        completion.levels = self._owner.levels(self.spec)
        self._invocation = None
        self.environment.request_id = None
        self.last_used = self._loop.time()
        usable = domain is not None and domain.usable and self.environment.state is State.BUSY
        if usable and report.status != "timeout":
            self._wait(State.READY)
            self._owner.sandbox_done(self, invocation.charge)
        else:
            reason = "timeout" if report.status == "timeout" else "failure"
            self._reset(reason, lambda: self._owner.sandbox_done(self, invocation.charge))
        self._owner.observer.invocation_finished(completion)
        invocation.execution.complete(completion)
        self._leave_if_retiring()

    def _fail_invocation(
        self, fault: Fault, status: ReportStatus = "error", result: InvokeResult | None = None
    ) -> None:
        invocation = self._invocation
        assert invocation is not None
        result = result or fault_result(fault, invocation.execution.request.request_id)
        invocation.fail(status, fault.error_type, result)
        now = self._loop.time()
        self._log.fault(invocation, fault, now)
        self._finish(now)

    # What the domain says.

    def runtime_done(self) -> None:
        invocation = self._invocation
        if invocation is not None and self.environment.state is State.BUSY:
            # The answer has left. The log lines of this invocation follow at once, unless there are
            # extensions, which come first, or what it printed is still on its way.
            invocation.runtime_ended = now = self._loop.time()
            if self.spec.image is not None:
                handle = self._loop.call_later(_CONTAINER_OUTPUT_S, self.settle)
                self._settling = handle, invocation
            elif self._journal.wants_details or self._domain is None or self._domain.has_extensions:
                self._loop.call_soon(self._runtime_has_finished, invocation)
            else:
                self._finish(now)

    def settle(self) -> None:
        """Wait no longer for what an answered invocation has printed in its container."""
        if self._settling is not None:
            (handle, invocation), self._settling = self._settling, None
            handle.cancel()
            self._runtime_has_finished(invocation)

    def extensions_done(self) -> None:
        if self._invocation is not None and self._invocation.runtime_ended is not None:
            self._finish(self._loop.time())

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

    def failed(self, fault: Fault, result: InvokeResult | None) -> None:
        if self.environment.state is State.BUSY:
            self._fail_invocation(fault)
            return
        self.init_fault = init_fault(fault, result)
        if self._invocation is None:
            self._leave("failure")
        else:
            self._init_failed(fault, result)

    # Clock and ends.

    def _time_is_up(self) -> None:
        state = self.environment.state
        starting = self._phase != "invoke" and state in (State.STARTING, State.INIT)
        if self._invocation is None or starting:
            self._init_timed_out()
        else:
            self._fail_invocation(timeout_fault(self.spec.timeout), "timeout")

    def _reset(self, reason: str, then: Callable[[], None]) -> None:
        """Only the environment stays; what is run next gets new processes.

        Extensions have their time to shut down before that.
        """
        self._deadline.clear()
        domain, self._domain = self._domain, None
        if domain is not None and domain.has_extensions:
            self.environment.to(State.RESETTING)
            domain.shut_down(reason, lambda: self._was_reset(then))
            return
        if domain is not None:
            domain.end()
        if self.environment.state is not State.FAILED:
            self.environment.to(State.FAILED)
        then()

    def _was_reset(self, then: Callable[[], None]) -> None:
        self.environment.to(State.FAILED)
        then()
        self._leave_if_retiring()

    def _leave_if_retiring(self) -> None:
        if self._retiring and self._invocation is None:
            self._leave("spindown")

    def _leave(self, reason: str) -> None:
        if self.environment.state in (State.RESETTING, State.STOPPING, State.GONE):
            return  # on its way; a reset looks at its end whether to leave
        self._deadline.close()
        self._owner.sandbox_leaving(self)
        self.environment.frozen = False
        self.environment.to(State.STOPPING)
        if self._domain is None:
            self._go()
        else:
            self._domain.shut_down(reason, self._go)

    def _go(self) -> None:
        self.environment.to(State.GONE)
        if self.environment.file_system is not None:
            self.environment.file_system.close()
        self._owner.sandbox_gone(self)
