"""An execution environment's states and the only ways between them. No I/O here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Literal

from workbench.local.runtime.filesystem.file_systems import FileSystem
from workbench.local.runtime.records import FunctionSpec

# Why an environment was initialised when it was: AWS_LAMBDA_INITIALIZATION_TYPE (§1.6, §1.7).
InitializationType = Literal["on-demand", "provisioned-concurrency", "snap-start"]


class State(Enum):
    """Where an environment is in its life (lambda-facts §1.4)."""

    STARTING = "starting"  # its process is being started
    INIT = "init"  # the runtime and the function's static code are running
    SNAPSHOT = "snapshot"  # it is initialised, and others are restored from it (§11.2)
    READY = "ready"  # it waits for an invocation
    BUSY = "busy"  # it runs one
    RESETTING = "resetting"  # its extensions are shutting down, it goes on with new processes
    FAILED = "failed"  # reset: its processes are gone, the next invocation starts others
    STOPPING = "stopping"  # it was told to go
    GONE = "gone"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.STARTING: frozenset({State.INIT, State.FAILED, State.STOPPING}),
    State.INIT: frozenset(
        {State.READY, State.SNAPSHOT, State.RESETTING, State.FAILED, State.STOPPING}
    ),
    State.SNAPSHOT: frozenset({State.STOPPING}),
    State.READY: frozenset({State.BUSY, State.STOPPING}),
    State.BUSY: frozenset({State.READY, State.RESETTING, State.FAILED, State.STOPPING}),
    State.RESETTING: frozenset({State.FAILED}),
    State.FAILED: frozenset({State.STARTING, State.STOPPING}),
    State.STOPPING: frozenset({State.GONE}),
    State.GONE: frozenset(),
}


class IllegalTransition(Exception):
    """An environment was told to go where it cannot go from here: a mistake in the runtime."""


class Environment:
    """One execution environment: who it is, what it runs, and its state.

    `changed` is called after every transition.
    """

    __slots__ = (
        "_changed", "file_system", "frozen", "id", "initialization_type", "log_stream", "pid",
        "request_id", "since", "spec", "state",
    )  # fmt: skip

    def __init__(
        self,
        spec: FunctionSpec,
        changed: Callable[[Environment], None],
        initialization_type: InitializationType = "on-demand",
    ) -> None:
        self.spec = spec
        self.initialization_type = initialization_type
        self.id = secrets.token_hex(16)
        self.log_stream = log_stream_name(spec, self.id, time.time())
        self.state = State.STARTING
        self.since = time.time()
        self.pid: int | None = None
        self.file_system: FileSystem | None = None
        self.frozen = False  # its processes are stopped while it is ready
        self.request_id: str | None = None
        self._changed = changed

    def to(self, state: State) -> None:
        """Go to `state`; raises IllegalTransition when the table has no such way."""
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self.state.value} → {state.value}")
        self.state = state
        self.since = time.time()
        self._changed(self)

    def describe(self) -> dict[str, object]:
        """The environment as `/_workbench/environments` lists it."""
        described: dict[str, object] = {
            "Id": self.id,
            "FunctionName": self.spec.name,
            "Version": self.spec.version,
            "InitializationType": self.initialization_type,
            "State": "frozen" if self.frozen else self.state.value,
            "Pid": self.pid,
            "LogStream": self.log_stream,
            "At": self.since,
        }
        if self.request_id is not None:
            described["RequestId"] = self.request_id
        return described


def log_stream_name(spec: FunctionSpec, environment_id: str, now: float) -> str:
    """`YYYY/MM/DD/[version]<32 hex>`; a custom group's streams name the function (§3.3)."""
    day = time.strftime("%Y/%m/%d", time.gmtime(now))
    custom = spec.log_group not in ("", f"/aws/lambda/{spec.name}")
    return f"{day}/{spec.name if custom else ''}[{spec.version}]{environment_id}"
