"""What every kind of poller has in common."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from workbench.local.delivery.pollers.invoke import Invoker, Outcome
from workbench.local.delivery.pollers.mapping import PolledMapping, Surroundings
from workbench.local.delivery.pollers.reports import Report

log = logging.getLogger(__name__)

_POOL = 64  # connections of a client
_making = threading.Lock()  # making clients is not thread-safe in boto3

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0  # between attempts to reach a service or a function that has no room


class Source(ABC):
    """The pollers of one mapping, in threads of their own, from `start` until `stop`.

    `ended` is called once, when the last thread is over.
    """

    def __init__(
        self,
        mapping: PolledMapping,
        surroundings: Surroundings,
        report: Report,
        ended: Callable[[], None],
    ) -> None:
        self.mapping = mapping
        self.surroundings = surroundings
        self.report = report
        self.stopping = threading.Event()
        self.invoker = Invoker(surroundings.url, mapping.function_arn)
        self._ended = ended
        self._lock = threading.Lock()
        self._in_flight = 0
        self._threads = 0
        self.failed = False  # one of the threads made a mistake

    @abstractmethod
    def run(self) -> None:
        """The first thread's work."""

    def start(self) -> None:
        """Begin to poll."""
        self.spawn(self.run)

    def stop(self) -> None:
        """Take nothing more; what is in flight is finished."""
        self.stopping.set()

    def client(self, service: str, arn: str = "") -> Any:
        """A boto3 client of a service that many threads may use, for the resource `arn`: the
        mapping's source, if it is no other."""
        account = (arn or self.mapping.source_arn).split(":")[4]
        with _making:
            return self.surroundings.settings.client(
                service,
                account,
                max_pool_connections=_POOL,
                retries={"mode": "standard", "total_max_attempts": 2},
                user_agent_extra="workbench-pollers",
            )

    @property
    def is_local(self) -> bool:
        """Whether the services are not AWS's own: calls cost nothing, waits can be short."""
        return self.surroundings.settings.endpoint_url is not None

    def spawn(self, work: Callable[[], None]) -> None:
        """Run `work` in a new thread of this source."""
        with self._lock:
            self._threads += 1
        threading.Thread(target=self._work, args=(work,), daemon=True).start()

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            log.exception("polling %s for %s", self.mapping.source_arn, self.mapping.function_arn)
            self.report.result(f"PROBLEM: The poller made a mistake ({error!r}).")
            self.failed = True
            self.stop()  # the others finish; then it is begun anew
        finally:
            with self._lock:
                self._threads -= 1
                last = self._threads == 0
            if last:
                self.invoker.close()
                self._ended()

    def invoke(
        self, event: bytes, trace: str | None = None, sent: Callable[[], None] | None = None
    ) -> Outcome:
        """Invoke the function once; tells what comes of it. See Invoker.invoke."""
        self._flying(1)
        try:
            outcome = self.invoker.invoke(event, trace, sent)
        finally:
            self._flying(-1)
        if not outcome.ran:
            self.report.count("InvokeErrorCount")
            if not outcome.throttled:
                self.report.result(outcome.problem)
        elif outcome.function_error is not None:
            self.report.result("PROBLEM: Function call failed")
        else:
            self.report.result("OK")
        return outcome

    def _flying(self, change: int) -> None:
        with self._lock:
            self._in_flight += change
            number = self._in_flight
        self.report.in_flight(number)


def longer(pause: float) -> float:
    """The next pause after one that was not long enough."""
    return min(2 * pause, LONGEST_PAUSE)
