"""`workbench` and `python -m workbench`."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line of this process; returns its exit status."""
    # What is imported stays. Looking for garbage among it, now and again and once more at the end,
    # takes a third of a short command's time.
    gc.set_threshold(50_000)
    from workbench.cli.main import run

    try:
        return run(sys.argv[1:])
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
