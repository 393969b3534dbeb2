"""The sample applications lose nothing when what runs them is killed. Ten times as many kills:
`python -m tests.benchmarks kills`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from kills_lab import FUNCTION, SERVER, SERVICES, Trial

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="processes are found in /proc"
)


def test_kills_lose_nothing_and_keep_the_order() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        trial = Trial(Path(scratch), receives=2)
        with trial.running():
            for what in (SERVICES, FUNCTION, SERVER):
                trial.kill(what)
            for found in trial.outcomes():
                assert (found.lost, found.out_of_order) == (0, 0), found
