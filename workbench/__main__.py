"""`workbench` and `python -m workbench`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line of this process; returns its exit status."""
    from workbench.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
