"""`workbench demo`: sample functions, in a folder of the user's own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from workbench.cli import screen
from workbench.cli.problems import CliError, did_you_mean


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Copy sample functions to a folder, to be changed at will, and open the screen there. "
        "A folder that has files in it already is opened as it is."
    )
    parser.epilog = (
        "examples:\n"
        "  workbench demo                 the basics, a function each\n"
        "  workbench demo --list          the classic uses of Lambda\n"
        "  workbench demo queue-worker    one of them"
    )
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="a project of --list (default: basics)"
    )
    parser.add_argument("--list", action="store_true", help="list the projects")
    parser.add_argument(
        "--to",
        metavar="DIR",
        type=Path,
        help="where to (default: ./workbench-demo, or ./workbench-NAME)",
    )


def run(arguments: argparse.Namespace) -> int:
    from workbench.samples import BASICS, copy_sample_functions, sample_projects

    projects = {project.name: project for project in sample_projects()}
    if arguments.list:
        width = max(map(len, projects))
        for project in projects.values():
            print(f"{project.name:<{width}}  {project.summary}")
        return 0
    name = arguments.name or BASICS
    if name not in projects:
        hint = did_you_mean(name, projects)
        raise CliError(f"There is no demo {name}{hint} `workbench demo --list` has all.")
    folder = arguments.to or Path("workbench-demo" if name == BASICS else f"workbench-{name}")
    had_files = folder.is_dir() and any(folder.iterdir())
    copy_sample_functions(folder, name)
    what = "The sample functions stay as they are" if had_files else "Copied the sample functions"
    print(f"{what} in {folder}.", flush=True)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(f"Open the screen from a terminal: workbench {folder}")
        return 0
    return screen.show(folder.resolve())
