"""Containers that a killed server left behind are removed by the next one.

A file in the state folder says that there may be some, so that a server which never ran a container
asks nobody.
"""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from workbench.local.containers.tool import find_tool

LABEL = "workbench.state"
_FILE = "containers"
_WITHIN_S = 20.0


def note_containers(state: Path) -> None:
    """There will be containers of the server with this state folder."""
    state.mkdir(parents=True, exist_ok=True)
    (state / _FILE).touch()


def nothing_left(state: Path) -> None:
    """There are none any more."""
    (state / _FILE).unlink(missing_ok=True)


def remove_leftovers(state: Path, mark: str) -> None:
    """Kill and remove all containers with this `mark` as their LABEL. Blocks."""
    tool = find_tool()
    if not (state / _FILE).exists() or tool is None:
        return
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listing = [str(tool.program), "ps", "--all", "--quiet", f"--filter=label={LABEL}={mark}"]
        found = subprocess.run(
            listing, capture_output=True, check=True, timeout=_WITHIN_S, text=True
        ).stdout.split()
        if found:
            command = [str(tool.program), "rm", "--force", "--volumes", *found]
            subprocess.run(command, capture_output=True, check=True, timeout=_WITHIN_S)
        nothing_left(state)
