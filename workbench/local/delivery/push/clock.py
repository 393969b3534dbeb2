"""What is due when: the thread in the services' process that runs schedules, and tells which
sources push to functions."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.local.delivery.push import events, schedule_expressions, scheduler
from workbench.local.delivery.push.deliveries import Deliveries
from workbench.local.delivery.push.sources import sources
from workbench.local.services.keeping import keep

_UNSEEN = timedelta(seconds=10)  # what was due before its configuration was seen is run
_LONGEST_WAIT = 30.0  # a clock may be set, a machine may sleep

Say = Callable[[Mapping[str, object]], None]


@dataclass(slots=True)
class _Entry:
    """Something with a schedule. `since` is what it was like when `due` was worked out: `due` is
    when it comes, `run` when it is run, which may be later in a flexible window."""

    found: Any
    since: tuple[object, ...]
    due: datetime | None
    run: datetime | None


class Clock:
    """Runs rules' and Scheduler's schedules. `say` is told each source when it is new or changed,
    with its State "Deleted" when it is gone, and whether anything is scheduled."""

    def __init__(self, deliveries: Deliveries, say: Say) -> None:
        self._deliveries = deliveries
        self._say = say
        self._changed = threading.Event()
        self._entries: dict[str, _Entry] = {}
        self._told: dict[str, dict[str, object]] = {}
        self._scheduled: bool | None = None
        threading.Thread(target=self._go, name="clock", daemon=True).start()

    def changed(self) -> None:
        """Something was configured: look at all schedules and sources again."""
        self._changed.set()

    def _go(self) -> None:
        while True:
            now = datetime.now(UTC)
            waits = [
                (entry.run - now).total_seconds() for entry in self._entries.values() if entry.run
            ]
            self._changed.wait(min([_LONGEST_WAIT, *(max(wait, 0) for wait in waits)]))
            self._changed.clear()
            try:
                self._look(datetime.now(UTC))
                for entry in list(self._entries.values()):
                    if entry.run is not None and entry.run <= datetime.now(UTC):
                        self._run(entry)
                self._tell()
            except RuntimeError:  # a dictionary of moto's changed meanwhile: look again
                self._changed.set()

    def _look(self, now: datetime) -> None:
        there = {arn: (found, since) for arn, found, since in _scheduled()}
        for gone in self._entries.keys() - there.keys():
            del self._entries[gone]
        for arn, (found, since) in there.items():
            known = self._entries.get(arn)
            if known is None or known.since != since:
                self._entries[arn] = entry = _Entry(found, since, None, None)
                self._plan(entry, max(_made(found), now - _UNSEEN))

    def _plan(self, entry: _Entry, now: datetime) -> None:
        entry.due = next_run(entry.found, now)
        entry.run = entry.due
        window = getattr(entry.found, "flexible_time_window", None) or {}
        if entry.due is not None and window.get("Mode") == "FLEXIBLE":
            minutes = float(window.get("MaximumWindowInMinutes") or 0)
            entry.run = entry.due + timedelta(minutes=random.uniform(0, minutes))

    def _run(self, entry: _Entry) -> None:
        found, due = entry.found, entry.due
        assert due is not None
        self._plan(entry, max(due, datetime.now(UTC)))
        if hasattr(found, "schedule_expression"):
            scheduler.run(self._deliveries, found, due)
            if entry.due is None and found.action_after_completion == "DELETE":
                _delete(found)
        else:
            events.run_schedule(found, due)

    def _tell(self) -> None:
        due = {arn: entry.due for arn, entry in self._entries.items()}
        there = {str(source["Id"]): source for source in sources(due)}
        for id, source in there.items():
            if self._told.get(id) != source:
                self._say({"Source": source})
        for id in self._told.keys() - there.keys():
            self._say({"Source": {**self._told[id], "State": "Deleted", "NextRun": None}})
        self._told = there
        scheduled = any(entry.due is not None for entry in self._entries.values())
        if scheduled != self._scheduled:
            self._scheduled = scheduled
            self._say({"Scheduled": scheduled})


def next_run(found: Any, moment: datetime) -> datetime | None:
    """When moto's Rule or Schedule is due after `moment`; None when it is not."""
    if found.state == "DISABLED":  # moto forgets the default, ENABLED, in UpdateSchedule
        return None
    try:
        if hasattr(found, "schedule_expression"):
            return scheduler.next_run(found, moment)
        return schedule_expressions.parse(found.scheduled_expression, _made(found)).after(moment)
    except ValueError:  # it was not checked when it was made
        return None


def _made(found: Any) -> datetime:
    """When moto's Rule (see events.py) or Schedule got its present configuration."""
    made = found.last_modified_date if hasattr(found, "schedule_expression") else found.made
    return datetime.fromtimestamp(made, UTC)


def _scheduled() -> Iterator[tuple[str, Any, tuple[object, ...]]]:
    """All that has a schedule, by ARN, and what its next run depends on."""
    from moto.events.models import events_backends
    from moto.scheduler.models import scheduler_backends

    for regions in list(events_backends.values()):
        for backend in list(regions.values()):
            for rule in list(backend.event_buses["default"].rules.values()):
                if rule.scheduled_expression:
                    yield rule.arn, rule, (rule.scheduled_expression, rule.state, id(rule))
    for schedules in list(scheduler_backends.values()):
        for owner in list(schedules.values()):
            for group in list(owner.schedule_groups.values()):
                for schedule in list(group.schedules.values()):
                    dates = schedule.last_modified_date, schedule.start_date, schedule.end_date
                    yield schedule.arn, schedule, (id(schedule), schedule.state, dates)


def _delete(schedule: Any) -> None:
    from moto.scheduler.models import scheduler_backends

    region, account = schedule.arn.split(":")[3:5]
    groups = scheduler_backends[account][region].schedule_groups
    groups[schedule.group_name].schedules.pop(schedule.name, None)
    keep.changed("scheduler")
