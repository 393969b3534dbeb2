"""Keeping invocations made on AWS in the project's history. The local Lambda records its own."""

from __future__ import annotations

from workbench.aws.records import Invocation, Target
from workbench.project.history import Entry, History


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


def simple_name(name: str) -> str:
    """The function's own name in any form Lambda takes: name, name:qualifier, or ARN."""
    if ":function:" in f":{name}":
        name = f":{name}".split(":function:", 1)[1]
    return name.split(":", 1)[0]
