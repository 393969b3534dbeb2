import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.local.lifetime import AlreadyServed, sole_server, until_unused


def test_a_project_has_one_server(tmp_path: Path) -> None:
    lock = tmp_path / "serving.lock"
    with sole_server(lock), pytest.raises(AlreadyServed), sole_server(lock):
        pass
    with sole_server(lock):
        pass


def test_a_killed_server_leaves_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "serving.lock"
    hold = (
        "import sys, pathlib; from workbench.local.lifetime import sole_server\n"
        "with sole_server(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyServed), sole_server(lock):
            pass
        holder.kill()
        holder.wait()
    with sole_server(lock):
        pass


async def test_a_server_in_use_goes_on_and_stops_afterwards() -> None:
    used = True
    waiting = asyncio.create_task(until_unused(0.05, lambda: used))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    used = False
    await asyncio.wait_for(waiting, 5)
