"""CloudWatch's embedded metric format: metrics that a function writes as lines of its log.

A line is a JSON object with `_aws` beside the values; what is not of that form is no metric, and
CloudWatch says nothing about it either. Powertools writes such lines.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, TypeGuard

MARK = '"CloudWatchMetrics"'
"""In every text that has such a line."""

MAX_METRICS = 100  # in a line
MAX_DIMENSIONS = 30
MAX_VALUES = 100  # of one metric in a line

Datum = dict[str, Any]


def metric_data(log_text: str) -> Iterator[tuple[str, Datum]]:
    """(namespace, member of PutMetricData's MetricData) of each metric in a log, for each of its
    sets of dimensions."""
    for line in log_text.splitlines():
        if MARK in line:
            try:
                document = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict):
                yield from _of_document(document)


def _of_document(document: dict[str, Any]) -> Iterator[tuple[str, Datum]]:
    header = _mapping(document.get("_aws"))
    timestamp = header.get("Timestamp")
    if not _is_number(timestamp):
        return
    for directive in _list(header.get("CloudWatchMetrics")):
        directive = _mapping(directive)
        namespace = directive.get("Namespace")
        # Those of AWS's own are not for functions to write.
        if not isinstance(namespace, str) or not namespace or namespace.startswith("AWS/"):
            continue
        sets = [_dimensions(document, names) for names in _list(directive.get("Dimensions"))]
        for metric in _list(directive.get("Metrics"))[:MAX_METRICS]:
            metric = _mapping(metric)
            name = metric.get("Name")
            values = _values(document.get(name)) if isinstance(name, str) and name else []
            for dimensions in (sets or [[]]) if values else ():
                if dimensions is not None:
                    datum = {
                        "MetricName": name,
                        "Dimensions": dimensions,
                        "Timestamp": timestamp / 1000,
                        "Values": values,
                        "Unit": str(metric.get("Unit") or "None"),
                    }
                    yield namespace, datum


def _dimensions(document: dict[str, Any], names: object) -> list[dict[str, str]] | None:
    """The values of one set of dimensions; None when one of them has no value."""
    found: list[dict[str, str]] = []
    for name in _list(names):
        value = document.get(name) if isinstance(name, str) else None
        if not isinstance(value, str) or not value:
            return None
        found.append({"Name": name, "Value": value})
    return found if len(found) <= MAX_DIMENSIONS else None


def _values(value: object) -> list[float]:
    values = value if isinstance(value, list) else [value]
    return [float(each) for each in values[:MAX_VALUES] if _is_number(each)]


def _is_number(value: object) -> TypeGuard[float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) < 1e100


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
