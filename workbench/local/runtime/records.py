"""What the API hands to the runtime, and what comes back: plain, frozen where it can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:  # The process that writes history reads these records, and needs no asyncio.
    from workbench.local.runtime.response_stream import ResponseStream

InvocationType = Literal["RequestResponse", "Event"]
ReportStatus = Literal["success", "error", "failure", "timeout"]


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """The image of a function and what it is started with instead of the image's own settings.

    `uri` is what people call it, `reference` what runs: an image of this very digest, if the
    digest is known. Empty settings are the image's own.
    """

    uri: str
    reference: str
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """All that running one version of one function needs.

    `arn` is unqualified. `version` is "$LATEST" or a number. `identity` changes whenever code or
    configuration does: an environment serves only requests whose spec has its identity, so a
    reload is nothing but a new identity. `timeout` is in seconds, sizes are in MB.
    `dependencies` is the folder of installed third-party packages (not in `task_root`), or None.
    With `snap_start` its environments are restored from a snapshot (lambda-facts §11.2). With an
    `image` it has no runtime and handler, and its task root is in the image.
    """

    name: str
    arn: str
    version: str
    identity: str
    runtime: str
    handler: str
    task_root: Path
    timeout: int = 3
    memory_size: int = 128
    ephemeral_storage: int = 512
    architecture: str = "x86_64"
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()
    dependencies: Path | None = None
    log_group: str = ""
    log_format: Literal["Text", "JSON"] = "Text"
    application_log_level: str | None = None
    system_log_level: str | None = None
    account: str = "123456789012"
    region: str = "us-east-1"
    snap_start: bool = False
    active_tracing: bool = False
    image: ContainerImage | None = None


class TraceIds(NamedTuple):
    """The ids of the segments of a traced invocation: of the trace (`root`), of whoever called,
    of the service, of the function, of its Invocation (§13). `accepted` and `began` are epoch
    seconds; they differ for asynchronous events, whose attempts count from 1 (else 0)."""

    root: str
    parent: str | None
    service: str
    function: str
    invocation: str
    accepted: float
    began: float
    attempt: int


@dataclass(slots=True)
class InvokeRequest:
    """One invocation. `client_context` is JSON text (already base64-decoded).

    `token` is the caller's own handle for cancelling (header X-Workbench-Invocation), if any.
    `stream`, if set, receives a streamed response's bytes as they arrive. `accepted`
    (epoch seconds) and `attempt` (from 1) are those of an asynchronous event. `trace` is set while
    it runs, if it is traced.
    """

    request_id: str
    payload: bytes
    invoked_arn: str
    trace_header: str
    invocation_type: InvocationType = "RequestResponse"
    client_context: str | None = None
    token: str | None = None
    stream: ResponseStream | None = None
    accepted: float | None = None
    attempt: int = 0
    trace: TraceIds | None = None


@dataclass(slots=True)
class Report:
    """The figures of a REPORT line (lambda-facts §3.1). Times in ms, sizes in MB.

    `post_runtime_extensions_ms` is None when there are no extensions.
    """

    duration_ms: float
    billed_ms: int
    memory_size: int
    max_memory_used: int = 0
    init_ms: float | None = None
    restore_ms: float | None = None
    billed_restore_ms: int | None = None
    status: ReportStatus = "success"
    error_type: str | None = None
    post_runtime_extensions_ms: float | None = None


@dataclass(slots=True)
class InvokeResult:
    """How an invocation ended. `function_error` is "Unhandled" or None. `refusal` is the code and
    message of the API's own error when the function could not run at all.

    `streamed` tells that the function streamed its answer; `payload` is then all of it if it was
    gathered, and only its beginning if it went to the request's `stream`.
    The answer is ready before the REPORT line is: the rest is in the `Completion`.
    """

    payload: bytes
    function_error: str | None = None
    content_type: str = "application/json"
    streamed: bool = False
    refusal: tuple[str, str] | None = None


class Levels(NamedTuple):
    """How many invocations ran at a moment (lambda-facts §5): of the function, of the account, of
    those that share the unreserved concurrency; that with all that is claimed; of the function's
    provisioned environments, and how many of these there are."""

    function: int = 1
    account: int = 1
    unreserved: int = 1
    claimed: int = 1
    provisioned: int = 0
    provisioned_ready: int = 0


ALONE = Levels()


@dataclass(slots=True)
class Completion:
    """What is known once the invocation is over, its report and log text included.

    `log_text` is the START…REPORT text of this invocation alone (UTF-8).
    `started` is epoch seconds. `provisioned` says that it ran in a provisioned environment,
    `spillover` that it did not although its version has some: all were in use. `overhead_ms` is
    what came after the answer, of a traced invocation. `levels` are those at its end, itself
    included.
    """

    spec: FunctionSpec
    request: InvokeRequest
    result: InvokeResult
    report: Report
    log_text: str
    log_stream: str
    started: float
    provisioned: bool = False
    spillover: bool = False
    overhead_ms: float = 0.0
    levels: Levels = ALONE


class Observer(Protocol):
    """Where the runtime tells what happens, for the screen and the history. Must not block."""

    def environment_changed(self, describe: Callable[[], Mapping[str, object]]) -> None:
        """After each change; `describe` gives what `Environment.describe` does, to whoever wants
        it, there and then."""

    def invocation_started(self, spec: FunctionSpec, request: InvokeRequest) -> None:
        """It was taken: an environment runs it, or is started for it."""

    def invocation_finished(self, completion: Completion) -> None:
        """Its last log line is written."""

    def invocation_throttled(self, spec: FunctionSpec, request: InvokeRequest) -> None:
        """It was not begun for want of concurrency (lambda-facts §5)."""

    def notice(self, function_name: str, message: str) -> None:
        """A sentence a person should see, such as which Python stands in for another."""


class LogSink(Protocol):
    """Takes log events; `events` are (epoch ms, message with its newline) in order."""

    def append(self, group: str, stream: str, events: list[tuple[int, str]]) -> None:
        """Keep these events of a log stream. Must not block."""


class Throttled(Exception):
    """No environment may be used or started now (lambda-facts §5). `reason` is AWS's Reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnsupportedRuntime(Exception):
    """This machine or this version cannot run the function. `str()` is a sentence for a person."""
