"""When lines that keep coming are painted, by a clock of our own."""

from __future__ import annotations

import pytest

from workbench.ui import responsive
from workbench.ui.widgets.pace import Pace

ROOM = 10


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    times = {"now": 100.0, "key": 0.0}
    monkeypatch.setattr(responsive, "now", lambda: times["now"])
    monkeypatch.setattr(responsive, "last_key", lambda: times["key"])
    return times


def test_what_fits_is_painted_at_once(clock: dict[str, float]) -> None:
    pace = Pace()
    pace.painted()
    assert not pace.is_behind
    clock["key"] = clock["now"]
    pace.come(ROOM)
    assert pace.is_behind and pace.is_due(ROOM)


def test_a_flood_is_painted_a_few_times_a_second_and_not_behind_a_key(
    clock: dict[str, float],
) -> None:
    pace = Pace()
    pace.painted()
    pace.come(5_000)
    assert not pace.is_due(ROOM)
    clock["now"] += 0.25
    assert pace.is_due(ROOM)
    clock["key"] = clock["now"] - 0.05
    assert not pace.is_due(ROOM)
    clock["now"] += 0.3  # and somebody types on and on
    clock["key"] = clock["now"]
    assert pace.is_due(ROOM)
    pace.painted()
    assert not pace.is_behind
