"""`workbench [PATH]`: the screen."""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.cli.problems import CliError, did_you_mean


def run(path: str) -> int:
    """Open the screen on the functions in the folder `path`; returns the exit status."""
    root = Path(path)
    if not root.is_dir():
        from workbench.cli.main import COMMANDS

        hint = did_you_mean(path, COMMANDS) if "/" not in path else "."
        raise CliError(f"There is no command and no folder {path}{hint}")
    return show(root.resolve())


def show(root: Path) -> int:
    """Open the screen on `root`. Raises CliError where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CliError("The screen needs a terminal: see `workbench --help` for the commands.")
    # Late: Textual costs 300 ms.
    from workbench.ui import app

    return app.run(root) or 0
