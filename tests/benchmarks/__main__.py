"""`python -m tests.benchmarks [NAME …]`: our speed beside our peers'. Without a name, all of them.

Run by hand from the repository's root, in an environment with the `test` extra, on a machine that
has nothing else to do. Ends non-zero when a bound is missed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.measure import Row, table

NAMES = (
    "invoke",
    "cold",
    "reload",
    "account",
    "async",
    "sources",
    "fronts",
    "screen",
    "kills",
)
MODULES = {"async": "async_drain"}  # whose name is not theirs
BUSY = 0.3
SCRATCH = "/var/tmp"  # functions have a /tmp of their own


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks named, print their tables. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", default=["all"], metavar="|".join((*NAMES, "all")))
    names = parser.parse_args(arguments).names
    if unknown := [name for name in names if name not in (*NAMES, "all")]:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(NAMES)}, all")
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.2f} before the start")
    if load > BUSY:
        print("Others use this machine: read the p99 and the slowest with care.")
    # Ended from outside, the servers it started must still be stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    missed = False
    for name in NAMES if "all" in names else names:
        benchmark = importlib.import_module(f"tests.benchmarks.{MODULES.get(name, name)}")
        notes: list[str] = []
        with tempfile.TemporaryDirectory(prefix="workbench-bench-", dir=SCRATCH) as scratch:
            rows: list[Row] = list(benchmark.run(Path(scratch), notes))
        print(f"\n{name}\n{table(rows)}")
        for note in notes:
            print(f"  · {note}")
        missed = missed or any(row.met is False for row in rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
