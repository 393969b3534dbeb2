"""Invocations made on AWS, kept in the project's history; the local Lambda records its own."""

from __future__ import annotations

from workbench.aws.records import Invocation, Target
from workbench.project.history import Entry, History


def record(history: History, target: Target, invocation: Invocation) -> int:
    """Add an invocation to the history; returns its id there. Raises HistoryError."""
    report, error = invocation.report, invocation.error
    return history.add(
        Entry(
            target=target.key,
            function=invocation.function,
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
            event=invocation.event,
            payload=invocation.payload,
            log_text=invocation.log_text,
        )
    )
