"""Finished invocations on their way to the disk, and what is made of them there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from workbench.local.metrics.catalogue import Series
from workbench.local.runtime.records import Completion, Levels
from workbench.local.xray.segments import Traced, traced
from workbench.project.history import Entry

LOG_TEXT_LIMIT = 256 * 1024  # characters of log text kept with an invocation


class InvocationRecord(NamedTuple):
    """A finished invocation as it is passed on: plain values, quick to pickle."""

    function: str
    version: str
    invoked_arn: str
    invocation_type: str
    request_id: str
    started: float
    event: bytes
    payload: bytes
    function_error: str | None
    log_text: str
    duration_ms: float
    billed_ms: int
    init_ms: float | None
    memory_size: int
    max_memory_used: int
    levels: tuple[int, ...]
    post_runtime_extensions_ms: float | None
    architecture: str
    ephemeral_storage: int
    provisioned: bool
    spillover: bool
    traced: Traced | None


def invocation_record(completion: Completion) -> InvocationRecord:
    """What is passed on of a completion."""
    request, result, report = completion.request, completion.result, completion.report
    return InvocationRecord(
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
        tuple(completion.levels),
        report.post_runtime_extensions_ms,
        completion.spec.architecture,
        completion.spec.ephemeral_storage,
        completion.provisioned,
        completion.spillover,
        traced(completion) if request.trace is not None else None,
    )


def history_entry(record: InvocationRecord) -> Entry:
    """The invocation as the history keeps it."""
    error_type, error_message = _error(record.payload) if record.function_error else (None, None)
    return Entry(
        target="local",
        function=record.function,
        qualifier=qualifier_of(record.invoked_arn),
        executed_version=record.version,
        invocation_type=record.invocation_type,
        request_id=record.request_id,
        started=record.started,
        status_code=202 if record.invocation_type == "Event" else 200,
        function_error=record.function_error,
        error_type=error_type,
        error_message=error_message,
        duration_ms=record.duration_ms,
        billed_ms=record.billed_ms,
        init_ms=record.init_ms,
        memory_size=record.memory_size,
        max_memory_used=record.max_memory_used,
        architecture=record.architecture,
        ephemeral_storage=record.ephemeral_storage,
        trace_id=record.traced.ids.root if record.traced is not None else None,
        event=record.event,
        payload=record.payload,
        log_text=record.log_text,
    )


def metric_values(records: Iterable[InvocationRecord]) -> dict[int, dict[Series, list[float]]]:
    """What AWS measures of the invocations themselves (lambda-facts §5), by minute.

    As on AWS the minute is that of an invocation's beginning, and Errors has a 0 for each that
    went well, so that its average is the error rate.
    """
    found: dict[int, dict[Series, list[float]]] = {}
    for record in records:
        minute = found.setdefault(int(record.started) // 60 * 60, {})
        function = record.function
        qualifier = qualifier_of(record.invoked_arn)
        of = (function, f"{function}:{qualifier}" if qualifier else function, record.version)
        levels = Levels(*record.levels)
        values: list[tuple[Series, float]] = [
            (Series("Invocations", *of), 1.0),
            (Series("Errors", *of), 1.0 if record.function_error else 0.0),
            (Series("Throttles", *of), 0.0),
            (Series("Duration", *of), record.duration_ms),
            (Series("ConcurrentExecutions", function), levels.function),
            (Series("ConcurrentExecutions"), levels.account),
            (Series("UnreservedConcurrentExecutions"), levels.unreserved),
            (Series("ClaimedAccountConcurrency"), levels.claimed),
        ]
        if record.post_runtime_extensions_ms is not None:
            extensions = Series("PostRuntimeExtensionsDuration", *of)
            values.append((extensions, record.post_runtime_extensions_ms))
        if record.provisioned:
            values.append((Series("ProvisionedConcurrencyInvocations", *of), 1.0))
            used = levels.provisioned / max(levels.provisioned_ready, levels.provisioned)
            values.append((Series("ProvisionedConcurrentExecutions", *of[:2]), levels.provisioned))
            values.append((Series("ProvisionedConcurrencyUtilization", *of[:2]), used))
        if record.spillover:
            values.append((Series("ProvisionedConcurrencySpilloverInvocations", *of), 1.0))
        for series, value in values:
            minute.setdefault(series, []).append(value)
    return found


def qualifier_of(invoked_arn: str) -> str | None:
    """The eighth part of a function ARN, None when the caller named no qualifier."""
    parts = invoked_arn.split(":")
    return parts[7] if len(parts) > 7 else None


def _error(payload: bytes) -> tuple[str | None, str | None]:
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(document, dict):
        return None, None
    kind, message = document.get("errorType"), document.get("errorMessage")
    return (
        kind if isinstance(kind, str) else None,
        message if isinstance(message, str) else None,
    )
