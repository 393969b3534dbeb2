"""Containers that a killed server left behind are removed by the next one.

A file in the state folder says that there may be some, so that a server which never ran a container
asks nobody.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.local.containers.tool import ContainerTool

LABEL = "workbench.state"
_FILE = "containers"
_NAME = re.compile(r"workbench-(\d+)-[0-9a-f]+")
_WITHIN_S = 20.0


def new_name() -> str:
    """A name for a container, which tells when it was made."""
    return f"workbench-{time.time_ns()}-{os.urandom(6).hex()}"


def note_containers(state: Path) -> None:
    """There will be containers of the server with this state folder."""
    state.mkdir(parents=True, exist_ok=True)
    (state / _FILE).touch()


def nothing_left(state: Path) -> None:
    """There are none any more."""
    (state / _FILE).unlink(missing_ok=True)


def remove_leftovers(state: Path, mark: str) -> None:
    """Kill and remove all containers with this `mark` as their LABEL that were made before this
    call: a next server's are not touched. Blocks."""
    before = time.time_ns()
    if not (state / _FILE).exists():
        return
    # Late: half of what the process that writes history would import, which seldom needs it.
    import subprocess

    from workbench.local.containers.tool import find_tool

    if (tool := find_tool()) is None:
        return
    listing = ("ps", "--all", "--format={{.Names}}", f"--filter=label={LABEL}={mark}")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        names = _run(tool, *listing).split()
        old = [name for name in names if (made := _NAME.fullmatch(name)) and int(made[1]) < before]
        if old:
            _run(tool, "rm", "--force", "--volumes", *old)


def _run(tool: ContainerTool, *arguments: str) -> str:
    import subprocess

    command = [str(tool.program), *arguments]
    done = subprocess.run(command, capture_output=True, check=True, timeout=_WITHIN_S, text=True)
    return done.stdout
