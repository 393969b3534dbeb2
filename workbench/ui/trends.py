"""How a function's last invocations went, each as a row of one character an invocation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING

from workbench.ui.formats import milliseconds
from workbench.ui.widgets.sparks import sparkline

if TYPE_CHECKING:
    from workbench.project.history import Summary

SHOWN = 10
"""How many invocations."""

WIDTH = SHOWN + 9
"""The cells of a row with its figure."""


def durations(newest_first: Sequence[Summary]) -> str:
    """Bars, and the duration in the middle: "▂▁█▂ 12 ms"."""
    values = [each.duration_ms for each in reversed(newest_first)]
    known = [value for value in values if value is not None]
    return _row(sparkline(values), milliseconds(median(known)) if known else "")


def errors(newest_first: Sequence[Summary]) -> str:
    """Which of them failed, and how many: "··✗· 1 of 4"."""
    failed = [
        each.function_error is not None or (each.status_code or 0) >= 300
        for each in reversed(newest_first)
    ]
    marks = "".join("✗" if each else "·" for each in failed)
    return _row(marks, f"{sum(failed)} of {len(failed)}" if failed else "")


def costs(newest_first: Sequence[Summary]) -> str:
    """Bars, and what a million such cost on AWS: "▂▁█▂ $2.25/M"."""
    found = [each.cost for each in reversed(newest_first)]
    totals = [None if cost is None else cost.total for cost in found]
    known = [total for total in totals if total is not None]
    figure = f"${sum(known) / len(known) * 1_000_000:,.2f}/M" if known else ""
    return _row(sparkline(totals), figure)


TRENDS: tuple[tuple[str, Callable[[Sequence[Summary]], str]], ...] = (
    ("Duration", durations),
    ("Errors", errors),
    ("Cost", costs),
)


def trend_lines(newest_first: Sequence[Summary]) -> list[tuple[str, str]]:
    """Each of them with its name; "" where nothing is known of it."""
    return [(name, show(newest_first)) for name, show in TRENDS]


def _row(marks: str, figure: str) -> str:
    return f"{marks:>{SHOWN}} {figure}" if figure else ""
