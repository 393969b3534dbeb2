"""One process of a runtime domain, with its log pipe: the runtime's or an extension's."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.launchers import Process
from workbench.local.runtime.telemetry.journal import Journal, Source


class DomainProcess:
    """Follows one process from its start to its end; `ended` is then called once.

    Give `exited` to whatever starts the process, and what was started to `started`.
    """

    def __init__(
        self, journal: Journal, source: Source, ended: Callable[[DomainProcess, int], None]
    ) -> None:
        self.gone = asyncio.Event()
        self._journal = journal
        self._source: Source = source
        self._ended = ended
        self._process: Process | None = None
        self.failure: Fault | None = None  # what ended it, where its exit status does not tell

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """Its id; 0 while it is not known, and when it has ended."""
        return self._process.pid if self._process is not None else 0

    def started(self, process: Process) -> None:
        """It runs; its output is logged from now on."""
        self._process = process
        self._journal.follow(process.output, self._source)

    def exited(self, code: int) -> None:
        """It has ended, with this status (negative: the signal)."""
        process = self._release()
        if process is not None:
            self.failure = process.failure
            self.gone.set()
            self._ended(self, code)

    def send(self, number: signal.Signals) -> None:
        """A signal to its process group, if it runs."""
        if self._process is not None:
            self._process.send(number)

    def terminate(self) -> None:
        """SIGTERM to its process group."""
        self.send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to its process group; its end is told."""
        if self._process is not None:
            self._process.kill()

    def forget(self) -> None:
        """SIGKILL, and its end is no news any more."""
        process = self._release()
        if process is not None:
            process.on_exit = _nothing
            process.kill()
            self.gone.set()

    def _release(self) -> Process | None:
        process, self._process = self._process, None
        if process is not None:
            self._journal.unfollow(process.output)
        return process


def _nothing(code: int) -> None:
    return None
