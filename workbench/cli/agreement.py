"""Changing something on AWS: written to the audit log, and asked for where it is production."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from workbench.cli.output import note
from workbench.cli.problems import CliError
from workbench.cli.target import open_target, project_root

if TYPE_CHECKING:
    from workbench.aws.guard import Guard
    from workbench.aws.records import Target


def add_yes_option(parser: argparse.ArgumentParser) -> None:
    """Add --yes."""
    parser.add_argument(
        "-y", "--yes", action="store_true",
        help="do not ask, also where your config marks the function as production",
    )  # fmt: skip


def open_agreed(
    arguments: argparse.Namespace, function: str, words: str, *, asks: bool = True
) -> Target:
    """The Lambda the options name, to do `words` ("invoke Hello:live") to `function` there.

    On AWS its guard logs what changes something. What is production is asked for first, on the
    terminal, unless --yes was given or nothing is to change (`asks`). The change itself goes into
    `permitted`. Raises CliError when the answer is no or nobody can be asked; StateDirError, and
    what `open_target` raises.
    """
    target = open_target(arguments)
    if target.kind == "local":
        return target
    from workbench.aws.guard import guarded

    target = guarded(target, project_root(arguments))
    guard = target.guard
    if asks and guard is not None and guard.is_production(function) and not arguments.yes:
        _ask(target, guard, function, words)
    return target


def _ask(target: Target, guard: Guard, function: str, words: str) -> None:
    from workbench.project import user_config

    config = user_config.load()
    why = f"Your config marks {function} as production"
    if config.production_is_unclear:
        why = f"All of AWS counts as production while {config.path} has mistakes"
    if not sys.stdin.isatty():
        raise CliError(f"{why}: add --yes to {words}.")
    profile = f" · profile {target.profile}" if target.profile else ""
    note(f"{why}.")
    note(f"AWS account {target.account} · {target.region}{profile}, as {guard.who}")
    if not says_yes(f"{words[0].upper()}{words[1:]}?"):
        raise CliError("Nothing was sent.")


def says_yes(question: str) -> bool:
    """Ask a person on the terminal; anything but y or yes is a no. Raises CliError without one."""
    if not sys.stdin.isatty():
        raise CliError("Nobody can be asked here: --yes agrees.")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
