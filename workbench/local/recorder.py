"""What the runtime reports, passed on: to the history on disk and to whoever listens.

Nothing here holds up the event loop: the history is written by a process of its own, and an
environment's changes are told at most 20 times a second (its latest state counts).
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path

from workbench.local import history_process
from workbench.local.broadcast import Broadcaster
from workbench.local.history_process import Record
from workbench.local.runtime.records import Completion, FunctionSpec, InvokeRequest

BATCH_SECONDS = 0.05
# Each batch holds up an invocation or two by a millisecond: under load they are fewer and larger.
BUSY_BATCH = 20  # invocations in a batch from which on it counts as load
BUSY_BATCH_SECONDS = 0.5
MAX_WAITING = 256 * 1024 * 1024  # bytes not yet taken by the history's process; more are dropped
LOG_TEXT_LIMIT = 256 * 1024  # characters of log text kept with an invocation
_CLOSING_SECONDS = 30


class Recorder:
    """The runtime's Observer (see runtime/records.py). Belongs to the event loop's thread."""

    def __init__(self, broadcaster: Broadcaster) -> None:
        self._broadcaster = broadcaster
        self._environments: dict[str, Mapping[str, object]] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._history = _HistoryWriter()

    async def start(self, history: Path) -> None:
        """Begin to keep invocations in the history at `history`."""
        await self._history.start(history)

    async def close(self) -> None:
        """Write what is waiting, then stop."""
        if self._flush:
            self._flush.cancel()
        await self._history.close()

    def environment_changed(self, environment: Mapping[str, object]) -> None:
        if not self._broadcaster.listening:
            return
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
        self._history.put(completion)
        if self._broadcaster.listening:
            event = _event("finished", completion.spec, completion.request)
            event["FunctionError"] = completion.result.function_error
            event["DurationMs"] = completion.report.duration_ms
            self._broadcaster.send("invocation", event)

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


class _HistoryWriter:
    """Hands finished invocations to the history's process, many in one frame."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._pause = BATCH_SECONDS
        self._flush: asyncio.TimerHandle | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, path: Path) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", history_process.__name__, str(path)),
            stdin=asyncio.subprocess.PIPE,
            # A terminal's ctrl+c is for the server, which ends this process when all is written.
            start_new_session=True,
            # `-m` puts the working folder first on sys.path: there must be nothing but us.
            cwd=Path(__file__).parents[2],
        )

    def put(self, completion: Completion) -> None:
        request, result, report = completion.request, completion.result, completion.report
        record = Record(
            completion.spec.name,
            completion.spec.version,
            request.invoked_arn,
            request.invocation_type,
            request.request_id,
            completion.started,
            request.payload,
            result.payload,
            result.function_error,
            completion.log_text[-LOG_TEXT_LIMIT:],
            report.duration_ms,
            report.billed_ms,
            report.init_ms,
            report.memory_size,
            report.max_memory_used,
        )
        self._waiting.append(pickle.dumps(tuple(record)))
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_later(self._pause, self._write)

    def _write(self) -> None:
        self._flush = None
        waiting, self._waiting = self._waiting, []
        self._pause = BUSY_BATCH_SECONDS if len(waiting) >= BUSY_BATCH else BATCH_SECONDS
        pipe = self._process.stdin if self._process else None
        if waiting and pipe and pipe.transport.get_write_buffer_size() < MAX_WAITING:
            pipe.write(history_process.frame(waiting))

    async def close(self) -> None:
        if self._flush:
            self._flush.cancel()
        self._write()
        if self._process and self._process.stdin:
            self._process.stdin.close()
            try:
                await asyncio.wait_for(self._process.wait(), _CLOSING_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
