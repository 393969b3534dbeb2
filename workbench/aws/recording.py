"""Between invocations and the project's history. The local Lambda records its own, those made on
AWS are kept by whoever makes them."""

from __future__ import annotations

from pathlib import Path

from workbench.aws.records import Invocation, InvocationType, Report, Target
from workbench.project.history import Entry, History

_TYPES: dict[str, InvocationType] = {
    "RequestResponse": "RequestResponse",
    "Event": "Event",
    "DryRun": "DryRun",
}


def record(history: History, target: Target, invocation: Invocation) -> int:
    """Store `invocation`, made on `target`; returns its id. Raises HistoryError."""
    return history.add(entry_of(target, invocation))


def entry_of(target: Target, invocation: Invocation) -> Entry:
    """The invocation as an entry of the history."""
    report, error = invocation.report, invocation.error
    return Entry(
        target=target.key,
        function=simple_name(invocation.function),
        qualifier=invocation.qualifier,
        executed_version=invocation.executed_version,
        invocation_type=invocation.invocation_type,
        request_id=invocation.request_id,
        started=invocation.started,
        status_code=invocation.status_code,
        function_error=invocation.function_error,
        error_type=error.type if error else None,
        error_message=error.message if error else None,
        duration_ms=report.duration_ms if report else None,
        billed_ms=report.billed_ms if report else None,
        init_ms=report.init_ms if report else None,
        memory_size=report.memory_size if report else None,
        max_memory_used=report.max_memory_used if report else None,
        trace_id=report.trace_id if report else None,
        event=invocation.event,
        payload=invocation.payload,
        log_text=invocation.log_text,
    )


def invocation_of(entry: Entry, code_root: Path | None) -> Invocation:
    """A history entry as the invocation it was, for the same panes."""
    from workbench.aws.function_errors import parse_error

    report = None
    if entry.duration_ms is not None:
        report = Report(
            request_id=entry.request_id,
            duration_ms=entry.duration_ms,
            billed_ms=entry.billed_ms or 0,
            memory_size=entry.memory_size or 0,
            max_memory_used=entry.max_memory_used or 0,
            init_ms=entry.init_ms,
            trace_id=entry.trace_id,
        )
    return Invocation(
        request_id=entry.request_id,
        function=entry.function,
        qualifier=entry.qualifier,
        invocation_type=invocation_type_of(entry),
        event=entry.event,
        payload=entry.payload,
        status_code=entry.status_code or 200,
        started=entry.started,
        round_trip_ms=entry.duration_ms or 0.0,
        executed_version=entry.executed_version,
        function_error=entry.function_error,
        error=parse_error(entry.payload, code_root) if entry.function_error else None,
        report=report,
        log_text=entry.log_text,
    )


def invocation_type_of(entry: Entry) -> InvocationType:
    """How an invocation of the history was made."""
    return _TYPES.get(entry.invocation_type, "RequestResponse")


def simple_name(name: str) -> str:
    """The function's own name in any form Lambda takes: name, name:qualifier, or ARN."""
    if ":function:" in f":{name}":
        name = f":{name}".split(":function:", 1)[1]
    return name.split(":", 1)[0]
