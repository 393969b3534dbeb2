"""What becomes of an asynchronous event after an attempt: rules without any I/O (lambda-facts §6).

Lambda's long waits are divided by a time scale; times are epoch seconds, lengths are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]
"""Why an event is over, as records say it."""

RETRY_SECONDS = (60.0, 120.0)
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
_MAX_AGE = 21_600


@dataclass(frozen=True, slots=True)
class EventInvokeConfig:
    """How events invoked by one qualifier are treated; the defaults are Lambda's.

    `on_success` and `on_failure` are ARNs or None, `maximum_age` is in seconds.
    """

    maximum_retries: int = len(RETRY_SECONDS)
    maximum_age: float = _MAX_AGE
    on_success: str | None = None
    on_failure: str | None = None

    def destination(self, condition: Condition) -> str | None:
        """Where the record of an event that ended like this goes, if anywhere."""
        return self.on_success if condition == "Success" else self.on_failure


def event_invoke_config(kept: Mapping[str, Any] | None) -> EventInvokeConfig:
    """From what PutFunctionEventInvokeConfig keeps, or None."""
    if not kept:
        return EventInvokeConfig()
    destinations = kept.get("DestinationConfig") or {}
    return EventInvokeConfig(
        kept.get("MaximumRetryAttempts", len(RETRY_SECONDS)),
        kept.get("MaximumEventAgeInSeconds", _MAX_AGE),
        (destinations.get("OnSuccess") or {}).get("Destination") or None,
        (destinations.get("OnFailure") or {}).get("Destination") or None,
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """Lambda's waits, divided by `scale`."""

    scale: float = 1.0

    def expired(self, config: EventInvokeConfig, accepted: float, now: float) -> bool:
        """Whether the event is older than it may become."""
        return now - accepted >= config.maximum_age / self.scale

    def after_error(
        self, config: EventInvokeConfig, accepted: float, attempts: int, now: float
    ) -> float | Condition:
        """When to run an event again whose function has failed `attempts` times, or why not.

        An event that would be too old by then is over at once.
        """
        if attempts > config.maximum_retries:
            return "RetriesExhausted"
        due = now + RETRY_SECONDS[attempts - 1] / self.scale
        return "EventAgeExceeded" if self.expired(config, accepted, due) else due

    def after_throttle(
        self, config: EventInvokeConfig, accepted: float, pause: float, now: float
    ) -> float | Condition:
        """When to try an event again that could not run, at its maximum age at the latest."""
        if self.expired(config, accepted, now):
            return "EventAgeExceeded"
        end = accepted + config.maximum_age / self.scale
        return min(now + pause / self.scale, end)
