"""The share of a processor that memory buys (lambda-facts §10.1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from runtime_lab import Lab

from workbench.local.runtime.cpu import CpuLimits, CpuLimitsError, quota_us

SPINS = """
import time
def handler(event, context):
    end = time.monotonic() + 0.5
    used = time.process_time()
    while time.monotonic() < end:
        pass
    return time.process_time() - used
"""


def test_memory_in_microseconds() -> None:
    assert quota_us(1769) == 20_000
    assert quota_us(128) == 1_447
    assert quota_us(10_240) == 115_771


async def test_a_small_function_has_little_of_a_processor(lab: Lab, tmp_path: Path) -> None:
    try:
        lab.new_runtime(tmp_path / "limited", cpu_limits=True)
    except CpuLimitsError as error:
        pytest.skip(str(error))
    spec = lab.python(SPINS)
    await lab.invoke(spec)
    result, _ = await lab.invoke(spec)
    assert json.loads(result.payload) < 0.15, "of 0.5 s, where all of it would be a processor"


def test_version_2_groups(tmp_path: Path) -> None:
    group = tmp_path / "user" / "scope"
    group.mkdir(parents=True)
    (group / "cgroup.controllers").write_text("cpu memory\n")
    (group / "cgroup.subtree_control").write_text("\n")
    limits = CpuLimits(f"cgroup2 {tmp_path} cgroup2 rw 0 0\n", "0::/user/scope\n")
    limits.limit("environment", 1769, [4_000_000])
    [folder] = group.glob("workbench-[0-9]*")
    assert (group / "cgroup.subtree_control").read_text() == "+cpu"
    assert (folder / "environment" / "cpu.max").read_text() == "20000 20000"
    assert (folder / "environment" / "cgroup.procs").read_text() == "4000000"


def test_what_cannot_be_limited_is_told(tmp_path: Path) -> None:
    with pytest.raises(CpuLimitsError, match=r"systemd-run --user --scope -p Delegate=yes"):
        CpuLimits("proc /proc proc rw 0 0\n", "0::/\n")
