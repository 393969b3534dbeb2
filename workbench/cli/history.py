"""`workbench history`: the invocations made from this project."""

from __future__ import annotations

import argparse
import time

from workbench.cli.output import add_json_option, print_json, print_table, wants_json
from workbench.cli.target import add_target_options, history_key, project_root


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "List the invocations made from this project, newest first: those of the local Lambda, "
        "or with --target aws those of an account and region."
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="only this function's")
    parser.add_argument(
        "--limit", type=_positive, default=50, metavar="N", help="at most so many (default: 50)"
    )
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.project.history import History
    from workbench.project.state_dir import StateDir

    history = History(StateDir(project_root(arguments)).history_db)
    try:
        found = history.recent(history_key(arguments), arguments.name, arguments.limit)
    finally:
        history.close()
    if wants_json(arguments):
        print_json(
            [
                {
                    "Started": entry.started,
                    "FunctionName": entry.function,
                    "Qualifier": entry.qualifier,
                    "ExecutedVersion": entry.executed_version,
                    "InvocationType": entry.invocation_type,
                    "RequestId": entry.request_id,
                    "StatusCode": entry.status_code,
                    "FunctionError": entry.function_error,
                    "ErrorType": entry.error_type,
                    "ErrorMessage": entry.error_message,
                    "DurationMs": entry.duration_ms,
                    "BilledMs": entry.billed_ms,
                    "InitMs": entry.init_ms,
                    "MaxMemoryUsed": entry.max_memory_used,
                    "CostUSD": entry.cost.total if entry.cost is not None else None,
                    "TraceId": entry.trace_id,
                }
                for entry in found
            ]
        )
        return 0
    rows = [
        (
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.started)),
            entry.function + (f":{entry.qualifier}" if entry.qualifier else ""),
            f"{entry.duration_ms:.1f} ms" if entry.duration_ms is not None else "",
            f"${entry.cost.total:.8f}" if entry.cost is not None else "",
            "error" if entry.function_error else "ok",
            ": ".join(part for part in (entry.error_type, entry.error_message) if part),
        )
        for entry in found
    ]
    print_table(
        ("STARTED", "FUNCTION", "DURATION", "COST", "", ""), rows, "Nothing was invoked yet."
    )
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return int(text)
