"""`workbench burst`: many invocations at once; how long they took, and what went wrong."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.cli.agreement import add_yes_option, open_agreed
from workbench.cli.event_option import add_event_options, made_anew, read_event
from workbench.cli.output import add_json_option, wants_json
from workbench.cli.problems import CliError
from workbench.cli.target import add_target_options, project_root, suggesting

if TYPE_CHECKING:
    from workbench.aws.burst import Burst, BurstFigures
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.records import Function, Target

_TICK_S = 0.1
_CHART_LINES = 16


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Invoke a function many times at once and tell how long it took (p50, p90, p99), how many "
        "starts were cold, what was throttled, what failed and what it costs on AWS. ctrl+c stops: "
        "what runs then is waited for. Exit status: 0 all answered, 1 some failed or were "
        "throttled, 2 it could not begin."
    )
    parser.epilog = (
        "examples:\n  workbench burst Hello -n 1000 -c 50\n"
        "  workbench burst Hello --event busy-day -n 200 -c 10 --qualifier live"
    )
    parser.add_argument(
        "-n", "--count", metavar="N", type=int, default=100, help="how many in all (default: 100)"
    )
    parser.add_argument(
        "-c", "--concurrency", metavar="C", type=int, default=10,
        help="how many at a time (default: 10)",
    )  # fmt: skip
    add_event_options(parser, more="; values such as {{uuid}} are made anew for each invocation")
    add_yes_option(parser)
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    from workbench.aws.burst import Burst
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.recording import simple_name

    root = project_root(arguments)
    event = made_anew(root, read_event(arguments, root, simple_name(arguments.name)))
    target = _agreed_target(arguments)
    client = LambdaClient(target)
    with suggesting(client, arguments.name):
        function = _active(client, arguments)
    burst = Burst(
        target,
        function,
        arguments.qualifier,
        event,
        count=arguments.count,
        concurrency=arguments.concurrency,
    )
    with _stopped_by_signals(burst) as told:
        burst.start()
        figures = burst.figures
        while not figures.is_over:
            told.wait(_TICK_S)
            told.clear()
            figures = burst.figures
            _show(arguments, figures)
    if not wants_json(arguments):
        _print(figures)
    return 1 if figures.errors or figures.throttled or figures.failed else 0


def _active(client: LambdaClient, arguments: argparse.Namespace) -> Function:
    """The function once it is active. Who may only invoke gets one of the usual sizes, which its
    price depends on."""
    from workbench.aws.errors import LambdaError
    from workbench.aws.records import Function

    try:
        return client.wait_active(arguments.name, arguments.qualifier)
    except LambdaError as error:
        if not error.code.startswith("AccessDenied"):
            raise
        return Function(arguments.name, arn="", runtime="", handler="")


def _agreed_target(arguments: argparse.Namespace) -> Target:
    """Where the burst goes. On AWS it is one entry of the audit log, not one for each invocation:
    what is returned has no guard any more."""
    function = arguments.name + (f":{arguments.qualifier}" if arguments.qualifier else "")
    words = f"invoke {function} {arguments.count:,} times, {arguments.concurrency} at once"
    target = open_agreed(arguments, arguments.name, words)
    if target.guard is not None:
        about = {
            "FunctionName": function, "Times": arguments.count, "AtOnce": arguments.concurrency
        }  # fmt: skip
        target.guard.note("lambda:Invoke", about, "begun: a burst")
    return replace(target, guard=None)


def _check(arguments: argparse.Namespace) -> None:
    from workbench.aws.burst import MOST_AT_ONCE, MOST_INVOCATIONS

    for option, value, most in (
        ("-n", arguments.count, MOST_INVOCATIONS),
        ("-c", arguments.concurrency, MOST_AT_ONCE),
    ):
        if not 1 <= value <= most:
            raise CliError(f"{option}: {value} is not from 1 to {most:,}.")


@contextmanager
def _stopped_by_signals(burst: Burst) -> Iterator[threading.Event]:
    """ctrl+c (or a SIGTERM) stops sending; a second one ends the command at once."""
    told = threading.Event()

    def stop(number: int, frame: object) -> None:
        burst.stop()
        signal.signal(number, before[number])
        told.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {int(number): signal.signal(number, stop) for number in numbers}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(arguments: argparse.Namespace, figures: BurstFigures) -> None:
    """How far it is: a JSON object a line for a program, one line that changes for a person."""
    if wants_json(arguments):
        print(json.dumps(figures.as_json()), flush=True)
    elif sys.stderr.isatty():
        end = "\r\x1b[K" if figures.is_over else ""
        counts = f"{figures.answered:,} of {figures.count:,} answered, {figures.cold:,} cold"
        print(f"\r{counts}, {figures.throttled:,} throttled\x1b[K{end}", end="", file=sys.stderr)
        sys.stderr.flush()


def _print(figures: BurstFigures) -> None:
    from workbench.aws.burst import words
    from workbench.aws.metrics.histogram import chart

    for name, value in words(figures):
        print(f"{name:<11} {value}")
    for kind, sentence in (("error", figures.error), ("not sent", figures.failure)):
        if sentence:
            print(f"{kind:<11} {sentence}")
    histogram = figures.duration if len(figures.duration) else figures.round_trip
    if len(histogram):
        width = min(shutil.get_terminal_size().columns, 100)
        print("", *chart(histogram, width, _CHART_LINES), sep="\n")
