"""No event that was answered with 202 is lost when the server is killed. Twenty kills:
`python -m tests.benchmarks kills`."""

from __future__ import annotations

from pathlib import Path

from async_kills_lab import lost_of_accepted


def test_nothing_that_was_accepted_is_lost(tmp_path: Path) -> None:
    accepted, lost = lost_of_accepted(tmp_path, kills=3)
    assert accepted >= 3
    assert lost == 0
