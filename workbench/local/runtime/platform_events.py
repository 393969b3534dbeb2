"""What the platform reports about an environment's life: one class an event.

Each event renders itself as the line of the text log format (lambda-facts §3.1), empty where that
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
    def level(self) -> Level: ...

    def text(self) -> str: ...

    def record(self) -> object: ...


@dataclass(frozen=True, slots=True)
class InitStart:
    """An initialisation begins. `phase` is "init", or "invoke" when it is run again inside an
    invocation; `instance` is the log stream's name."""

    type: ClassVar[str] = "platform.initStart"
    spec: FunctionSpec
    instance: str
    initialization_type: str
    phase: str

    @property
    def level(self) -> Level:
        return "INFO" if self.phase == "init" else "DEBUG"

    def text(self) -> str:
        if self.phase != "init":
            return ""
        version, arn = runtime_version(self.spec)
        return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}\n"

    def record(self) -> Record:
        spec = self.spec
        record: Record = {"initializationType": self.initialization_type, "phase": self.phase}
        if self.phase == "init":
            record["runtimeVersion"], record["runtimeVersionArn"] = runtime_version(spec)
        record["functionName"] = spec.name
        record["functionVersion"] = spec.version
        record["instanceId"] = self.instance
        record["instanceMaxMemory"] = spec.memory_size * 1024 * 1024
        return record


@dataclass(frozen=True, slots=True)
class InitRuntimeDone:
    """The runtime has initialised, or failed to; extensions may still be at it."""

    type: ClassVar[str] = "platform.initRuntimeDone"
    initialization_type: str
    phase: str
    status: str
    error_type: str | None

    @property
    def level(self) -> Level:
        return "DEBUG" if self.status == "success" else "WARN"

    def text(self) -> str:
        return ""

    def record(self) -> Record:
        record: Record = {
            "initializationType": self.initialization_type,
            "phase": self.phase,
            "status": self.status,
        }
        if self.error_type:
            record["errorType"] = self.error_type
        return record


@dataclass(frozen=True, slots=True)
class InitReport:
    """An initialisation is over; times in ms. Told in the log when it failed or took too long, or
    was ahead of any invocation."""

    type: ClassVar[str] = "platform.initReport"
    initialization_type: str
    phase: str
    status: str
    error_type: str | None
    duration_ms: float

    @property
    def level(self) -> Level:
        if self.status != "success":
            return "WARN"
        return "DEBUG" if self.initialization_type == "on-demand" else "INFO"

    def text(self) -> str:
        if self.level == "DEBUG":
            return ""
        line = f"INIT_REPORT Init Duration: {self.duration_ms:.2f} ms"
        if self.status != "success":
            line += f"\tPhase: {self.phase}\tStatus: {self.status}"
        return line + (f"\tError Type: {self.error_type}\n" if self.error_type else "\n")

    def record(self) -> Record:
        record: Record = {
            "initializationType": self.initialization_type,
            "phase": self.phase,
            "status": self.status,
            "metrics": {"durationMs": round(self.duration_ms, 3)},
        }
        if self.error_type:
            record["errorType"] = self.error_type
        return record


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
        if self.error_type and self.status != "timeout":
            record["errorType"] = self.error_type
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
        if report.error_type and report.status != "timeout":
            record["errorType"] = report.error_type
        if self.extension_overhead is not None:
            record["spans"] = [self.extension_overhead.record()]
        return _traced(record, self.request)


@dataclass(frozen=True, slots=True)
class Extension:
    """How an extension came out of initialisation; `error_type` says why it is not Ready."""

    type: ClassVar[str] = "platform.extension"
    name: str
    state: str
    events: tuple[str, ...]
    error_type: str | None

    @property
    def level(self) -> Level:
        return "WARN" if self.error_type else "INFO"

    def text(self) -> str:
        line = f"EXTENSION\tName: {self.name}\tState: {self.state}\tEvents: "
        line += f"[{', '.join(self.events)}]"
        return line + (f"\tError Type: {self.error_type}\n" if self.error_type else "\n")

    def record(self) -> Record:
        record: Record = {"name": self.name, "state": self.state, "events": list(self.events)}
        if self.error_type:
            record["errorType"] = self.error_type
        return record


@dataclass(frozen=True, slots=True)
class TelemetrySubscription:
    """An extension subscribed to the Telemetry API."""

    type: ClassVar[str] = "platform.telemetrySubscription"
    level: ClassVar[Level] = "INFO"
    name: str
    types: tuple[str, ...]

    def text(self) -> str:
        return _subscribed("TELEMETRY", self.name, self.types)

    def record(self) -> Record:
        return {"name": self.name, "state": "Subscribed", "types": list(self.types)}


@dataclass(frozen=True, slots=True)
class LogsSubscription:
    """An extension subscribed to the Logs API, the Telemetry API's predecessor."""

    type: ClassVar[str] = "platform.logsSubscription"
    level: ClassVar[Level] = "INFO"
    name: str
    types: tuple[str, ...]

    def text(self) -> str:
        return _subscribed("LOGS", self.name, self.types)

    def record(self) -> Record:
        return {"name": self.name, "state": "Subscribed", "types": list(self.types)}


@dataclass(frozen=True, slots=True)
class LogsDropped:
    """A subscriber did not take what was sent to it."""

    type: ClassVar[str] = "platform.logsDropped"
    level: ClassVar[Level] = "WARN"
    dropped_bytes: int
    dropped_records: int
    reason: str

    def text(self) -> str:
        return ""

    def record(self) -> Record:
        return {
            "droppedBytes": self.dropped_bytes,
            "droppedRecords": self.dropped_records,
            "reason": self.reason,
        }


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


def _subscribed(api: str, name: str, types: tuple[str, ...]) -> str:
    shown = ", ".join(kind.capitalize() for kind in types)
    return f"{api}\tName: {name}\tState: Subscribed\tTypes: [{shown}]\n"


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
        record["tracing"] = {"type": "X-Amzn-Trace-Id", "value": request.trace_header}
    return record
