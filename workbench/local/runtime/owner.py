"""What a sandbox needs of whoever made it, and what it tells: the Runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.local.runtime.cpu import CpuLimits
from workbench.local.runtime.memory import MemoryWatch
from workbench.local.runtime.placement import Charge
from workbench.local.runtime.records import FunctionSpec, Levels, LogSink, Observer

if TYPE_CHECKING:
    from workbench.local.runtime.sandbox import Sandbox


class Owner(Protocol):
    """Whoever made a sandbox, and what the sandbox tells it."""

    @property
    def logs(self) -> LogSink:
        """Where log events go."""

    @property
    def observer(self) -> Observer:
        """Who is told of environments and invocations."""

    @property
    def memory(self) -> MemoryWatch:
        """Who looks after the memory of all environments."""

    @property
    def cpu(self) -> CpuLimits | None:
        """The shares of the processor, None unless they are asked for."""

    @property
    def freezes(self) -> bool:
        """Whether environments are frozen between invocations (§1.4)."""

    def levels(self, spec: FunctionSpec) -> Levels:
        """How many invocations run now."""

    def sandbox_ready(self, sandbox: Sandbox) -> None:
        """It was initialised ahead of an invocation, and waits for one."""

    def sandbox_done(self, sandbox: Sandbox, charge: Charge) -> None:
        """An invocation is over; the sandbox can take the next one, if it is not leaving."""

    def sandbox_leaving(self, sandbox: Sandbox) -> None:
        """It takes no invocation any more. Its processes may need a moment to end."""

    def sandbox_gone(self, sandbox: Sandbox) -> None:
        """The sandbox has ended; nothing of it is left."""
