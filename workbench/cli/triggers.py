"""`workbench triggers`: what invokes functions, and how that goes."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from workbench.cli.output import add_json_option, note, print_json, print_table, wants_json
from workbench.cli.problems import CliError, did_you_mean
from workbench.cli.target import add_target_options, open_target

if TYPE_CHECKING:
    from workbench.aws.records import Target
    from workbench.aws.triggers.trigger import Trigger


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "List what invokes functions: queues and streams with what waits in them, buckets, topics, "
        "rules, the next run of schedules, and front doors with their addresses. With --target aws "
        "event source mappings, and for a function also its URLs and who else may invoke it; what "
        "pollers do AWS does not tell."
    )
    parser.epilog = "examples:\n  workbench triggers\n  workbench triggers Orders --json"
    parser.add_argument("name", metavar="NAME", nargs="?", help="only this function's")
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.triggers.client import TriggerClient
    from workbench.aws.triggers.words import activity, kind_words, stall_words, state_words

    target = open_target(arguments)
    name = arguments.name
    found = TriggerClient(target).triggers(name)
    if name is not None and not found:
        _check_function(target, name)
    if wants_json(arguments):
        print_json([_document(trigger) for trigger in found])
        return 0
    now = time.time()
    rows = [
        (
            " ".join(state_words(trigger)),
            kind_words(trigger.kind),
            trigger.name,
            ", ".join(trigger.functions),
            activity(trigger, now),
        )
        for trigger in found
    ]
    empty = f"Nothing invokes {name} by itself." if name else "Nothing invokes functions by itself."
    print_table(("STATE", "KIND", "SOURCE", "FUNCTION", ""), rows, empty)
    for trigger in found:
        for stall in trigger.stalls:
            note(f"{trigger.name}, {stall_words(stall, now)}.")
    return 0


def _check_function(target: Target, name: str) -> None:
    """Say so when there is no such function. Raises CliError."""
    from workbench.aws.lambda_client import LambdaClient

    known = [each.name for page in LambdaClient(target).functions() for each in page]
    if name not in known:
        where = "here" if target.kind == "local" else f"in {target.region}"
        raise CliError(f"There is no function {name} {where}{did_you_mean(name, known)}")


def _document(trigger: Trigger) -> dict[str, Any]:
    return {
        "Id": trigger.id,
        "Kind": trigger.kind,
        "Name": trigger.name,
        "Functions": list(trigger.functions),
        "State": trigger.state,
        "Arn": trigger.arn,
        "Detail": trigger.detail,
        "LastProcessingResult": trigger.last_result,
        "InFlight": trigger.in_flight,
        "Backlog": trigger.backlog,
        "IteratorAgeMs": trigger.iterator_age_ms,
        "Stalled": [
            {
                "Shard": stall.shard,
                "FirstRecord": stall.first_record,
                "Records": stall.records,
                "Failures": stall.failures,
                "NextTry": stall.next_try,
                "Behind": stall.behind,
            }
            for stall in trigger.stalls
        ],
        "NextRun": trigger.next_run,
        "Url": trigger.url,
        "Routes": list(trigger.routes),
    }
