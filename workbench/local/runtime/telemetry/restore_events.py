"""What the platform reports about restoring an environment from a SnapStart snapshot.

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

_TYPE = "snap-start"


@dataclass(frozen=True, slots=True)
class RestoreStart:
    """A restore begins. `instance` is the log stream's name."""

    type: ClassVar[str] = "platform.restoreStart"
    level: ClassVar[Level] = "INFO"
    spec: FunctionSpec
    instance: str

    def text(self) -> str:
        version, arn = runtime_version(self.spec)
        return f"RESTORE_START Runtime Version: {version}\tRuntime Version ARN: {arn}\n"

    def record(self) -> Record:
        spec = self.spec
        version, arn = runtime_version(spec)
        return {
            "initializationType": _TYPE,
            "runtimeVersion": version,
            "runtimeVersionArn": arn,
            "functionName": spec.name,
            "functionVersion": spec.version,
            "instanceId": self.instance,
            "instanceMaxMemory": spec.memory_size * 1024 * 1024,
        }


@dataclass(frozen=True, slots=True)
class RestoreRuntimeDone:
    """The runtime has been restored and has run its hooks, or failed to."""

    type: ClassVar[str] = "platform.restoreRuntimeDone"
    status: str
    error_type: str | None

    @property
    def level(self) -> Level:
        return "DEBUG" if self.status == "success" else "WARN"

    def text(self) -> str:
        return ""

    def record(self) -> Record:
        record: Record = {"initializationType": _TYPE, "status": self.status}
        return with_error(record, self.error_type)


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """A restore is over; times in ms."""

    type: ClassVar[str] = "platform.restoreReport"
    status: str
    error_type: str | None
    duration_ms: float

    @property
    def level(self) -> Level:
        return "INFO" if self.status == "success" else "WARN"

    def text(self) -> str:
        line = f"RESTORE_REPORT Restore Duration: {self.duration_ms:.2f} ms"
        if self.status != "success":
            line += f"\tStatus: {self.status}"
        return line + (f"\tError Type: {self.error_type}\n" if self.error_type else "\n")

    def record(self) -> Record:
        record: Record = {"initializationType": _TYPE, "status": self.status}
        with_error(record, self.error_type)
        record["metrics"] = {"durationMs": round(self.duration_ms, 3)}
        return record
