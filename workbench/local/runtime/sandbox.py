"""One execution environment at work: its process, its Runtime API, its log pipe, its clock.

The order of things follows lambda-facts §1.4 and §3.1. A failed initialisation is run again
inside the invocation that waits for it, under the function's timeout, and only then reported.
After a timeout or a crash the environment is reset: same log stream, new process at the next
invocation.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING

from workbench.local.runtime import log_lines
from workbench.local.runtime.deadline import Deadline
from workbench.local.runtime.environment import Environment, State
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.faults import (
    Fault,
    exit_fault,
    fault_result,
    oversize_result,
    timeout_fault,
)
from workbench.local.runtime.journal import Journal
from workbench.local.runtime.launchers import Launch, Launcher, LaunchError, Process
from workbench.local.runtime.memory import MemoryMeter
from workbench.local.runtime.records import (
    Completion,
    FunctionSpec,
    InvokeResult,
    Report,
    ReportStatus,
)
from workbench.local.runtime.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from workbench.local.runtime.runtime import Runtime


class Sandbox:
    """Runs one invocation at a time in one Environment, and tells the Runtime when it is free."""

    def __init__(self, runtime: Runtime, environment: Environment, launcher: Launcher) -> None:
        self.environment = environment
        self.spec: FunctionSpec = environment.spec
        self.execution: Execution | None = None
        self.last_used = 0.0
        self._runtime = runtime
        self._launcher = launcher
        self._journal = Journal(self.spec, environment.log_stream, runtime.logs)
        self._api = RuntimeApi(self)
        self._process: Process | None = None
        self._memory: MemoryMeter | None = None
        self._loop = asyncio.get_running_loop()
        self._retiring = False
        self._killed = False
        self._boot: asyncio.Task[None] | None = None
        self._deadline = Deadline(self._loop, self._time_is_up)
        # About the current invocation.
        self._unreserved = True
        self._began = 0.0
        self._started_at = 0.0
        self._status: ReportStatus = "success"
        self._error_type: str | None = None
        self._start_logged = False
        self._ended = 0.0
        # About the current initialisation.
        self._phase = "init"
        self._init_began = 0.0
        self._init_ms: float | None = None
        self._init_failure: tuple[InvokeResult | None, str] | None = None

    # What the runtime asks.

    def run(self, execution: Execution, unreserved: bool) -> None:
        """Run one invocation. The environment is new, ready, or was reset."""
        self.execution = execution
        self._unreserved = unreserved
        self.environment.request_id = execution.request.request_id
        self._status = "success"
        self._error_type = None
        self._start_logged = False
        self._killed = False
        state = self.environment.state
        if state is State.READY:
            self._init_ms = None
            self._begin()
            self._dispatch()
            return
        self._phase = "init"
        if state is State.FAILED:
            # A reset environment initialises inside the invocation: no Init Duration (§1.4).
            self.environment.to(State.STARTING)
            self._phase = "invoke"
            self._init_ms = None
            self._begin()
        self._boot = self._loop.create_task(self._start_process())

    def retire(self) -> None:
        """Stop as soon as nothing runs here."""
        self._retiring = True
        if self.execution is None:
            self.stop()

    def kill(self) -> None:
        """Kill the process; an invocation ends as AWS ends one whose process was killed.

        Also one that still initialises: it is not tried again.
        """
        self._killed = True
        if self._process is not None:
            self._process.kill()
        elif self.execution is not None:
            self._fail_invocation(exit_fault(-9))

    def stop(self) -> None:
        """Go, now: what runs is killed. AWS sends no SIGTERM without extensions (§1.4)."""
        self._retiring = True
        was_started = self._process is not None
        self.kill()
        if not was_started:
            self._go()

    # Starting the process and its initialisation.

    async def _start_process(self) -> None:
        # A listener for each process: what an earlier one still had to say reaches nobody.
        self._launch(await self._api.open())

    def _launch(self, address: str) -> None:
        environment = self.environment
        if environment.state is not State.STARTING:
            return  # stopped meanwhile
        self._init_began = self._loop.time()
        self._init_failure = None
        variables = self._launcher.static_variables(self.spec)
        variables["AWS_LAMBDA_LOG_STREAM_NAME"] = environment.log_stream
        variables["AWS_LAMBDA_RUNTIME_API"] = address
        if self._phase == "init":
            self._journal.write(log_lines.init_start(self.spec, environment.log_stream, "init"))
            self._deadline.set(self._runtime.config.init_timeout)
        try:
            process = self._launcher.start(
                Launch(self.spec, variables, address), self._process_ended
            )
        except LaunchError as error:
            self._launch_failed(Fault(error.error_type, str(error)))
            return
        self._process = process
        self._journal.follow(process.output)
        environment.to(State.INIT)

    def _launch_failed(self, fault: Fault) -> None:
        self._report_init("error", fault.error_type)
        if self.execution is None:
            self._go()
            return
        if self._phase == "init":
            self._begin()
        self._fail_invocation(fault)

    def _report_init(self, status: str, error_type: str | None) -> None:
        taken = (self._loop.time() - self._init_began) * 1000
        self._journal.write(
            log_lines.init_report(self.spec, taken, self._phase, status, error_type)
        )

    def _init_ended_badly(self, result: InvokeResult | None, fault: Fault) -> None:
        """The process is gone and never asked for work: once more inside the invocation (§1.4)."""
        self._report_init("error", fault.error_type)
        if self.execution is None:
            self._go()
        elif self._phase == "init":
            self._again_in_invocation()
        else:
            self._status, self._error_type = "error", fault.error_type
            request_id = self.execution.request.request_id
            self.execution.answer(result or fault_result(fault, request_id))
            self._finish()

    def _again_in_invocation(self) -> None:
        self._api.close()
        self._phase = "invoke"
        self._init_ms = None
        self.environment.to(State.FAILED)
        self.environment.to(State.STARTING)
        self._begin()
        self._boot = self._loop.create_task(self._start_process())

    # The invocation.

    def _begin(self) -> None:
        assert self.execution is not None
        self._began = self._loop.time()
        self._started_at = time.time()
        self._deadline.set(self.spec.timeout)

    def _dispatch(self) -> None:
        execution = self.execution
        assert execution is not None
        request = execution.request
        self.environment.to(State.BUSY)
        self._api.deliver(request, int((self._started_at + self.spec.timeout) * 1000))
        self._journal.write(log_lines.start(self.spec, request))
        self._start_logged = True

    def runtime_next(self) -> None:
        state = self.environment.state
        if state is State.INIT:
            self._meet_process()
            self.environment.to(State.READY)
            if self.execution is None:
                self._deadline.clear()
                self._leave_if_retiring()
                return
            if self._phase == "init":
                self._init_ms = (self._loop.time() - self._init_began) * 1000
                self._begin()
            self._dispatch()
        elif state is State.BUSY:
            # The answer leaves first; the log lines of this invocation can wait that long.
            self._ended = self._loop.time()
            self._loop.call_soon(self._finish_normally)

    def _meet_process(self) -> None:
        # A forked process's id may be known only now.
        if self._process is not None and self._process.pid:
            self.environment.pid = self._process.pid
            self._memory = MemoryMeter(self._process.pid)

    def runtime_response(self, body: bytes, content_type: str, streamed: bool) -> None:
        if self.execution is not None:
            self.execution.answer(InvokeResult(body, None, content_type, streamed))

    def runtime_chunk(self, chunk: bytes) -> None:
        if self.execution is not None and self.execution.request.on_chunk is not None:
            self.execution.request.on_chunk(chunk)

    def runtime_error(self, body: bytes, error_type: str) -> None:
        # A function's own error leaves no Status on the REPORT line.
        if self.execution is not None:
            self.execution.answer(InvokeResult(body, "Unhandled"))

    def runtime_oversize(self) -> None:
        if self.execution is not None:
            self._status, self._error_type = "error", "Function.ResponseSizeTooLarge"
            self.execution.answer(oversize_result())

    def runtime_init_error(self, body: bytes, error_type: str) -> None:
        self._meet_process()
        self._init_failure = (InvokeResult(body, "Unhandled"), error_type)

    def _finish_normally(self) -> None:
        if self.environment.state is not State.BUSY:
            return  # it died in the same turn of the loop
        self.environment.request_id = None
        self._finish(self._ended)

    def _finish(self, ended: float | None = None) -> None:
        """END and REPORT, then the completion, then on to the next."""
        execution = self.execution
        assert execution is not None and execution.result is not None
        self._deadline.clear()
        self._journal.flush()
        request_id = execution.request.request_id
        duration = ((ended or self._loop.time()) - self._began) * 1000
        if self._status == "timeout":
            duration = self.spec.timeout * 1000.0
        if not self._start_logged:
            self._journal.write(log_lines.start(self.spec, execution.request))
        report = Report(
            duration_ms=duration,
            billed_ms=math.ceil(duration + (self._init_ms or 0)),
            memory_size=self.spec.memory_size,
            max_memory_used=self._memory.peak_mb(duration) if self._memory else 0,
            init_ms=self._init_ms,
            status=self._status,
            error_type=self._error_type,
        )
        self._journal.write(
            log_lines.end(self.spec, request_id), log_lines.report(self.spec, request_id, report)
        )
        completion = Completion(
            spec=self.spec,
            request=execution.request,
            result=execution.result,
            report=report,
            log_text=self._journal.take(),
            log_stream=self.environment.log_stream,
            started=self._started_at,
        )
        self.execution = None
        self.environment.request_id = None
        self._init_ms = None
        self.last_used = self._loop.time()
        healthy = self.environment.state is State.BUSY and self._process is not None
        if healthy and self._status != "timeout":
            self.environment.to(State.READY)
        else:
            self._reset()
        self._runtime.sandbox_done(self, self._unreserved)
        self._runtime.observer.invocation_finished(completion)
        execution.complete(completion)
        self._leave_if_retiring()

    def _fail_invocation(self, fault: Fault, status: ReportStatus = "error") -> None:
        execution = self.execution
        assert execution is not None
        self._status, self._error_type = status, fault.error_type
        if execution.result is None:
            execution.answer(fault_result(fault, execution.request.request_id))
        self._finish()

    # Clock, process and log pipe.

    def _time_is_up(self) -> None:
        if self.execution is None or self._init_is_running():
            self._init_timed_out()
        else:
            self._fail_invocation(timeout_fault(self.spec.timeout), "timeout")

    def _init_is_running(self) -> bool:
        return self._phase == "init" and self.environment.state is State.INIT

    def _init_timed_out(self) -> None:
        self._report_init("timeout", None)
        self._drop_process()
        if self.execution is None:
            self._go()
        else:
            self._again_in_invocation()

    def _process_ended(self, code: int) -> None:
        self._release_process()
        self._process = None
        self.environment.pid = None
        failure, self._init_failure = self._init_failure, None
        state = self.environment.state
        if self._retiring and self.execution is None:
            self._go()
        elif state is State.INIT:
            if self._killed:
                self._launch_failed(exit_fault(code))
            elif failure is not None:
                self._init_ended_badly(failure[0], Fault(failure[1], ""))
            else:
                self._init_ended_badly(None, exit_fault(code))
        elif state is State.BUSY:
            self._fail_invocation(exit_fault(code))
        else:
            self._go()

    def _reset(self) -> None:
        """Only the environment stays; its next invocation gets a new process."""
        if self._boot is not None:
            self._boot.cancel()
        self._drop_process()
        self._api.close()
        self.environment.to(State.FAILED)

    def _drop_process(self) -> None:
        """Kill the process and forget it: its end is no news any more."""
        process, self._process = self._process, None
        if process is not None:
            process.on_exit = _nothing
            process.kill()
            self._release_process()
            self.environment.pid = None

    def _release_process(self) -> None:
        self._journal.unfollow()
        if self._memory is not None:
            self._memory.close()

    def _leave_if_retiring(self) -> None:
        if self._retiring:
            self.stop()

    def _go(self) -> None:
        if self.environment.state is State.GONE:
            return
        if self._boot is not None:
            self._boot.cancel()
        self._deadline.close()
        if self.environment.state is not State.STOPPING:
            self.environment.to(State.STOPPING)
        self._api.close()
        self.environment.to(State.GONE)
        self._runtime.sandbox_gone(self)


def _nothing(code: int) -> None:
    return None
