"""What the platform reports about an initialisation.

Beside `platform_events`, and in the same form (lambda-facts §1.6, §3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.telemetry.platform_events import (
    Level,
    Record,
    runtime_version,
    with_error,
)


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
        if self.phase != "init" or self.spec.image is not None:  # its runtime is its own matter
            return ""
        version, arn = runtime_version(self.spec)
        return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}\n"

    def record(self) -> Record:
        spec = self.spec
        record: Record = {"initializationType": self.initialization_type, "phase": self.phase}
        if self.phase == "init" and spec.image is None:
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
        return with_error(record, self.error_type)


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
        return with_error(record, self.error_type)
