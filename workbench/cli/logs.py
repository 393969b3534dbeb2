"""`workbench logs`: a function's logs, those there are and those to come."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench.cli.target import add_target_options, open_target, suggesting
from workbench.cli.time_span import add_since_option

if TYPE_CHECKING:
    from workbench.aws.records import LogEvent


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = "Print a function's logs, a line for each event."
    parser.add_argument("name", metavar="NAME", help="the function")
    parser.add_argument(
        "--follow", "-f", action="store_true", help="go on with new events as they come"
    )
    add_since_option(parser, "10m")
    parser.add_argument("--json", action="store_true", help="print a JSON object for each event")
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.logs import logs

    target = open_target(arguments)
    client = LambdaClient(target)
    with suggesting(client, arguments.name):
        group = client.log_group(arguments.name)
    now = int(time.time() * 1000)
    since = now - arguments.since * 1000
    batches: Iterator[list[LogEvent]]
    if arguments.follow:
        batches = logs.tail(target, group, since_ms=since, stop=threading.Event())
    else:
        batches = iter([logs.fetch(target, group, since, now + 1)])
    for batch in batches:
        for event in batch:
            print(_json(event) if arguments.json else event.message.rstrip("\n"))
        sys.stdout.flush()
    return 0


def _json(event: LogEvent) -> str:
    document = {
        "timestamp": event.timestamp,
        "message": event.message,
        "logStreamName": event.stream,
    }
    return json.dumps(document, ensure_ascii=False)
