"""What a runtime domain tells the environment that it belongs to, its Sandbox."""

from __future__ import annotations

from typing import Protocol

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.records import InvokeResult
from workbench.local.runtime.response_stream import ResponseStream


class DomainEvents(Protocol):
    """What a domain tells its environment."""

    def launched(self) -> None:
        """The first process is about to be started."""

    def initialised(self) -> None:
        """The runtime and all extensions wait for an invocation."""

    def snapshot_ready(self) -> None:
        """They are initialised and wait to be restored from a snapshot."""

    def restored(self) -> None:
        """The runtime has been restored and goes on with its hooks."""

    def failed(self, fault: Fault, result: InvokeResult | None) -> None:
        """A process ended or could not be started: the domain is of no use any more, only to be
        shut down. `result` is the runtime's own report, if initialisation failed with one."""

    def runtime_done(self) -> None:
        """The runtime is done with the invocation and waits for the next."""

    def extensions_done(self) -> None:
        """No extension is at work on the invocation (any more)."""

    # As the Runtime API tells them, see `runtime_api.RuntimeEvents`, while the domain is of use.

    def runtime_response(self, body: bytes, content_type: str, streamed: bool) -> None: ...

    def runtime_stream(self) -> ResponseStream | None: ...

    def runtime_error(self, body: bytes, error_type: str) -> None: ...

    def runtime_oversize(self, limit: int) -> None: ...
