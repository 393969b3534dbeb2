"""Everything in the process of the embedded services that pushes events to functions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from workbench.local.delivery.push import events, s3, scheduler, sns
from workbench.local.delivery.push.alarms.alarms import Alarms, all_alarms
from workbench.local.delivery.push.clock import Clock
from workbench.local.delivery.push.deliveries import Deliveries
from workbench.local.delivery.push.targets.targets import sender_for
from workbench.local.http.messages import Request
from workbench.local.services.settings import ServiceSettings

# Requests that can change what pushes to functions, by service.
_CONFIGURING = frozenset({"s3", "sns", "events", "scheduler"})
_CLOUDWATCH = "monitoring"  # as requests are signed
_READING = ("GET", "HEAD")


class Pushes:
    """Teaches moto's services to send to functions, each when it is first used.

    `place` is the local Lambda's. `say` takes messages for the local Lambda: `{"Source": …}` for a
    source that is new or changed, `{"Notice": …}` for a sentence that a person should read.
    """

    def __init__(self, place: ServiceSettings, say: Callable[[Mapping[str, object]], None]) -> None:
        self._place = place
        self._say = say
        self._deliveries = Deliveries(lambda arn: sender_for(arn, place), self._notice)
        self._clock: Clock | None = None
        self._alarms: Alarms | None = None
        self._lock = threading.Lock()

    def before(self, service: str, request: Request) -> None:
        """A request of the service is about to be answered, in this thread."""
        if service in _CONFIGURING:
            self._begin()
            s3.requested(request)
        elif service == _CLOUDWATCH and _concerns_alarms(request):
            self._begin_alarms()

    def prepare(self, service: str) -> None:
        """The service holds something from an earlier run."""
        if service in _CONFIGURING:
            self._begin()
        elif service == "cloudwatch" and any(all_alarms()):
            self._begin_alarms()

    def after(self, service: str, request: Request) -> None:
        """It was answered."""
        if request.method in _READING:
            return
        if self._clock is not None and service in _CONFIGURING:
            if service != "s3" or _configures(request):
                self._clock.changed()
        elif self._alarms is not None and service == _CLOUDWATCH and _concerns_alarms(request):
            self._alarms.changed()

    def _begin(self) -> None:
        if self._clock is not None:
            return
        with self._lock:
            if self._clock is None:
                s3.correct(self._deliveries, self._place.endpoint_url or "")
                sns.correct(self._deliveries)
                events.correct(self._deliveries)
                scheduler.correct()
                self._clock = Clock(self._deliveries, self._say)

    def _begin_alarms(self) -> None:
        self._begin()  # rules get what alarms tell
        with self._lock:
            if self._alarms is None:
                self._alarms = Alarms(self._place, self._deliveries, self._notice)

    def _notice(self, message: str) -> None:
        self._say({"Notice": message})


def _configures(request: Request) -> bool:
    """Whether a request to S3 may change a notification: most are for objects."""
    is_bucket = request.path.strip("/").count("/") == 0
    return is_bucket and ("notification" in request.query or request.method == "DELETE")


def _concerns_alarms(request: Request) -> bool:
    """Whether a request to CloudWatch is about alarms, in whichever protocol: most are not."""
    named = request.headers.get("x-amz-target", "") + request.path
    return "Alarm" in named or b"Alarm" in request.body[:1000]
