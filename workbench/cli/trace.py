"""`workbench trace`: where the time of an invocation went, as X-Ray has it."""

from __future__ import annotations

import argparse
import itertools
import time
from typing import TYPE_CHECKING

from workbench.cli.output import add_json_option, print_json, print_table, wants_json
from workbench.cli.problems import CliError
from workbench.cli.target import add_target_options, history_key, open_target, project_root
from workbench.cli.time_span import add_since_option

if TYPE_CHECKING:
    from workbench.aws.records import Target

_LISTED = 50
_LONGEST = 24 * 3600  # that X-Ray looks back in one go


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show a trace of X-Ray's as a waterfall, or list the last traces. Functions are traced "
        "when their TracingConfig is Active, and then the first request in a second and 5 % of "
        "the rest, or those whose caller decided so."
    )
    parser.epilog = (
        "examples:\n  workbench trace\n  workbench trace 1-6920215c-3b1f0a7de6c84d29a05e7f11\n"
        "  workbench trace 'Root=1-6920215c-3b1f0a7de6c84d29a05e7f11;Parent=…'"
    )
    parser.add_argument(
        "id",
        metavar="ID",
        nargs="?",
        help="the trace's id, a trace header, or an invocation's request id (default: list them)",
    )
    add_since_option(parser, "1h", "list those that began so long ago at most")
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    target = open_target(arguments)
    if arguments.id is None:
        return _list(target, arguments)
    return _show(target, arguments)


def _show(target: Target, arguments: argparse.Namespace) -> int:
    from workbench.aws.traces import traces

    trace_id = traces.trace_id_in(arguments.id) or _trace_id_of(arguments)
    found = traces.trace(target, trace_id)
    if found is None:
        raise CliError(
            f"There is no trace {trace_id}: it was not sampled, is not sent yet, or is gone."
        )
    if wants_json(arguments):
        print_json({"Id": found.id, "Segments": found.documents})
        return 0
    import shutil

    from workbench.aws.traces.waterfall import waterfall

    print(f"Trace {found.id}, begun {_clock(min(root.start for root in found.roots))}")
    for line in waterfall(found, shutil.get_terminal_size().columns):
        print(line)
    return 0


def _trace_id_of(arguments: argparse.Namespace) -> str:
    """The trace of the invocation whose request id was given. Raises CliError."""
    from workbench.project.history import History
    from workbench.project.state_dir import StateDir

    history = History(StateDir(project_root(arguments)).history_db)
    try:
        found = history.with_request_id(history_key(arguments), arguments.id)
    finally:
        history.close()
    if found is None:
        raise CliError(
            f"{arguments.id} is no trace id, which looks like 1-<8 hex>-<24 hex>, and no request "
            "id in the history."
        )
    if found.trace_id is None:
        raise CliError(
            f"This invocation of {found.function} was not traced: set TracingConfig to Active, and "
            "invoke it again. X-Ray samples: the first request in a second is traced."
        )
    return found.trace_id


def _list(target: Target, arguments: argparse.Namespace) -> int:
    from workbench.aws.traces import traces
    from workbench.aws.traces.waterfall import milliseconds

    if arguments.since > _LONGEST:
        raise CliError("--since: X-Ray lists the traces of one day at most: use 1d or less.")
    now = time.time()
    recent = traces.recent(target, now + 1 - arguments.since, now + 1)
    found = sorted(itertools.islice(recent, _LISTED), key=lambda each: -each.started)
    if wants_json(arguments):
        print_json(
            [
                {
                    "Id": each.id,
                    "StartTime": each.started,
                    "Duration": each.duration,
                    "EntryPoint": each.entry,
                    "HasFault": "fault" in each.failures,
                    "HasError": "error" in each.failures,
                    "HasThrottle": "throttle" in each.failures,
                }
                for each in found
            ]
        )
        return 0
    rows = [
        (
            each.id,
            time.strftime("%H:%M:%S", time.localtime(each.started)),
            milliseconds(each.duration),
            each.entry,
            f"! {', '.join(each.failures)}" if each.failures else "ok",
        )
        for each in found
    ]
    empty = "Nothing was traced in this time: functions with TracingConfig Active are."
    print_table(("TRACE", "STARTED", "DURATION", "FUNCTION", ""), rows, empty)
    return 0


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
