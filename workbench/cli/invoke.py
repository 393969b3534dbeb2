"""`workbench invoke`: one invocation; its answer on stdout, what else there is on stderr."""

from __future__ import annotations

import argparse
import contextlib
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli import outcome
from workbench.cli.agreement import add_yes_option, open_agreed
from workbench.cli.event_option import add_event_options, made_ready, read_event, service_type
from workbench.cli.output import note
from workbench.cli.problems import CliError
from workbench.cli.target import add_target_options, project_root, suggesting

if TYPE_CHECKING:
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.records import Invocation

_READY_WITHIN_S = 15 * 60  # the longest that packages may take to be installed


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Invoke a function and print its answer. Exit status: 0 it answered, 1 the function "
        "failed (the error is printed all the same), 2 it could not be invoked."
    )
    parser.epilog = (
        "examples:\n  workbench invoke Hello --tail\n"
        "  workbench invoke Thumbnails --event s3-put --set bucket=photos\n"
        "  echo '{\"a\": 1}' | workbench invoke Hello --event - --qualifier live"
    )
    add_event_options(parser)
    parser.add_argument(
        "--type",
        choices=("RequestResponse", "Event", "DryRun"),
        help="wait for the answer, only queue the event, or only check permissions (default: as "
        "the service does that sends such a sample event, else RequestResponse)",
    )
    parser.add_argument("--tail", action="store_true", help="print the logs on stderr, live")
    add_yes_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.recording import simple_name

    if arguments.tail and arguments.type == "DryRun":
        raise CliError("--tail: a DryRun runs nothing, so there are no logs.")
    root = project_root(arguments)
    event = made_ready(root, read_event(arguments, root, simple_name(arguments.name)))
    as_service = arguments.type is None
    if as_service:
        arguments.type = service_type(arguments, root, simple_name(arguments.name))
    words = f"invoke {arguments.name}" + (f":{arguments.qualifier}" if arguments.qualifier else "")
    target = open_agreed(arguments, arguments.name, words, asks=arguments.type != "DryRun")
    client = LambdaClient(target, _code_roots(root))
    event = outcome.prepared(client, event)
    awaits = as_service and target.kind == "local" and not arguments.endpoint_url
    with suggesting(client, arguments.name):
        if arguments.tail:
            from workbench.cli.live_logs import LiveLogs

            with LiveLogs(target, client.log_group(arguments.name, arguments.qualifier)) as logs:
                invocation = _invoke(client, arguments, event)
                _tell_accepted(invocation, awaits)
                logs.until_report_of(invocation)
        else:
            invocation = _invoke(client, arguments, event)
            _tell_accepted(invocation, awaits)
        if awaits and invocation.status_code == 202:
            invocation = outcome.of_queued(client, root, invocation)
    _print(invocation.payload)
    _tell_figures(client, invocation)
    if target.kind == "aws":
        _record(root, client, invocation)
    outcome.tell(client, invocation)
    return _tell_error(invocation)


def _code_roots(root: Path) -> Callable[[str], Path | None]:
    """Where a function's code is in the project; the project is read only if it is asked."""

    def code_root(name: str) -> Path | None:
        from workbench.aws.recording import simple_name
        from workbench.project.discover import discover

        sources = discover(root).functions
        return next((each.code for each in sources if each.name == simple_name(name)), None)

    return code_root


def _invoke(client: LambdaClient, arguments: argparse.Namespace, event: bytes) -> Invocation:
    """Invoke; a function that is still being made ready (its packages installed) is waited for."""
    from workbench.aws.errors import LambdaError
    from workbench.aws.guard import permitted

    try:
        with permitted(client.target):
            return _invoke_now(client, arguments, event)
    except LambdaError as error:
        if error.code != "ResourceConflictException" or not error.message.endswith("Pending"):
            raise
    reason = client.function(arguments.name, arguments.qualifier).state_reason
    note(f"waiting for {arguments.name}: {reason or 'it is being made ready'}")
    client.wait_active(arguments.name, arguments.qualifier, timeout=_READY_WITHIN_S)
    with permitted(client.target):
        return _invoke_now(client, arguments, event)


def _invoke_now(client: LambdaClient, arguments: argparse.Namespace, event: bytes) -> Invocation:
    token = uuid.uuid4().hex
    try:
        return client.invoke(
            arguments.name,
            event,
            qualifier=arguments.qualifier,
            invocation_type=arguments.type,
            token=token,
        )
    except KeyboardInterrupt:
        # Or the function would go on without anybody waiting for it.
        if client.target.kind == "local" and client.target.endpoint_url:
            from workbench.aws.workbench_surface import WorkbenchSurface

            WorkbenchSurface(client.target.endpoint_url).cancel(token)
        raise


def _print(payload: bytes) -> None:
    if payload:
        sys.stdout.buffer.write(payload)
        if sys.stdout.isatty():
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()


def _record(root: Path, client: LambdaClient, invocation: Invocation) -> None:
    from workbench.aws.errors import LambdaError
    from workbench.aws.recording import record
    from workbench.aws.targets import with_account
    from workbench.project.history import History, HistoryError
    from workbench.project.state_dir import StateDir, StateDirError

    # The function has run: that its history cannot be kept is worth a word, not a failure.
    try:
        history = History(StateDir(root).history_db)
        try:
            record(history, with_account(client.target), invocation)
        finally:
            history.close()
    except (LambdaError, HistoryError, StateDirError) as error:
        note(f"this invocation is not in the history: {error}")


def _tell_accepted(invocation: Invocation, awaits: bool) -> None:
    if invocation.status_code == 202 and awaits:
        note("202: sent asynchronously, as its service does. This is what became of it:")
    elif invocation.status_code == 202:
        note(f"202: {invocation.function} will run with request id {invocation.request_id}.")
    elif invocation.status_code == 204:
        note(f"204: you may invoke {invocation.function}.")


def _tell_figures(client: LambdaClient, invocation: Invocation) -> None:
    """Tell a person what it took; a program that reads our output finds that in the history."""
    report = invocation.report
    if report is None or not sys.stderr.isatty():
        return
    from workbench.aws.errors import LambdaError
    from workbench.project.cost import cost_of

    sizes: tuple[str, int] | tuple[()] = ()
    with contextlib.suppress(LambdaError):  # who may only invoke gets the price of the usual ones
        function = client.function(invocation.function, invocation.qualifier)
        sizes = (function.architectures[0], function.ephemeral_storage)
    cost = cost_of(report.billed_ms, report.memory_size, *sizes)
    init = f" (and init {report.init_ms:.1f} ms)" if report.init_ms is not None else ""
    trace = f", trace {report.trace_id}" if report.trace_id else ""
    note(
        f"{report.duration_ms:.1f} ms{init}, billed {report.billed_ms} ms, "
        f"{report.max_memory_used} of {report.memory_size} MB, {cost}{trace}"
    )


def _tell_error(invocation: Invocation) -> int:
    """Say in one line how the function failed, if it did; returns the exit status."""
    if invocation.function_error is None:
        return 0
    from workbench.aws.function_errors import user_frame

    error = invocation.error
    if error is None:
        note(f"{invocation.function} failed.")
        return 1
    frame = user_frame(error)
    where = f" ({_short(frame.path)}:{frame.line}{_in(frame.function)})" if frame else ""
    message = " ".join(error.message.split())
    note(f"{invocation.function} failed: {error.type}: {message}{where}")
    return 1


def _in(function: str) -> str:
    return f" in {function}" if function else ""


def _short(path: str) -> str:
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
