"""When an event is run again, and why not (lambda-facts §6)."""

from __future__ import annotations

import pytest

from workbench.local.delivery.lane import AT_ONCE, Lane
from workbench.local.delivery.outcomes import EventInvokeConfig, Waits, event_invoke_config

DEFAULT = EventInvokeConfig()


@pytest.mark.parametrize(
    ("config", "attempts", "age", "outcome"),
    [
        (DEFAULT, 1, 0.5, 1060.5),
        (DEFAULT, 2, 61.0, 1181.0),
        (DEFAULT, 3, 182.0, "RetriesExhausted"),
        (EventInvokeConfig(maximum_retries=0), 1, 0.0, "RetriesExhausted"),
        (EventInvokeConfig(maximum_age=60), 1, 0.1, "EventAgeExceeded"),
        (EventInvokeConfig(maximum_age=90), 1, 0.1, 1060.1),
        (EventInvokeConfig(maximum_age=90), 2, 61.0, "EventAgeExceeded"),
    ],
)
def test_after_a_function_error(
    config: EventInvokeConfig, attempts: int, age: float, outcome: object
) -> None:
    now = 1000 + age
    assert Waits().after_error(config, 1000.0, attempts, now) == outcome


def test_a_time_scale_divides_every_wait() -> None:
    waits = Waits(60.0)
    assert waits.after_error(DEFAULT, 1000.0, 1, 1000.0) == 1001.0
    assert waits.expired(EventInvokeConfig(maximum_age=120), 1000.0, 1002.0)
    assert waits.after_throttle(DEFAULT, 1000.0, 30.0, 1000.0) == 1000.5


def test_throttled_events_are_tried_until_they_are_too_old() -> None:
    config = EventInvokeConfig(maximum_age=60)
    assert Waits().after_throttle(config, 1000.0, 32.0, 1010.0) == 1042.0
    assert Waits().after_throttle(config, 1000.0, 64.0, 1042.0) == 1060.0
    assert Waits().after_throttle(config, 1000.0, 128.0, 1060.0) == "EventAgeExceeded"


def test_pauses_grow_to_five_minutes_and_shrink_when_an_event_runs() -> None:
    lane = Lane("f")
    assert [lane.throttled() for _ in range(10)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    lane.started(1)
    assert lane.throttled() == 1


def test_a_throttled_lane_runs_fewer_at_once_until_some_went_well() -> None:
    lane = Lane("f")
    for id in range(3):
        lane.started(id)
    lane.throttled()
    assert not lane.has_room(0.0)
    lane.ended()
    assert lane.has_room(0.0)
    lane.started(3)
    for id in range(4, 100):
        lane.ended()
        lane.started(id)
    assert lane.has_room(0.0)
    while lane.has_room(0.0):
        lane.started(100 + lane.running)
    assert lane.running == AT_ONCE


def test_what_is_kept_of_a_configuration() -> None:
    assert event_invoke_config(None) == DEFAULT
    kept = {
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": "arn"}},
    }
    config = event_invoke_config(kept)
    assert config == EventInvokeConfig(maximum_retries=0, on_failure="arn")
    assert config.destination("Success") is None
    assert config.destination("ZeroReservedConcurrency") == "arn"
