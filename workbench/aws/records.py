"""What screens and commands know of Lambda: the same records on the local Lambda and on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from workbench.aws.guard import Guard

InvocationType = Literal["RequestResponse", "Event", "DryRun"]
ProfileKind = Literal["static", "sso", "role", "process", "web identity", "login", "none"]


@dataclass(frozen=True, slots=True)
class Target:
    """Which Lambda is spoken to. `endpoint_url` is set for the local one (and for tests).

    An "endpoint" is no Lambda of ours: services that imitate AWS at an address, which take any
    credentials and must get none of the developer's.
    A `guard` lets its clients change nothing without a permit; without one they may.
    """

    kind: Literal["local", "aws", "endpoint"]
    region: str
    account: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    guard: Guard | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """Names the target in the history: "local" or "aws:<account or profile>:<region>"."""
        return (
            "local" if self.kind == "local" else f"aws:{self.account or self.profile}:{self.region}"
        )


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """A profile of the AWS configuration files. `kind` says where its credentials come from."""

    name: str
    region: str | None
    kind: ProfileKind


@dataclass(frozen=True, slots=True)
class Function:
    """A function's configuration ($LATEST or one version). Sizes in MB, timeout in seconds."""

    name: str
    arn: str
    runtime: str
    handler: str
    version: str = "$LATEST"
    state: str | None = None
    state_reason: str | None = None
    last_update_status: str | None = None
    description: str = ""
    timeout: int = 3
    memory_size: int = 128
    ephemeral_storage: int = 512
    code_size: int = 0
    code_sha256: str = ""
    last_modified: str = ""
    package_type: str = "Zip"
    architectures: tuple[str, ...] = ("x86_64",)
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    log_group: str = ""
    revision_id: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """`weights` maps a second version to its share (0.0–1.0); empty when unweighted."""

    name: str
    arn: str
    function_version: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    revision_id: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A REPORT line (lambda-facts §3.1). Times in ms, sizes in MB. `trace_id` is that of a
    sampled X-Ray trace."""

    request_id: str
    duration_ms: float
    billed_ms: int
    memory_size: int
    max_memory_used: int
    init_ms: float | None = None
    status: str | None = None
    error_type: str | None = None
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One stack frame. `in_user_code` is False for runtime and library frames."""

    path: str
    line: int
    function: str = ""
    code: str = ""
    in_user_code: bool = True


@dataclass(frozen=True, slots=True)
class FunctionError:
    """What a function raised. `frames` begin with the innermost call, where it was raised."""

    type: str
    message: str
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation and its answer. `started` is epoch seconds, `round_trip_ms` what we waited.

    `status_code` is 200, 202 (Event) or 204 (DryRun). `log_text` is the log tail (≤ 4 KB).
    """

    request_id: str
    function: str
    qualifier: str | None
    invocation_type: InvocationType
    event: bytes
    payload: bytes
    status_code: int
    started: float
    round_trip_ms: float
    executed_version: str | None = None
    function_error: str | None = None
    error: FunctionError | None = None
    report: Report | None = None
    log_text: str = ""


class LogEvent(NamedTuple):
    """One event of a log stream. Times are epoch milliseconds. A tuple, which is made in a third
    of a dataclass's time: in a flood there are tens of thousands a second."""

    timestamp: int
    message: str
    stream: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often versions and aliases of a function ran and failed, by their names."""

    invocations: Mapping[str, float]
    errors: Mapping[str, float]

    def of(self, version: str) -> tuple[int, int]:
        """Invocations and errors of one version."""
        return int(self.invocations.get(version, 0)), int(self.errors.get(version, 0))


NO_COUNTS = Counts({}, {})
