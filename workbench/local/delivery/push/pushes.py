"""Everything in the process of the embedded services that pushes events to functions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from workbench.local.delivery.push import events, s3, scheduler, sns
from workbench.local.delivery.push.clock import Clock
from workbench.local.delivery.push.deliveries import Deliveries
from workbench.local.delivery.push.targets.targets import sender_for
from workbench.local.http.messages import Request
from workbench.local.services.settings import ServiceSettings

# Requests that can change what pushes to functions, by service.
_CONFIGURING = frozenset({"s3", "sns", "events", "scheduler"})
_READING = ("GET", "HEAD")


class Pushes:
    """Teaches moto's services to send to functions, each when it is first used.

    `place` is the local Lambda's. `say` takes messages for the local Lambda: `{"Source": …}` for a
    source that is new or changed, `{"Notice": …}` for a sentence that a person should read.
    """

    def __init__(self, place: ServiceSettings, say: Callable[[Mapping[str, object]], None]) -> None:
        self._place = place
        self._say = say
        self._clock: Clock | None = None
        self._lock = threading.Lock()

    def before(self, service: str, request: Request) -> None:
        """A request of the service is about to be answered, in this thread."""
        if service in _CONFIGURING:
            self.prepare(service)
            s3.requested(request)

    def prepare(self, service: str) -> None:
        """The service is about to be used, or holds something from an earlier run."""
        if service in _CONFIGURING and self._clock is None:
            with self._lock:
                if self._clock is None:
                    self._clock = self._begin()

    def after(self, service: str, request: Request) -> None:
        """It was answered."""
        if service not in _CONFIGURING or request.method in _READING or self._clock is None:
            return
        if service == "s3" and not _configures(request):
            return
        self._clock.changed()

    def _begin(self) -> Clock:
        def notice(message: str) -> None:
            self._say({"Notice": message})

        deliveries = Deliveries(lambda arn: sender_for(arn, self._place), notice)
        s3.correct(deliveries, self._place.endpoint_url or "")
        sns.correct(deliveries)
        events.correct(deliveries)
        scheduler.correct()
        return Clock(deliveries, self._say)


def _configures(request: Request) -> bool:
    """Whether a request to S3 may change a notification: most are for objects."""
    is_bucket = request.path.strip("/").count("/") == 0
    return is_bucket and ("notification" in request.query or request.method == "DELETE")
