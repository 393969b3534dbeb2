"""Environments that are frozen between invocations (lambda-facts §1.4)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from runtime_lab import ARN, Lab, until

COUNTS = """
import threading, time
ticks = 0
def tick():
    global ticks
    while True:
        ticks += 1
        time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()
def handler(event, context):
    before = ticks
    time.sleep(event)
    return [before, ticks]
"""


def stopped(lab: Lab) -> bool:
    [environment] = lab.runtime.environments()
    pid = environment["Pid"]
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return environment["State"] == "frozen" and state == "T"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look at")
@pytest.mark.parametrize("standby", [False, True])
async def test_background_threads_stop_between_invocations(
    lab: Lab, tmp_path: Path, standby: bool
) -> None:
    lab.new_runtime(tmp_path / "runtime", standby=standby, freeze=True)
    spec = lab.python(COUNTS)
    lab.runtime.prepare(spec)
    result, _ = await lab.invoke(spec, b"0.05")
    first, last = json.loads(result.payload)
    assert last > first
    await until(lambda: stopped(lab))
    await asyncio.sleep(0.5)  # in which a thread that runs would tick some hundred times
    result, _ = await lab.invoke(spec, b"0.05")
    again, later = json.loads(result.payload)
    assert again < last + 100 and later > again
    assert "busy" in lab.recorder.states and lab.recorder.states[-1] == "frozen"
    lab.runtime.retire(ARN)
    await until(lambda: not lab.runtime.environments())


async def test_unless_asked_for_they_are_not_frozen(lab: Lab) -> None:
    await lab.invoke(lab.python("def handler(event, context): pass"))
    assert [each["State"] for each in lab.runtime.environments()] == ["ready"]
