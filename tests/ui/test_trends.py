"""How the last invocations of a function are told in a few characters."""

from __future__ import annotations

from workbench.project.history import Summary
from workbench.ui.trends import trend_lines


def invocation(**values: object) -> Summary:
    return Summary(target="local", function="F", request_id="r", started=0, **values)  # type: ignore[arg-type]


def test_the_newest_is_last() -> None:
    newest_first = [
        invocation(duration_ms=70.0, billed_ms=70, memory_size=1024, status_code=200),
        invocation(duration_ms=10.0, billed_ms=10, memory_size=1024, function_error="Unhandled"),
        invocation(status_code=202),
        invocation(status_code=429),
    ]
    assert trend_lines(newest_first) == [
        ("Duration", "      ··▂█ 40 ms"),
        ("Errors", "      ✗·✗· 2 of 4"),
        ("Cost", "      ··▃█ $0.87/M"),
    ]
    assert [line for _, line in trend_lines([])] == ["", "", ""]
