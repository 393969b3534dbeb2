"""What the runtime reports, passed on: to the history on disk and to whoever listens.

Nothing here blocks the event loop or the warm path: the history is written in batches by a
thread, and an environment's changes are told at most 20 times a second (its latest state counts).
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
from collections.abc import Mapping

from workbench.local.broadcast import Broadcaster
from workbench.local.runtime.records import Completion, FunctionSpec, InvokeRequest
from workbench.project.history import Entry, History, HistoryError

BATCH_SECONDS = 0.05
MAX_WAITING = 20_000  # invocations not yet on disk; beyond this the oldest unwritten are dropped
LOG_TEXT_LIMIT = 256 * 1024  # characters of log text kept with an invocation


class Recorder:
    """The runtime's Observer (see runtime/records.py). Belongs to the event loop's thread."""

    def __init__(self, history: History | None, broadcaster: Broadcaster) -> None:
        self._broadcaster = broadcaster
        self._environments: dict[str, Mapping[str, object]] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._history = _HistoryWriter(history) if history else None

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
        if self._history:
            self._history.put(completion)
        if self._broadcaster.listening:
            event = _event("finished", completion.spec, completion.request)
            event["FunctionError"] = completion.result.function_error
            event["DurationMs"] = completion.report.duration_ms
            self._broadcaster.send("invocation", event)

    def notice(self, function_name: str, message: str) -> None:
        self._broadcaster.notice(function_name, message)

    def close(self) -> None:
        """Write what is waiting, then stop."""
        if self._flush:
            self._flush.cancel()
        if self._history:
            self._history.close()


def _event(phase: str, spec: FunctionSpec, request: InvokeRequest) -> dict[str, object]:
    return {
        "Phase": phase,
        "FunctionName": spec.name,
        "Version": spec.version,
        "RequestId": request.request_id,
        "Token": request.token,
    }


class _HistoryWriter:
    """A thread that writes finished invocations, many in one transaction."""

    def __init__(self, history: History) -> None:
        self._store = history
        self._waiting: queue.SimpleQueue[Completion | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def put(self, completion: Completion) -> None:
        if self._waiting.qsize() < MAX_WAITING:
            self._waiting.put(completion)

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        closing = threading.Event()
        while not closing.is_set():
            batch: list[Entry] = []
            completion = self._waiting.get()
            closing.wait(BATCH_SECONDS if self._waiting.empty() else 0)
            while completion is not None:
                batch.append(_entry(completion))
                if self._waiting.empty():
                    break
                completion = self._waiting.get()
            if completion is None:
                closing.set()
            if batch:
                self._write(batch)

    def _write(self, batch: list[Entry]) -> None:
        try:
            self._store.add_many(batch)
        except HistoryError as error:
            print(f"workbench: {len(batch)} invocations are not in the history: {error}",
                  file=sys.stderr, flush=True)


def _entry(completion: Completion) -> Entry:
    spec, request, result = completion.spec, completion.request, completion.result
    report = completion.report
    error_type, error_message = _error(result.payload) if result.function_error else (None, None)
    return Entry(
        target="local",
        function=spec.name,
        qualifier=_qualifier(request.invoked_arn),
        executed_version=spec.version,
        invocation_type=request.invocation_type,
        request_id=request.request_id,
        started=completion.started,
        status_code=202 if request.invocation_type == "Event" else 200,
        function_error=result.function_error,
        error_type=error_type,
        error_message=error_message,
        duration_ms=report.duration_ms,
        billed_ms=report.billed_ms,
        init_ms=report.init_ms,
        memory_size=report.memory_size,
        max_memory_used=report.max_memory_used,
        event=request.payload,
        payload=result.payload,
        log_text=completion.log_text[-LOG_TEXT_LIMIT:],
    )


def _qualifier(invoked_arn: str) -> str | None:
    """The eighth part of a function ARN, None when the caller named no qualifier."""
    parts = invoked_arn.split(":")
    return parts[7] if len(parts) > 7 else None


def _error(payload: bytes) -> tuple[str | None, str | None]:
    try:
        document = json.loads(payload)
    except ValueError:
        return None, None
    if not isinstance(document, dict):
        return None, None
    kind, message = document.get("errorType"), document.get("errorMessage")
    return (
        kind if isinstance(kind, str) else None,
        message if isinstance(message, str) else None,
    )
