"""`workbench demo`: the sample functions, in a folder of the user's own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workbench.cli import screen


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Copy the sample functions to a folder, to be changed at will, and open the screen there. "
        "A folder that has files in it already is opened as it is."
    )
    parser.add_argument(
        "--to",
        metavar="DIR",
        type=Path,
        default=Path("workbench-demo"),
        help="where to (default: ./workbench-demo)",
    )


def run(arguments: argparse.Namespace) -> int:
    from workbench.samples import copy_sample_functions

    folder: Path = arguments.to
    had_files = folder.is_dir() and any(folder.iterdir())
    copy_sample_functions(folder)
    what = "The sample functions stay as they are" if had_files else "Copied the sample functions"
    print(f"{what} in {folder}.", flush=True)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(f"Open the screen from a terminal: workbench {folder}")
        return 0
    return screen.show(folder.resolve())
