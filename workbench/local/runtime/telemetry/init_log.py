"""What the platform reports about one initialisation, or one restore from a snapshot."""

from __future__ import annotations

import time
from collections.abc import Iterable

from workbench.local.runtime.domain.extensions_api import Extension
from workbench.local.runtime.environment import Environment
from workbench.local.runtime.telemetry import extension_events, init_events, restore_events
from workbench.local.runtime.telemetry.journal import Journal
from workbench.local.runtime.telemetry.platform_events import PlatformEvent


class InitLog:
    """Writes the events of an initialisation in their order: `begin`, `runtime_done`, `end`.

    `phase` is "init", "invoke" when it is inside an invocation, or "restore". `duration_ms` is how
    long it took, once it is over.
    """

    def __init__(self, environment: Environment, journal: Journal, phase: str) -> None:
        self._environment = environment
        self._journal = journal
        self._phase = phase
        self._began = time.monotonic()
        self.duration_ms = 0.0
        self._runtime_told = False

    def begin(self) -> None:
        """It begins now."""
        self._began = time.monotonic()
        spec, instance = self._environment.spec, self._environment.log_stream
        kind = self._environment.initialization_type
        if self._phase == "restore":
            self._journal.platform(restore_events.RestoreStart(spec, instance))
        else:
            event = init_events.InitStart(spec, instance, kind, self._phase)
            self._journal.platform(event)

    def runtime_done(self, status: str, error_type: str | None) -> None:
        """The runtime has initialised, or will not any more; told once."""
        if self._runtime_told:
            return
        self._runtime_told = True
        if self._phase == "restore":
            self._journal.platform(restore_events.RestoreRuntimeDone(status, error_type))
        else:
            kind = self._environment.initialization_type
            self._journal.platform(
                init_events.InitRuntimeDone(kind, self._phase, status, error_type)
            )

    def end(self, status: str, error_type: str | None, extensions: Iterable[Extension]) -> None:
        """It is over: "success", "error" or "timeout"; so far the extensions have come."""
        self.runtime_done(status, error_type)
        events: list[PlatformEvent] = [
            extension_events.Extension(each.name, each.state, each.events, each.error_type)
            for each in extensions
        ]
        taken = self.duration_ms = (time.monotonic() - self._began) * 1000
        if self._phase == "restore":
            events.append(restore_events.RestoreReport(status, error_type, taken))
        else:
            kind = self._environment.initialization_type
            events.append(init_events.InitReport(kind, self._phase, status, error_type, taken))
        self._journal.platform(*events)
