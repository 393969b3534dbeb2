"""Restores from SnapStart snapshots: what the clock ends, and how many snapshots are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from runtime_lab import Lab, until

from workbench.local.runtime import snapshots
from workbench.local.runtime.faults import Fault
from workbench.local.runtime.records import FunctionSpec

SLOW = (
    "import time\n"
    "from snapshot_restore_py import register_after_restore\n"
    "register_after_restore(time.sleep, 60)\n"
    "def handler(e, c): return 1"
)
PIDS = "import os\npid = os.getpid()\ndef handler(e, c): return [pid, os.getpid()]"


async def made(lab: Lab, spec: FunctionSpec) -> Fault | None:
    """Make a snapshot; what went wrong, if anything did."""
    told: list[Fault | None] = []
    lab.runtime.make_snapshot(spec, told.append)
    await until(lambda: told)
    return told[0]


def states(lab: Lab) -> list[str]:
    return sorted(str(found["State"]) for found in lab.runtime.environments())


@pytest.mark.parametrize("forked", [True, False])
async def test_a_restore_that_takes_too_long(lab: Lab, tmp_path: Path, forked: bool) -> None:
    lab.new_runtime(tmp_path / "quick", restore_timeout=0.3)
    spec = lab.python(SLOW, snap_start=True)
    if forked:
        assert await made(lab, spec) is None
    result, done = await lab.invoke(spec)
    assert result.refusal == (
        "SnapStartTimeoutException",
        "Lambda couldn't restore the snapshot within the timeout limit.",
    )
    assert "\tStatus: timeout\n" in done.log_text
    await until(lambda: states(lab) == ["snapshot"])


async def test_an_init_that_takes_too_long(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.local.runtime.runtime.AHEAD_INIT_TIMEOUT", 0.3)
    lab.new_runtime(tmp_path / "quick")
    fault = await made(lab, lab.python("import time\ntime.sleep(60)", snap_start=True, timeout=0))
    assert fault is not None
    assert fault.error_type == "Sandbox.Timedout"


async def test_a_few_snapshots_are_kept_and_others_made_again(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "KEPT", 2)
    lab.new_runtime(tmp_path / "few")
    versions = [lab.python(PIDS, snap_start=True, version=str(n)) for n in (1, 2, 3)]
    for spec in versions:
        assert await made(lab, spec) is None
    await until(lambda: states(lab) == ["snapshot", "snapshot"])
    result, _ = await lab.invoke(versions[2])
    first, second = map(int, result.payload.decode().strip("[]").split(","))
    assert first != second
    result, _ = await lab.invoke(versions[0])
    first, second = map(int, result.payload.decode().strip("[]").split(","))
    assert first == second
    await until(lambda: states(lab).count("snapshot") == 2)
