"""What pollers tell the server: how far they are and what went wrong, a few times a second."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

_PAUSE_SECONDS = 0.1


class Report:
    """What is known of one mapping. Any thread may change it."""

    def __init__(self, uuid: str, changed: Callable[[], None], urgent: Callable[[], None]) -> None:
        self._uuid = uuid
        self._changed = changed
        self._urgent = urgent
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._stalled: dict[str, dict[str, object]] = {}
        self._counts: Counter[str] = Counter()
        self._age: float | None = None
        self._dirty = False

    def running(self, revision: int) -> None:
        """The pollers of this revision of the mapping are at work."""
        self._values.pop("Stopped", None)
        self._set(Revision=revision)
        self._urgent()

    def stopped(self) -> None:
        """No poller of the mapping runs any more."""
        with self._lock:
            self._values = {"Stopped": True}
            self._stalled.clear()
            self._dirty = True
        self._changed()
        self._urgent()

    def result(self, text: str) -> None:
        """How the last batch went: LastProcessingResult."""
        self._set(Result=text)

    def in_flight(self, number: int) -> None:
        """So many batches are being processed."""
        self._set(InFlight=number)

    def backlog(self, number: int) -> None:
        """So many items wait in the source, as far as that is known."""
        self._set(Backlog=number)

    def iterator_age(self, seconds: float) -> None:
        """The age of the last record of the batch that is invoked with."""
        with self._lock:
            self._age = max(seconds, 0.0) * 1000
            self._dirty = True
        self._changed()

    def stalled(self, shard: str, what: dict[str, object] | None) -> None:
        """What holds up a shard (`Stalled` of EventSources.describe); None when nothing does any
        more."""
        with self._lock:
            if what is None:
                if self._stalled.pop(shard, None) is None:
                    return
            else:
                self._stalled[shard] = what
            self._dirty = True
        self._changed()

    def count(self, metric: str, number: int = 1) -> None:
        """Count for one of the metrics of mappings (§5)."""
        if number:
            with self._lock:
                self._counts[metric] += number
                self._dirty = True
            self._changed()

    def take(self) -> dict[str, Any] | None:
        """All of it, when something changed since the last time and it is worth telling."""
        with self._lock:
            told = "Revision" in self._values or "Stopped" in self._values
            if not self._dirty or not told:
                return None
            self._dirty = False
            report = {"UUID": self._uuid, **self._values}
            report["Stalled"] = list(self._stalled.values())
            report["Counts"] = dict(self._counts)
            self._counts.clear()
            if self._age is not None:
                report["IteratorAgeMs"] = self._age
                self._age = None
            return report

    def _set(self, **values: Any) -> None:
        with self._lock:
            if all(self._values.get(name) == value for name, value in values.items()):
                return
            self._values.update(values)
            self._dirty = True
        self._changed()


class Reporter:
    """Sends the reports that changed, from a thread of its own."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._reports: dict[str, Report] = {}
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._urgent = threading.Event()

    def start(self) -> None:
        """Begin to send."""
        threading.Thread(target=self._run, name="reports", daemon=True).start()

    def report(self, uuid: str) -> Report:
        """The report of the mapping `uuid`."""
        with self._lock:
            report = self._reports.get(uuid)
            if report is None:
                report = self._reports[uuid] = Report(uuid, self._changed.set, self._urgent.set)
            return report

    def forget(self, uuid: str) -> None:
        """Nothing more is told of this mapping once its last report is sent."""
        self.flush()
        with self._lock:
            self._reports.pop(uuid, None)

    def _run(self) -> None:
        while True:
            self._changed.wait()
            self._urgent.wait(_PAUSE_SECONDS)  # not in the middle of what changed it
            self._urgent.clear()
            self._changed.clear()
            self.flush()

    def flush(self) -> None:
        """Send what is to be told, at once."""
        with self._lock:
            reports = list(self._reports.values())
        for report in reports:
            if (told := report.take()) is not None:
                self._send(told)
