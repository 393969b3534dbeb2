"""The REPORT line of an invocation's log text (lambda-facts §3.1, §3.2)."""

from __future__ import annotations

import json
import re
from typing import Any

from workbench.aws.records import Report

_TEXT = re.compile(
    r"^REPORT RequestId: (?P<id>\S+)(?P<rest>[^\r\n]*)(?:\r?\nXRAY TraceId: (?P<trace>\S+))?",
    re.MULTILINE,
)
_ROOT = re.compile(r"Root=([^;]+)")
_FIELD = re.compile(r"\t(?P<name>[A-Z][A-Za-z ]*): (?P<value>[^\t]*)")


def parse_report(log_text: str, request_id: str | None = None) -> Report | None:
    """The report of `request_id` (None: the last one) in text or JSON format, None if absent.

    A line that lacks figures (cut off, or of a format we do not know) is no report.
    """
    found = None
    for match in _TEXT.finditer(log_text):
        if request_id in (None, match["id"]):
            found = _from_text(match["id"], match["rest"], match["trace"]) or found
    if found is not None or '"platform.report"' not in log_text:
        return found
    for line in log_text.splitlines():
        if '"platform.report"' in line:
            report = _from_json(line)
            if report is not None and request_id in (None, report.request_id):
                found = report
    return found


def _from_text(request_id: str, rest: str, trace_id: str | None) -> Report | None:
    fields = {match["name"]: match["value"].strip() for match in _FIELD.finditer(rest)}
    try:
        # SnapStart's restore takes the place of an init.
        init = fields.get("Init Duration") or fields.get("Restore Duration")
        return Report(
            request_id=request_id,
            duration_ms=_number(fields["Duration"]),
            billed_ms=int(_number(fields["Billed Duration"])),
            memory_size=int(_number(fields["Memory Size"])),
            max_memory_used=int(_number(fields["Max Memory Used"])),
            init_ms=_number(init) if init else None,
            status=fields.get("Status"),
            error_type=fields.get("Error Type"),
            trace_id=trace_id,
        )
    except (KeyError, ValueError, IndexError):
        return None


def _number(text: str) -> float:
    return float(text.split()[0])


def _from_json(line: str) -> Report | None:
    try:
        document: Any = json.loads(line)
        record = document["record"]
        metrics = record["metrics"]
        init = metrics.get("initDurationMs", metrics.get("restoreDurationMs"))
        status = record.get("status")
        trace = _ROOT.search(record.get("tracing", {}).get("value", ""))
        return Report(
            request_id=str(record["requestId"]),
            duration_ms=float(metrics["durationMs"]),
            billed_ms=int(metrics["billedDurationMs"]),
            memory_size=int(metrics["memorySizeMB"]),
            max_memory_used=int(metrics["maxMemoryUsedMB"]),
            init_ms=float(init) if init is not None else None,
            # The text line says nothing when all went well.
            status=status if status != "success" else None,
            error_type=record.get("errorType"),
            trace_id=trace[1] if trace else None,
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
