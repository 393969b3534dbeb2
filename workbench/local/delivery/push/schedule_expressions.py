"""AWS's own dialect of schedules: `rate()`, `cron()` and, for EventBridge Scheduler, `at()`.

Of EventBridge's user guide, "Cron and rate expressions": six fields, days of the week from 1 (SUN)
to 7, one of the two day fields is `?`. Times are in UTC, or in Scheduler's time zone: a local time
that a clock change leaves out is skipped, one that it repeats is used once.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol
from zoneinfo import ZoneInfo

_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"rate\((\d{1,9}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.*)\)")
_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

Zone = timezone | ZoneInfo
DayRule = Callable[[int, int], Iterator[int]]
"""The days of a month (year, month) on which something is due, in order."""


class InvalidSchedule(ValueError):
    """An expression that AWS would refuse."""


class Schedule(Protocol):
    """When something is due."""

    def after(self, moment: datetime) -> datetime | None:
        """The next time later than `moment`, in UTC; None when there is none any more."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Every `seconds` from `start` on, that moment included."""

    seconds: int
    start: datetime

    def after(self, moment: datetime) -> datetime | None:
        """See Schedule."""
        if moment < self.start:
            return self.start
        passed = (moment - self.start) // timedelta(seconds=self.seconds)
        return self.start + timedelta(seconds=self.seconds) * (passed + 1)


@dataclass(frozen=True, slots=True)
class At:
    """Once."""

    when: datetime

    def after(self, moment: datetime) -> datetime | None:
        """See Schedule."""
        return self.when if moment < self.when else None


@dataclass(frozen=True, slots=True)
class Cron:
    """Whenever all fields agree. The tuples are in order; `days` has both day fields in it."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]
    zone: Zone

    def after(self, moment: datetime) -> datetime | None:
        """See Schedule."""
        for local in self._local(moment.astimezone(self.zone).replace(tzinfo=None)):
            found = _in_zone(local, self.zone)
            if found is not None and found > moment:
                return found
        return None

    def _local(self, start: datetime) -> Iterator[datetime]:
        """The times of a clock in the zone from two hours before `start`: what a clock that is
        set back shows twice is found too."""
        start = start - timedelta(hours=2)
        for year in self.years:
            if year < start.year:
                continue
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                for day in self.days(year, month):
                    if date(year, month, day) < start.date():
                        continue
                    for hour in self.hours:
                        for minute in self.minutes:
                            local = datetime(year, month, day, hour, minute)
                            if local > start:
                                yield local


def parse(
    expression: str, start: datetime, zone: Zone = UTC, *, scheduler: bool = False
) -> Schedule:
    """The schedule of an expression. `start` is what a rate counts from: a rule first runs one
    period after it was made, so pass that moment. `scheduler`: at() is known too, and a unit's
    plural does not matter. Raises InvalidSchedule."""
    text = expression.strip()
    if match := _RATE.fullmatch(text):
        number, unit, plural = int(match[1]), match[2], match[3]
        if number < 1 or (not scheduler and (number == 1) == bool(plural)):
            raise InvalidSchedule(f"{expression}: write rate(1 {unit}) or rate(2 {unit}s).")
        return Rate(number * _SECONDS[unit], start)
    if scheduler and (match := _AT.fullmatch(text)):
        try:
            local = datetime.fromisoformat(match[1])
        except ValueError as error:
            raise InvalidSchedule(f"{expression}: {error}.") from None
        when = local.replace(tzinfo=zone).astimezone(UTC)
        return At(when)
    if match := _CRON.fullmatch(text):
        return _cron(match[1], zone)
    raise InvalidSchedule(f"{expression} is no schedule expression.")


def _in_zone(local: datetime, zone: Zone) -> datetime | None:
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def _cron(text: str, zone: Zone) -> Cron:
    fields = text.upper().split()
    if len(fields) != 6:
        raise InvalidSchedule("cron() takes six fields: minutes hours day month weekday year.")
    minutes, hours, day, month, weekday, year = fields
    if (day == "?") == (weekday == "?"):
        raise InvalidSchedule("One of cron()'s day of month and day of week must be ?.")
    return Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        _days_of_month(day) if weekday == "?" else _days_of_week(weekday),
        _values(month, 1, 12, _MONTHS),
        _values(year, 1970, 2199),
        zone,
    )


def _values(field: str, first: int, last: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """The numbers that a list of values, ranges and steps stands for."""
    found: set[int] = set()
    for item in field.split(","):
        span, slash, step = item.partition("/")
        low, dash, high = span.partition("-")
        if span == "*":
            start, end = first, last
        else:
            start = _number(low, first, last, names)
            end = _number(high, first, last, names) if dash else (last if slash else start)
        if slash and not (step.isdigit() and int(step) > 0):
            raise InvalidSchedule(f"“{item}” in cron() has no valid step.")
        if start <= end:
            found.update(range(start, end + 1, int(step) if slash else 1))
        else:  # FRI-MON goes on at the beginning
            found.update(range(start, last + 1), range(first, end + 1))
    return tuple(sorted(found))


def _number(text: str, first: int, last: int, names: tuple[str, ...]) -> int:
    number = first + names.index(text) if text in names else -1
    if text.isascii() and text.isdigit():
        number = int(text)
    if not first <= number <= last:
        raise InvalidSchedule(f"“{text}” in cron() must be from {first} to {last}.")
    return number


def _days_of_month(field: str) -> DayRule:
    if field in ("L", "LW"):
        nearest = field == "LW"
        return lambda year, month: iter(
            [_weekday_near(year, month, _length(year, month)) if nearest else _length(year, month)]
        )
    if match := re.fullmatch(r"(\d{1,2})W", field):
        wanted = _number(match[1], 1, 31, ())
        return lambda year, month: iter(
            [_weekday_near(year, month, wanted)] if wanted <= _length(year, month) else []
        )
    days = _values(field, 1, 31)
    return lambda year, month: (day for day in days if day <= _length(year, month))


def _days_of_week(field: str) -> DayRule:
    if match := re.fullmatch(r"(\w{1,3})#([1-5])", field):
        weekday, nth = _number(match[1], 1, 7, _WEEKDAYS), int(match[2])
        return lambda year, month: iter(_those(year, month, {weekday})[nth - 1 : nth])
    if match := re.fullmatch(r"(\w{1,3})L", field):
        weekday = _number(match[1], 1, 7, _WEEKDAYS)
        return lambda year, month: iter(_those(year, month, {weekday})[-1:])
    weekdays = {7} if field == "L" else set(_values(field, 1, 7, _WEEKDAYS))
    return lambda year, month: iter(_those(year, month, weekdays))


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _those(year: int, month: int, weekdays: set[int]) -> list[int]:
    """The days of a month that are one of these weekdays, SUN being 1."""
    days = range(1, _length(year, month) + 1)
    return [day for day in days if date(year, month, day).isoweekday() % 7 + 1 in weekdays]


def _weekday_near(year: int, month: int, day: int) -> int:
    """The working day that is nearest to a day, in the same month."""
    weekday = date(year, month, day).isoweekday()
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < _length(year, month) else day - 2
    return day
