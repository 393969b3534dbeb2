"""`workbench queue`: the asynchronous events that the local Lambda still has to run."""

from __future__ import annotations

import argparse
import time
from typing import Any

from workbench.cli.output import add_json_option, note, print_json, print_table, wants_json
from workbench.cli.problems import CliError
from workbench.cli.target import add_target_options, open_target


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "List the asynchronous events of the local Lambda that wait or run, the next ones first: "
        "how often each failed and when it is tried again."
    )
    parser.epilog = "examples:\n  workbench queue\n  workbench queue --now"
    parser.add_argument(
        "--now", action="store_true", help="do not wait for the next attempts: make them now"
    )
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.workbench_surface import WorkbenchSurface

    target = open_target(arguments)
    if target.kind != "local" or target.endpoint_url is None:
        raise CliError("AWS does not show its queue: leave out --target aws.")
    surface = WorkbenchSurface(target.endpoint_url)
    queue = surface.queue()
    if arguments.now:
        surface.hasten()
    if wants_json(arguments):
        print_json(queue)
        return 0
    now = time.time()
    rows = [
        (
            event["FunctionName"] + (f":{event['Qualifier']}" if event["Qualifier"] else ""),
            _span(now - event["Accepted"]),
            str(event["Attempts"]),
            "now" if arguments.now or event["Due"] <= now else "in " + _span(event["Due"] - now),
            event["WaitsFor"] or "",
        )
        for event in queue["Events"]
    ]
    print_table(("FUNCTION", "AGE", "FAILED", "NEXT", "BECAUSE OF"), rows, "Nothing waits.")
    if (more := _more(queue)) > 0:
        note(f"{more:,} more wait.")
    return 0


def _more(queue: dict[str, Any]) -> int:
    return int(queue["Total"]) - len(queue["Events"])


def _span(seconds: float) -> str:
    """A length of time in its two largest units."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
