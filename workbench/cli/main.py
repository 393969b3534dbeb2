"""The command line: finds the command and runs its module.

`--help` has to be quick, so a command's module is imported only when it is the one asked for,
and imports what it needs (boto3: 160 ms, Textual: 300 ms) only when it runs.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Protocol

from workbench import __version__
from workbench.cli.problems import CliError, Parser, did_you_mean

COMMANDS = {
    "demo": "copy sample functions to a folder and open the screen on them",
    "serve": "run the local Lambda in the foreground",
    "functions": "list the functions",
    "invoke": "invoke a function",
    "burst": "invoke a function many times at once, and measure it",
    "logs": "show or follow a function's logs",
    "metrics": "show what CloudWatch measures of the functions",
    "queue": "show the asynchronous events that wait, or run them now",
    "urls": "list where functions answer HTTP requests",
    "triggers": "list what invokes functions: queues, streams, schedules, front doors",
    "bridge": "drive a local function by real events of an account or an endpoint",
    "trace": "show where an invocation's time went, as X-Ray has it",
    "versions": "list a function's versions and aliases",
    "deploy": "shift an alias's traffic to another version step by step",
    "events": "list, show and generate sample events",
    "history": "list the invocations made from this project",
    "config": "your own keys, theme and production targets: print, check, path",
}
"""What `workbench COMMAND` can be, each a module of this package, and its one line of help."""


class Command(Protocol):
    """What every command's module offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments, description and examples."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit status. Raises CliError."""


def run(argv: list[str]) -> int:
    """Run one command line and return its exit status; never raises for a user's mistake."""
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except Exception as error:
        sentence = _sentence(error)
        print(f"workbench: {sentence}", file=sys.stderr)
        return 2


def parser_of(name: str) -> argparse.ArgumentParser:
    """The complete parser of one command."""
    command = _command(name)
    parser = Parser(
        prog=f"workbench {name}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.configure(parser)
    return parser


def _run(argv: list[str]) -> int:
    if argv and argv[0] in COMMANDS:
        arguments = parser_of(argv[0]).parse_args(argv[1:])
        return _command(argv[0]).run(arguments)
    arguments = _main_parser().parse_args(argv)
    from workbench.cli import screen

    return screen.show(_folder(arguments.path))


def _folder(path: str) -> Path:
    root = Path(path)
    if not root.is_dir():
        hint = did_you_mean(path, COMMANDS) if "/" not in path else "."
        raise CliError(f"There is no command and no folder {path}{hint}")
    return root.resolve()


def _command(name: str) -> Command:
    module: Command = importlib.import_module(f"workbench.cli.{name}")
    return module


def _main_parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:<12}{what}" for name, what in COMMANDS.items())
    parser = Parser(
        prog="workbench",
        usage="workbench [PATH]\n       workbench COMMAND [--help] …",
        description="A terminal workbench for AWS Lambda. Without a command it opens the screen "
        "on the functions in PATH.",
        epilog=f"commands:\n{commands}\n\n"
        "`workbench COMMAND --help` tells more. A folder named like a command: ./events",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "path", metavar="PATH", nargs="?", default=".", help="a folder with functions (default: .)"
    )
    parser.add_argument("--version", action="version", version=f"workbench {__version__}")
    return parser


def _sentence(error: Exception) -> str:
    """What to tell a person; a bug of ours is named as one, without its traceback."""
    # Our own errors (CliError, LambdaError, ServerError …) are sentences already.
    if type(error).__module__.startswith("workbench."):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return f"This is a fault in workbench: {type(error).__name__}: {error}"
