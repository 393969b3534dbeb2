"""What the platform reports about an environment's life: one class an event.

Here are those of invocations; others are in init_events, restore_events and extension_events. Each
event renders itself as the line of the text log format (lambda-facts §3.1), empty where that
format has none, and as the record of §1.6, which makes the line of the JSON format (§3.2) and the
event that extensions get. `level` is what SystemLogLevel is compared with.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from workbench.local.runtime.records import FunctionSpec, InvokeRequest, Report

# OFF: for other uses than the JSON format, which has no such line.
Level = Literal["OFF", "DEBUG", "INFO", "WARN"]
LEVELS: dict[str, int] = {"OFF": 0, "DEBUG": 1, "INFO": 2, "WARN": 3}

Record = dict[str, object]


class PlatformEvent(Protocol):
    """What all events have in common. `type` is the Telemetry API's."""

    type: ClassVar[str]

    @property
    def level(self) -> Level:
        """What SystemLogLevel is compared with; OFF for events that a log of JSON does not have."""

    def text(self) -> str:
        """The line in a text log with its end, "" if there is none."""

    def record(self) -> object:
        """What the Telemetry API and a log of JSON have as its `record`: JSON values."""


@dataclass(frozen=True, slots=True)
class Start:
    """An invocation begins."""

    type: ClassVar[str] = "platform.start"
    level: ClassVar[Level] = "INFO"
    request: InvokeRequest
    version: str

    def text(self) -> str:
        return f"START RequestId: {self.request.request_id} Version: {self.version}\n"

    def record(self) -> Record:
        record: Record = {
            "requestId": self.request.request_id,
            "functionArn": self.request.invoked_arn,
            "version": self.version,
        }
        return _traced(record, self.request)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an invocation: `start` is epoch seconds."""

    name: str
    start: float
    duration_ms: float

    def record(self) -> Record:
        """The span as it stands in a record."""
        return {
            "name": self.name,
            "start": timestamp(self.start),
            "durationMs": round(self.duration_ms, 3),
        }


@dataclass(frozen=True, slots=True)
class RuntimeDone:
    """The runtime is done with an invocation; extensions may still be at it."""

    type: ClassVar[str] = "platform.runtimeDone"
    request: InvokeRequest
    status: str
    error_type: str | None
    duration_ms: float
    produced_bytes: int
    spans: tuple[Span, ...]

    @property
    def level(self) -> Level:
        return "DEBUG" if self.status == "success" else "WARN"

    def text(self) -> str:
        return ""

    def record(self) -> Record:
        record: Record = {"requestId": self.request.request_id, "status": self.status}
        if self.status != "timeout":
            with_error(record, self.error_type)
        record["metrics"] = {
            "durationMs": round(self.duration_ms, 3),
            "producedBytes": self.produced_bytes,
        }
        record["spans"] = [span.record() for span in self.spans]
        return _traced(record, self.request)


@dataclass(frozen=True, slots=True)
class End:
    """The END line, which only the text format and the Logs API have."""

    type: ClassVar[str] = "platform.end"
    level: ClassVar[Level] = "OFF"
    request_id: str

    def text(self) -> str:
        return f"END RequestId: {self.request_id}\n"

    def record(self) -> Record:
        return {"requestId": self.request_id}


@dataclass(frozen=True, slots=True)
class Reported:
    """The figures of an invocation, its last event."""

    type: ClassVar[str] = "platform.report"
    request: InvokeRequest
    report: Report
    extension_overhead: Span | None = None

    @property
    def level(self) -> Level:
        return "INFO" if self.report.status == "success" else "WARN"

    def text(self) -> str:
        report = self.report
        line = (
            f"REPORT RequestId: {self.request.request_id}\tDuration: {report.duration_ms:.2f} ms\t"
            f"Billed Duration: {report.billed_ms} ms\tMemory Size: {report.memory_size} MB\t"
            f"Max Memory Used: {report.max_memory_used} MB\t"
        )
        if report.init_ms is not None:
            line += f"Init Duration: {report.init_ms:.2f} ms\t"
        if report.restore_ms is not None:
            line += (
                f"Restore Duration: {report.restore_ms:.2f} ms\t"
                f"Billed Restore Duration: {report.billed_restore_ms} ms\t"
            )
        if report.status != "success":
            line += f"Status: {report.status}"
            if report.error_type and report.status != "timeout":
                line += f"\tError Type: {report.error_type}"
        if (trace := self.request.trace) is not None:
            line += f"\nXRAY TraceId: {trace.root}\tSegmentId: {trace.invocation}\tSampled: true\t"
        return line + "\n"

    def record(self) -> Record:
        report = self.report
        metrics: Record = {
            "durationMs": round(report.duration_ms, 3),
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": report.memory_size,
            "maxMemoryUsedMB": report.max_memory_used,
        }
        if report.init_ms is not None:
            metrics["initDurationMs"] = round(report.init_ms, 3)
        if report.restore_ms is not None:
            metrics["restoreDurationMs"] = round(report.restore_ms, 3)
            metrics["billedRestoreDurationMs"] = report.billed_restore_ms
        record: Record = {
            "requestId": self.request.request_id,
            "metrics": metrics,
            "status": report.status,
        }
        if report.status != "timeout":
            with_error(record, report.error_type)
        if self.extension_overhead is not None:
            record["spans"] = [self.extension_overhead.record()]
        return _traced(record, self.request)


@dataclass(frozen=True, slots=True)
class Fault:
    """What ended an invocation, as the Logs API tells it."""

    type: ClassVar[str] = "platform.fault"
    level: ClassVar[Level] = "OFF"
    request_id: str
    error_type: str
    message: str

    def text(self) -> str:
        return ""

    def record(self) -> str:
        return f"RequestId: {self.request_id} Error: {self.message}\n{self.error_type}\n"


def with_error(record: Record, error_type: str | None) -> Record:
    """The record, with this errorType if there is one."""
    if error_type:
        record["errorType"] = error_type
    return record


def runtime_version(spec: FunctionSpec) -> tuple[str, str]:
    """The runtime version and its ARN, as INIT_START gives them; made up but stable."""
    name = spec.runtime.replace("python", "python:").replace("nodejs", "nodejs:").removesuffix(".x")
    if name.startswith("provided."):
        name = name.replace(".", ":", 1)
    digest = hashlib.sha256(spec.runtime.encode()).hexdigest()
    return f"{name}.v1", f"arn:aws:lambda:{spec.region}::runtime:{digest}"


def timestamp(seconds: float) -> str:
    """Epoch seconds as the `time` of an event: UTC, with milliseconds."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def envelope(event: PlatformEvent, seconds: float) -> str:
    """The event as one line of JSON, without a line end (§3.2)."""
    shown = {"time": timestamp(seconds), "type": event.type, "record": event.record()}
    return json.dumps(shown, separators=(",", ":"))


def _traced(record: Record, request: InvokeRequest) -> Record:
    if "Sampled=1" in request.trace_header:
        span = {} if request.trace is None else {"spanId": request.trace.invocation}
        record["tracing"] = {**span, "type": "X-Amzn-Trace-Id", "value": request.trace_header}
    return record
