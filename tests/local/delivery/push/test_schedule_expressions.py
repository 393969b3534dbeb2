"""Schedules in AWS's dialect."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.local.delivery.push.schedule_expressions import InvalidSchedule, parse

START = datetime(2026, 1, 15, 10, 20, 30, tzinfo=UTC)  # a Thursday


def after(expression: str, moment: datetime = START, zone: str = "UTC") -> str:
    found = parse(expression, START, ZoneInfo(zone), scheduler=True).after(moment)
    return f"{found:%Y-%m-%d %H:%M:%S}" if found else "never"


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("rate(1 minute)", "2026-01-15 10:21:30"),
        ("rate(5 minutes)", "2026-01-15 10:25:30"),
        ("rate(1 hour)", "2026-01-15 11:20:30"),
        ("rate(7 days)", "2026-01-22 10:20:30"),
        ("at(2026-01-15T10:20:31)", "2026-01-15 10:20:31"),
        ("at(2026-01-15T10:20:30)", "never"),
        ("cron(0 10 * * ? *)", "2026-01-16 10:00:00"),
        ("cron(15 12 * * ? *)", "2026-01-15 12:15:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-01-15 18:00:00"),
        ("cron(0 8 1 * ? *)", "2026-02-01 08:00:00"),
        ("cron(0/15 * * * ? *)", "2026-01-15 10:30:00"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-01-15 10:25:00"),
        ("cron(0 9 ? * 2#1 *)", "2026-02-02 09:00:00"),
        ("cron(0 9 ? * FRI#3 *)", "2026-01-16 09:00:00"),
        ("cron(0 9 ? * 6L *)", "2026-01-30 09:00:00"),
        ("cron(0 9 ? * L *)", "2026-01-17 09:00:00"),
        ("cron(0 0 L * ? *)", "2026-01-31 00:00:00"),
        ("cron(0 0 L 2 ? 2028)", "2028-02-29 00:00:00"),
        ("cron(0 0 LW * ? *)", "2026-01-30 00:00:00"),
        ("cron(0 0 1W 2 ? *)", "2026-02-02 00:00:00"),
        ("cron(0 0 31W 1 ? *)", "2026-01-30 00:00:00"),
        ("cron(0 0 18W 1 ? *)", "2026-01-19 00:00:00"),
        ("cron(0 0 31 2,4,12 ? *)", "2026-12-31 00:00:00"),
        ("cron(0 0 ? * SAT-MON *)", "2026-01-17 00:00:00"),
        ("cron(30,0 23 15 jan ? 2025-2026)", "2026-01-15 23:00:00"),
        ("cron(0 0 1 1 ? 2025)", "never"),
        ("cron(0 0 30 2 ? *)", "never"),
    ],
)
def test_next_run(expression: str, due: str) -> None:
    assert after(expression) == due


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)", "rate(5 seconds)", "rate(5)", "rate( 5 minutes)", "at(tomorrow)",
        "at(2026-02-30T00:00:00)", "cron(* * * * ?)", "cron(* * * * * *)", "cron(* * ? * ? *)",
        "cron(60 * * * ? *)", "cron(* 24 * * ? *)", "cron(* * 32 * ? *)", "cron(* * 0 * ? *)",
        "cron(* * * 13 ? *)", "cron(* * ? * 8 *)", "cron(* * ? * MON#6 *)", "cron(*/0 * * * ? *)",
        "cron(* * * * ? 1969)", "cron(a * * * ? *)", "5 minutes", "",
    ],
)  # fmt: skip
def test_refused(expression: str) -> None:
    with pytest.raises(InvalidSchedule):
        parse(expression, START, scheduler=True)


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(5 minute)", "at(2026-01-01T00:00:00)"]
)
def test_refused_of_rules_only(expression: str) -> None:
    parse(expression, START, scheduler=True)
    with pytest.raises(InvalidSchedule):
        parse(expression, START)


def test_local_times_that_a_clock_change_leaves_out_or_repeats() -> None:
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)  # Berlin: 02:00 becomes 03:00 on the 29th
    assert after("cron(30 2 * * ? *)", spring, "Europe/Berlin") == "2026-03-30 00:30:00"
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)  # 03:00 becomes 02:00 on the 25th
    once = "cron(30 2 * * ? *)"
    assert after(once, autumn, "Europe/Berlin") == "2026-10-25 00:30:00"
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert after(once, first, "Europe/Berlin") == "2026-10-26 01:30:00"


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_each_run_is_later_than_the_one_before(moment: datetime) -> None:
    for expression in ("cron(0/7 3,4 ? * 2-6 *)", "cron(0 0 LW * ? *)", "rate(3 hours)"):
        schedule = parse(expression, START)
        first = schedule.after(moment)
        assert first is not None and first > moment
        second = schedule.after(first)
        assert second is not None and second > first
