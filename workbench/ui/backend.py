"""Everything the screen does that blocks: Lambda, logs, history. For worker threads only.

A Backend is one target with its clients. Imports that cost (boto3: 200 ms) happen in here, in a
worker, after the first paint. Nothing here knows of Textual.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.aws.records import (
    Alias,
    Counts,
    Function,
    Invocation,
    InvocationType,
    LogEvent,
    Target,
)
from workbench.project.state_dir import StateDir

if TYPE_CHECKING:
    from workbench.aws.concurrency import FunctionConcurrency
    from workbench.aws.deploying.traffic_shifting import Deployment
    from workbench.aws.failures import Failures
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.traces.traces import Trace
    from workbench.aws.workbench_surface import WorkbenchEvent, WorkbenchSurface
    from workbench.project.history import Entry, History, Summary
    from workbench.ui.timeline_rows import Limits

_RECORDED_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is invoked: enough to do it again."""

    function: str
    event: str
    qualifier: str | None = None
    invocation_type: InvocationType = "RequestResponse"


class Backend:
    """One target: the local Lambda of the project in `root`, or an AWS account's region."""

    def __init__(self, root: Path, target: Target, client: LambdaClient) -> None:
        from workbench.aws.deploying.alias_history import AliasHistory
        from workbench.aws.shareable_events import ShareableEvents
        from workbench.aws.triggers.client import TriggerClient
        from workbench.aws.workbench_surface import WorkbenchSurface
        from workbench.project.history import History

        self.root = root
        self.target = target
        self.client = client
        self.triggers = TriggerClient(target)
        self.shareable = ShareableEvents(target)
        self.surface: WorkbenchSurface | None = None
        if target.kind == "local" and target.endpoint_url:
            self.surface = WorkbenchSurface(target.endpoint_url)
        self.alias_history = AliasHistory(root)
        self.history: History = History(StateDir(root).history_db)

    @property
    def is_local(self) -> bool:
        """Whether this is the local Lambda, where nothing has to be confirmed."""
        return self.target.kind == "local"

    def permitted(self) -> contextlib.AbstractContextManager[None]:
        """Around a change, in the thread that makes it, once `consent.agreed` was: without it
        nothing can be changed on AWS."""
        from workbench.aws.guard import permitted

        return permitted(self.target)

    def is_production(self, function: str) -> bool:
        """Whether the user's config marks this function as production: invoking it asks first."""
        guard = self.target.guard
        return guard is not None and guard.is_production(function)

    def arn(self, function: str) -> str:
        """The function's unqualified ARN, without asking."""
        from workbench.aws.targets import partition_of

        region, account = self.target.region, self.target.account
        return f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{function}"

    def functions(self) -> Iterator[list[Function]]:
        """All functions, page by page. Raises LambdaError."""
        return self.client.functions()

    def last_results(self) -> dict[str, Summary]:
        """The newest invocation of every function. Raises HistoryError."""
        return self.history.last_results(self.target.key)

    def versions(self, function: str) -> tuple[list[Function], list[Alias]]:
        """The function's versions ($LATEST first) and aliases. Raises LambdaError.

        Aliases that somebody else changed are added to the history kept here.
        """
        versions, began = self.client.versions(function), time.time()
        aliases = self.client.aliases(function)
        with contextlib.suppress(OSError):  # a history that cannot be written hides no versions
            self.alias_history.see(self.target.key, function, aliases, began)
        return versions, aliases

    def version_counts(
        self, function: str, versions: list[str], aliases: list[Alias], start: float, now: float
    ) -> Counts:
        """How often versions and aliases ran and failed since `start` (epoch seconds), by name.
        Raises LambdaError."""
        from workbench.aws.metrics.version_metrics import function_counts

        return function_counts(self.client.clients, function, versions, aliases, start, now)

    def invoke(self, request: Request, token: str) -> Invocation:
        """Invoke and wait. On AWS the invocation is recorded in the history; the local Lambda
        records its own. Raises LambdaError and HistoryError."""
        event = request.event.encode()
        if self.surface is not None:
            from workbench.aws.custom_resources import with_live_url

            event = with_live_url(event, self.surface)
        invocation = self.client.invoke(
            request.function,
            event,
            qualifier=request.qualifier,
            invocation_type=request.invocation_type,
            token=token,
        )
        if not self.is_local:
            from workbench.aws.recording import record

            record(self.history, self.target, invocation)
        return invocation

    def cancel(self, token: str) -> bool:
        """Kill the environment that runs the invocation; False when it was over already, and on
        AWS, where it cannot be done."""
        return self.surface.cancel(token) if self.surface else False

    def follow_logs(
        self, group: str, since_ms: int, stop: threading.Event
    ) -> Iterator[list[LogEvent]]:
        """The log group's events from `since_ms` (epoch ms), then new ones as they come, until
        `stop`."""
        from workbench.aws.logs import logs

        clients = self.client.clients
        return logs.tail(self.target, group, since_ms=since_ms, stop=stop, clients=clients)

    def events(self, stop: threading.Event) -> Iterator[WorkbenchEvent]:
        """What happens at the local Lambda, until `stop`; nothing on AWS."""
        return self.surface.events(stop) if self.surface else iter(())

    def environments(self) -> list[dict[str, Any]]:
        """The local Lambda's execution environments; none on AWS, which does not tell."""
        return self.surface.environments() if self.surface else []

    def limits(self, functions: Sequence[str]) -> Limits:
        """Concurrency of the account and of functions, and what waits in the local Lambda's queue.
        Raises LambdaError."""
        from workbench.aws import concurrency
        from workbench.ui.timeline_rows import Limits

        queue = self.surface.queue() if self.surface else {}
        return Limits(
            concurrency.account_limit(self.target),
            {name: concurrency.of_function(self.target, name) for name in functions},
            queue.get("Events", ()),
            int(queue.get("Total", 0)),
        )

    def failures(self, seconds: int) -> dict[str, Failures]:
        """The functions that failed so long ago or later, the worst first. Raises LambdaError."""
        from workbench.aws.failures import failures

        end = int(time.time()) // 60 * 60 + 60  # datapoints are of whole minutes
        return failures(self.target, end - seconds, end)

    def concurrency(self, function: str) -> FunctionConcurrency:
        """What is reserved and provisioned for a function. Raises LambdaError."""
        from workbench.aws import concurrency

        return concurrency.of_function(self.target, function)

    def reserve(self, function: str, reserved: int | None) -> None:
        """Reserve concurrency for a function; None: nothing any more. Raises LambdaError."""
        from workbench.aws import concurrency

        concurrency.reserve(self.target, function, reserved)

    def standing(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What a new listener has missed: how the local Lambda runs, problems and notices, as
        events. Raises LambdaError."""
        status = self.surface.status() if self.surface else {}
        return [
            ("status", status),
            ("problems", {"Problems": status.get("Problems", [])}),
            *(("notice", notice) for notice in status.get("Notices", [])),
        ]

    def wait_recorded(self, function: str, request_id: str, stop: threading.Event) -> None:
        """Wait until the local Lambda has written an invocation to the history.

        It does so a moment after its answer. Gives up after two seconds: another invocation is
        looked for by the next event.
        """
        deadline = time.monotonic() + _RECORDED_WITHIN_S
        while time.monotonic() < deadline and not stop.is_set():
            newest = self.history.recent(self.target.key, function, 20)
            if any(summary.request_id == request_id for summary in newest):
                return
            stop.wait(0.05)

    def recent(self, function: str | None, limit: int = 500) -> list[Summary]:
        """The newest invocations of one or all functions on this target. Raises HistoryError."""
        return self.history.recent(self.target.key, function, limit)

    def trace(self, trace_id: str) -> Trace | None:
        """One trace of X-Ray's; None when it has no segment of it (yet). Raises LambdaError."""
        from workbench.aws.traces import traces

        return traces.trace(self.target, trace_id)

    def with_request_id(self, request_id: str) -> Summary | None:
        """The newest invocation of this target with a request id. Raises HistoryError."""
        return self.history.with_request_id(self.target.key, request_id)

    def entry(self, entry_id: int) -> Entry:
        """One invocation of the history with its bodies. Raises HistoryError."""
        return self.history.get(entry_id)

    def canaries(self, function: str) -> list[Deployment]:
        """The deployments of a function's aliases that are not over, the newest first."""
        from workbench.aws.deploying.deployments import Deployments

        every = Deployments(self.root).unfinished(self.target.key)
        return [each for each in every if each.function == function]

    def download_code(self, function: str, qualifier: str | None) -> Path:
        """Download the function's package and return the folder it is in. Raises LambdaError."""
        folder = StateDir(self.root).path / "downloads" / function / (qualifier or "LATEST")
        return self.client.download_code(function, qualifier, folder)


Connect = Callable[[], "Backend"]
"""Reaches a target."""


CodeRoot = Callable[[str], Path | None]
"""A function's folder on this machine, to find the files its stack frames name."""


def connect_local(root: Path, code_root: CodeRoot) -> Backend:
    """Find or start the project's local Lambda.

    Raises ServerError, HistoryError, LambdaError.
    """
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.targets import local_target
    from workbench.project import server_process

    target = local_target(server_process.ensure(root))
    return Backend(root, target, LambdaClient(target, code_root))


def connect_aws(root: Path, code_root: CodeRoot, profile: str | None, region: str) -> Backend:
    """Reach AWS with a profile's credentials; asks STS for who that is. Guarded: nothing can be
    changed outside of `Backend.permitted`.

    Raises LambdaError with what to do when there are no usable credentials.
    """
    from workbench.aws.guard import guarded
    from workbench.aws.lambda_client import LambdaClient
    from workbench.aws.targets import aws_target

    target = guarded(aws_target(profile, region), root)
    return Backend(root, target, LambdaClient(target, code_root))


def request_of(entry: Entry) -> Request:
    """What to send to do an invocation of the history again."""
    from workbench.aws.recording import invocation_type_of

    return Request(
        entry.function,
        entry.event.decode(errors="replace"),
        entry.qualifier,
        invocation_type_of(entry),
    )
