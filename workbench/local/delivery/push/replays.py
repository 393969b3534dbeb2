"""Replays of the embedded EventBridge's archives: the events of a range of time, once more.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html
moto replays all that an archive has to all rules, before StartReplay is answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from workbench.local.services.keeping import keep

_AT_WORK = ("STARTING", "RUNNING")


def correct() -> None:
    """Make moto's replays so, and go on with those of an earlier run. Needs that part of moto to
    be loaded."""
    from moto.events import models

    replay: Any = models.Replay
    backend: Any = models.EventsBackend
    replay.replay_events = _begin
    replay.describe_short = _with_progress(replay.describe_short)
    backend.start_replay = _checking(backend.start_replay)
    backend.cancel_replay = _cancel
    for regions in list(models.events_backends.values()):
        for found in list(regions.values()):
            for kept in list(found.replays.values()):
                archive = found.archives.get(kept.source_arn.rpartition("/")[2])
                if kept.state.value in _AT_WORK and archive is not None:
                    _begin(kept, archive)
                elif kept.state.value in (*_AT_WORK, "CANCELLING"):
                    _end(kept, "CANCELLED")


def _begin(replay: Any, archive: Any) -> None:
    """In a thread of its own."""
    events = replayed(archive.events, replay.event_start_time, replay.event_end_time)
    last = getattr(replay, "last_replayed", None)
    left = [event for event in events if last is None or _seconds(event) >= last]
    threading.Thread(target=_run, args=(replay, left), name="replay", daemon=True).start()


def replayed(events: list[Mapping[str, Any]], start: float, end: float) -> list[Mapping[str, Any]]:
    """Those that occurred from `start` until before `end` (epoch seconds), by their time."""
    return sorted((event for event in events if start <= _seconds(event) < end), key=_seconds)


def _run(replay: Any, events: list[Mapping[str, Any]]) -> None:
    from moto.events.models import ReplayState, events_backends
    from moto.moto_api._internal import mock_random

    only = frozenset(replay.destination.get("FilterArns") or ())
    if replay.state is ReplayState.STARTING:
        replay.state = ReplayState.RUNNING
        keep.changed("events")
    for event in events:
        if replay.state is not ReplayState.RUNNING:
            break
        again: Any = {**event, "id": str(mock_random.uuid4()), "replay-name": replay.name}
        bus = events_backends[replay.account_id][replay.region].event_buses.get(
            replay.destination["Arn"].rpartition("/")[2]
        )
        if bus is None:
            _end(replay, "FAILED")
            return
        for rule in list(bus.rules.values()):
            if not only or rule.arn in only:
                rule.send_to_targets(again)
        replay.last_replayed = _seconds(event)
    _end(replay, "COMPLETED" if replay.state is ReplayState.RUNNING else "CANCELLED")


def _end(replay: Any, state: str) -> None:
    from moto.events.models import ReplayState

    replay.end_time = time.time()
    replay.state = ReplayState(state)
    keep.changed("events")


def _seconds(event: Mapping[str, Any]) -> float:
    """When an event of an archive occurred."""
    return datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()


def _with_progress(original: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    def described(replay: Any) -> dict[str, Any]:
        told = {**original(replay), "EventLastReplayedTime": getattr(replay, "last_replayed", None)}
        return {name: value for name, value in told.items() if value is not None}

    return described


def _checking(original: Callable[..., Any]) -> Callable[..., Any]:
    def start_replay(
        backend: Any, name: str, description: str, source: str, start: float, end: float, *to: Any
    ) -> Any:
        from moto.events.exceptions import ValidationException

        if start == end:  # moto refuses only one that ends before it starts
            reason = "Reason: EventStartTime must be before EventEndTime."
            raise ValidationException(f"Parameter EventEndTime is not valid. {reason}")
        return original(backend, name, description, source, start, end, *to)

    return start_replay


def _cancel(backend: Any, name: str) -> dict[str, str]:
    """CancelReplay; moto lets one be cancelled that is over."""
    from moto.events.exceptions import IllegalStatusException
    from moto.events.models import ReplayState

    replay = backend._get_replay(name)
    if replay.state.value not in _AT_WORK:
        raise IllegalStatusException(f"Replay {name} is not in a valid state for this operation.")
    replay.state = ReplayState.CANCELLING
    return {"ReplayArn": replay.arn, "State": replay.state.value}
