"""`Pending → Active` and `InProgress → Successful`, as observable steps (lambda-facts §4.3)."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import Any

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


class Transitions:
    """Ends each transition after `seconds`, with a new RevisionId."""

    def __init__(self, functions: Functions, seconds: float) -> None:
        self._functions = functions
        self._seconds = seconds
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}

    def begin(self, version: Version) -> None:
        """`version` is Pending or InProgress from now on."""
        key = (version.function, version.version)
        earlier = self._timers.pop(key, None)
        if earlier is not None:
            earlier.cancel()
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(self._seconds, self._finish, *key)

    def resume(self) -> None:
        """End what an earlier process began. What waits for dependencies is linked anew."""
        for version in self._functions.unfinished():
            self._finish(version.function, version.version)

    def close(self) -> None:
        """Forget the timers; `resume` ends those transitions in the next process."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _finish(self, name: str, number: str) -> None:
        self._timers.pop((name, number), None)
        version = self._functions.version(name, number)
        if version is not None:
            configuration = settled(dict(version.configuration))
            configuration["RevisionId"] = str(uuid.uuid4())
            self._functions.put_version(replace(version, configuration=configuration))


def settled(configuration: dict[str, Any]) -> dict[str, Any]:
    """The configuration once its transition is over."""
    kept = {key: value for key, value in configuration.items() if key not in _REASONS}
    return {**kept, **SETTLED}
