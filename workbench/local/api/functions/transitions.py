"""`Pending → Active` and `InProgress → Successful`, as observable steps (lambda-facts §4.3)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from workbench.local.api.functions import snapstart
from workbench.local.runtime.faults import Fault
from workbench.local.store.functions import Functions
from workbench.local.store.records import Version

_REASONS = (
    "StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode",
)  # fmt: skip

PENDING = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
IN_PROGRESS = {
    "State": "Active",
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}
SETTLED = {"State": "Active", "LastUpdateStatus": "Successful"}


Snapshots = Callable[[Version, Callable[[Fault | None], None]], None]
"""Makes the SnapStart snapshot of a version and calls back, with what went wrong if it failed."""


class Transitions:
    """Ends each transition after `seconds`, with a new RevisionId; that of a version with SnapStart
    when its snapshot is made, too."""

    def __init__(self, functions: Functions, seconds: float) -> None:
        self._functions = functions
        self._seconds = seconds
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._snapshots: Snapshots | None = None

    def make_snapshots(self, snapshots: Snapshots) -> None:
        """This is how snapshots are made. For once, before the first transition."""
        self._snapshots = snapshots

    def begin(self, version: Version) -> None:
        """`version` is Pending or InProgress from now on."""
        key = (version.function, version.version)
        earlier = self._timers.pop(key, None)
        if earlier is not None:
            earlier.cancel()
        loop = asyncio.get_running_loop()
        then: Callable[[str, str], None] = self._finish
        if self._snapshots is not None and snapstart.is_optimised(version.configuration):
            then = self._snap
        self._timers[key] = loop.call_later(self._seconds, then, *key)

    def resume(self) -> None:
        """End what an earlier process began. What waits for dependencies is linked anew."""
        for version in self._functions.unfinished():
            if snapstart.is_optimised(version.configuration):
                self.begin(version)
            else:
                self._finish(version.function, version.version)

    def close(self) -> None:
        """Forget the transitions; `resume` ends them in the next process."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._snapshots = None

    def _snap(self, name: str, number: str) -> None:
        version = self._functions.version(name, number)
        if version is not None and self._snapshots is not None:
            self._snapshots(version, lambda fault: self._snapped(name, number, fault))

    def _snapped(self, name: str, number: str, fault: Fault | None) -> None:
        if self._snapshots is not None:
            self._finish(name, number, fault)

    def _finish(self, name: str, number: str, fault: Fault | None = None) -> None:
        self._timers.pop((name, number), None)
        version = self._functions.version(name, number)
        if version is not None:
            configuration = settled(dict(version.configuration))
            if fault is not None:
                configuration |= snapstart.failed(fault.error_type, fault.message)
            configuration["RevisionId"] = str(uuid.uuid4())
            self._functions.put_version(replace(version, configuration=configuration))


def settled(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration once its transition is over."""
    kept = {key: value for key, value in configuration.items() if key not in _REASONS}
    return {**kept, **SETTLED}
