"""What `--event` stands for: a saved event, a sample event, a file or standard input."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.output import note
from workbench.cli.problems import CliError, did_you_mean

if TYPE_CHECKING:
    from workbench.aws.records import InvocationType


def add_event_options(parser: argparse.ArgumentParser, more: str = "") -> None:
    """Add NAME, --event, --set and --qualifier: what is invoked; `more` is for --event's help."""
    parser.add_argument("name", metavar="NAME", help="the function: its name or ARN")
    parser.add_argument(
        "--event",
        metavar="EVENT",
        help="a saved event of the function, a sample event (`workbench events list`), a JSON "
        f"file, or - for standard input (default: {{}}){more}",
    )
    parser.add_argument(
        "--set",
        metavar="PARAMETER=VALUE",
        action="append",
        default=[],
        help="a sample event's parameter; may be given often",
    )
    parser.add_argument("--qualifier", metavar="Q", help="version or alias (default: $LATEST)")


def read_event(arguments: argparse.Namespace, root: Path, function: str) -> bytes:
    """The event to invoke `function` with, `{}` when none is named.

    A saved event of the function wins over a sample of that name, and both over a file; a name
    with a slash is a file. Raises CliError, also when what was found is not JSON.
    """
    named: str | None = arguments.event
    if arguments.set and (named is None or not _is_sample(root, function, named)):
        raise CliError("--set fills in a sample event: name one with --event.")
    if named is None:
        return b"{}"
    if named == "-":
        return _checked(sys.stdin.buffer.read(), "standard input")
    from workbench.project.events.saved import SavedEvents

    saved = SavedEvents(root)
    if "/" not in named and named in saved.names(function):
        return _checked(saved.load(function, named).encode(), f"the saved event {named}")
    if "/" not in named and named in _samples():
        return _rendered(named, arguments.set)
    if named.lstrip().startswith(("{", "[", '"')):
        raise CliError("--event takes a name or a file: pipe the JSON itself in with --event -")
    path = Path(named)
    if path.is_file():
        try:
            return _checked(path.read_bytes(), named)
        except OSError as error:
            raise CliError(f"{named} cannot be read: {error.strerror}.") from None
    known = [*saved.names(function), *_samples()]
    raise CliError(
        f"There is no saved event, sample event or file {named}{did_you_mean(named, known)}"
    )


def made_ready(root: Path, event: bytes) -> bytes:
    """The event with the values of its placeholders (`{{uuid}}`, `{{counter}}` …) as it is sent.

    What was made is told on stderr. Raises CliError for a value that cannot be made.
    """
    if b"{{" not in event:
        return event
    from workbench.project.events.value_sources import EventValues

    with _placeholders_in_words():
        sent = EventValues(root).send(event.decode())
    for made in sent.made:
        shown = made.value if len(made.value) <= _SHOWN else f"{made.value[: _SHOWN - 1]}…"
        note(f"{made.placeholder} is {shown}")
    return sent.text.encode()


def made_anew(root: Path, event: bytes) -> Callable[[], bytes]:
    """What gives the event with values of its own each time, in any thread.

    Raises CliError for a value that cannot be made now; what is returned raises BadPlaceholder
    for one that cannot be made any more.
    """
    if b"{{" not in event:
        return lambda: event
    from workbench.project.events.value_sources import EventValues

    values, text, lock = EventValues(root), event.decode(), threading.Lock()
    with _placeholders_in_words():
        values.preview(text)

    def make() -> bytes:
        with lock:  # an event that is sent chooses the random values of the next one
            return values.send(text).text.encode()

    return make


@contextlib.contextmanager
def _placeholders_in_words() -> Iterator[None]:
    from workbench.project.events.values import BadPlaceholder

    try:
        yield
    except BadPlaceholder as error:
        raise CliError(f"{error}.") from None


_SHOWN = 200  # characters of a value that was made


def service_type(arguments: argparse.Namespace, root: Path, function: str) -> InvocationType:
    """How the service invokes that sends the sample event --event names; RequestResponse for any
    other event."""
    from workbench.samples import find

    named: str | None = arguments.event
    if named is None or not _is_sample(root, function, named):
        return "RequestResponse"
    return find(named).invocation_type


def _is_sample(root: Path, function: str, named: str) -> bool:
    from workbench.project.events.saved import SavedEvents

    return (
        "/" not in named
        and named in _samples()
        and (named not in SavedEvents(root).names(function))
    )


def _samples() -> list[str]:
    from workbench.samples import catalogue

    return [event.name for event in catalogue()]


def _rendered(name: str, settings: list[str]) -> bytes:
    from workbench.cli.events import render, sample

    values = {}
    for setting in settings:
        parameter, equals, value = setting.partition("=")
        if not equals:
            raise CliError(f"--set: {setting} is not of the form parameter=value.")
        values[parameter.replace("-", "_")] = value
    return json.dumps(render(sample(name), values), ensure_ascii=False).encode()


def _checked(event: bytes, where: str) -> bytes:
    if not event.strip():
        raise CliError(f"{where[0].upper()}{where[1:]} is empty: an event is JSON, such as {{}}.")
    try:
        json.loads(event)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise CliError(f"What {where} holds is not JSON: {place}: {error.msg}.") from None
    except UnicodeDecodeError as error:
        raise CliError(f"What {where} holds is not UTF-8 text (byte {error.start + 1}).") from None
    return event
