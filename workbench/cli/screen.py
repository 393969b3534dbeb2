"""`workbench [PATH]`: the screen."""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.cli.problems import CliError


def show(root: Path) -> int:
    """Open the screen on `root`. Raises CliError where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CliError("The screen needs a terminal: see `workbench --help` for the commands.")
    # Late: Textual costs 300 ms.
    from workbench.ui import app

    return app.run(root) or 0
