"""What the timeline draws, from what the local Lambda tells."""

from __future__ import annotations

from rich.style import Style

from workbench.aws.concurrency import FunctionConcurrency, Provisioned
from workbench.aws.records import Function
from workbench.ui.activity import Activity
from workbench.ui.sparkline import sparkline
from workbench.ui.timeline_rows import Limits, rows
from workbench.ui.widgets.palette import Palette

PLAIN = Palette({}, Style(), Style(), Style(), Style())
ID = "e" * 32


def environment(state: str, at: float, id: str = ID) -> dict[str, object]:
    return {"Id": id, "FunctionName": "Echo", "Version": "$LATEST", "State": state, "At": at,
            "InitializationType": "on-demand"}  # fmt: skip


def invocation(phase: str, id: str, **more: object) -> dict[str, object]:
    return {"Phase": phase, "FunctionName": "Echo", "RequestId": id, **more}


def busy_minute() -> Activity:
    """init at 100 s, invocations at 120 and 130 s, one throttled, the environment gone at 150."""
    activity = Activity()
    for state, at in (("init", 100.0), ("ready", 110.0), ("busy", 120.0), ("frozen", 125.0)):
        activity.heard("environment", environment(state, at), at)
    activity.heard("invocation", invocation("started", "r1"), 120.0)
    activity.heard("invocation", invocation("throttled", "r2"), 121.0)
    done = invocation("finished", "r1", DurationMs=5_000.0, BilledMs=5_000, Started=120.0,
                      LogStream=f"2026/11/21/[$LATEST]{ID}", FunctionError="Unhandled")  # fmt: skip
    assert activity.heard("invocation", done, 125.0), "the first to finish"
    assert not activity.heard("invocation", done, 125.5)
    assert activity.take_finished() == ("Echo", "r1")
    assert activity.take_finished() is None
    activity.heard("environment", environment("stopping", 150.0), 150.0)
    return activity


def test_an_environment_is_drawn_by_what_it_did() -> None:
    (row,) = busy_minute().lives("Echo", 90.0, 160.0, 7)
    assert row.phases == ["", "init", "ready", "invoke", "frozen", "frozen", "ended"]
    assert row.now == "ended"
    assert busy_minute().lives("Echo", 155.0, 160.0, 5) == []


def test_what_happened_is_counted_by_time() -> None:
    parts = busy_minute().series("Echo", 90.0, 160.0, 7)
    assert [part.finished for part in parts] == [0, 0, 0, 2, 0, 0, 0]
    assert (parts[3].errors, parts[3].throttles, parts[3].peak) == (2, 1, 1)
    assert parts[3].duration == 10_000.0


def test_environments_that_are_no_more_end_when_the_stream_begins_again() -> None:
    activity = busy_minute()
    activity.begin([environment("busy", 155.0, "f" * 32) | {"RequestId": "r9"}], 156.0)
    assert activity.running() == 1
    assert [row.now for row in activity.lives("Echo", 90.0, 160.0, 7)] == ["ended", "invoke"]


def test_functions_that_ran_one_after_the_other_did_not_run_at_the_same_time() -> None:
    activity = Activity()
    for name, at in (("Echo", 120.0), ("Slow", 121.0)):
        whose = {"FunctionName": name}
        activity.heard("invocation", invocation("started", name) | whose, at)
        activity.heard("invocation", invocation("finished", name) | whose, at + 0.5)
    assert [part.peak for part in activity.series(None, 90.0, 160.0, 7)] == [0, 0, 0, 1, 0, 0, 0]


def test_the_timeline_in_eighty_columns() -> None:
    limits = Limits(
        1_000,
        {"Echo": FunctionConcurrency(3, (Provisioned("live", 2, 1, "IN_PROGRESS"),))},
        [{"FunctionName": "Echo", "Attempts": 1, "Due": 198.0}],
        4,
    )
    known = {"Echo": Function("Echo", "", "python3.13", "app.handler")}
    lines = [text.plain for text in rows(busy_minute(), limits, known, (90, 160), 78, PLAIN)]
    assert max(map(len, lines)) <= 78
    whole = "\n".join(lines)
    for told in (
        "now 0, most 1 of 1,000",
        "Echo  0 running · reserved 3 · provisioned 1/2:live (IN_PROGRESS) · 1 cold",
        "▲ 1 refused",
        "4 waiting, 1 for a retry · Echo: attempt 2 in 38 s",
        "reserved 3 · provisioned 1/2:live (IN_PROGRESS)",
        "5.00 s, 2×",
        "✗ 2 failed",
        "× ended",
    ):
        assert told in whole
    assert "▒" in lines[-1]
    assert "█" in lines[-1]


def test_sparklines_leave_nothing_blank() -> None:
    assert sparkline([None, 0, 1, 4, 8]) == "  ▁▄█"
    assert sparkline([1], most=8) == "▁"
