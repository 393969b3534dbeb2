"""Which log events a function's log levels let through (lambda-facts §3.2)."""

from __future__ import annotations

import json
import re

from workbench.local.runtime.records import FunctionSpec

# The numbers that frames carry, shifted left by two bits (§1.3).
_LEVELS = {
    "TRACE": 1,
    "DEBUG": 2,
    "INFO": 3,
    "WARN": 4,
    "WARNING": 4,
    "ERROR": 5,
    "FATAL": 6,
    "CRITICAL": 6,
}
_INFO = _LEVELS["INFO"]
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def application_threshold(spec: FunctionSpec) -> int:
    """The lowest level of what the function logs that is kept; 0 when all is kept, as in text."""
    if spec.log_format != "JSON":
        return 0
    return _LEVELS[spec.application_log_level or "INFO"]


def frame_level(kind: int) -> int:
    """The level of a frame, by the last byte of its type; INFO when it has none."""
    return (kind >> 2) & 7 or _INFO


def line_level(text: str) -> int:
    """The level of a line: that of a JSON object with `level` and an RFC 3339 `timestamp`.

    INFO for every other line.
    """
    if not text.startswith("{"):
        return _INFO
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return _INFO
    stamp = said.get("timestamp", said.get("time"))
    if not isinstance(stamp, str) or not _RFC_3339.fullmatch(stamp):
        return _INFO
    return _LEVELS.get(str(said.get("level")).upper(), _INFO)
