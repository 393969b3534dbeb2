"""What the platform reports about extensions.

Beside `platform_events`, and in the same form (lambda-facts §1.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workbench.local.runtime.telemetry.platform_events import Level, Record, with_error


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
        return with_error(record, self.error_type)


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


def _subscribed(api: str, name: str, types: tuple[str, ...]) -> str:
    shown = ", ".join(kind.capitalize() for kind in types)
    return f"{api}\tName: {name}\tState: Subscribed\tTypes: [{shown}]\n"
