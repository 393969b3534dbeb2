"""SnapStart: versions are initialised once, and their environments begin there (§11.2)."""

from __future__ import annotations

from collections.abc import Callable

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.records import FunctionSpec
from workbench.local.runtime.sandbox import Sandbox

Done = Callable[[Fault | None], None]
"""Is told that a snapshot is made, or why it is not."""


class Snapshots:
    """The snapshots of one runtime. `start` makes an environment of a version and begins its
    initialisation; it may raise UnsupportedRuntime."""

    def __init__(self, start: Callable[[FunctionSpec], Sandbox]) -> None:
        self._start = start
        self._making: dict[Sandbox, Done] = {}

    def make(self, spec: FunctionSpec, done: Done) -> None:
        """Initialise the version once. Raises UnsupportedRuntime."""
        self._making[self._start(spec)] = done

    def ready(self, sandbox: Sandbox) -> None:
        """It is initialised, and its before-snapshot hooks have run."""
        done = self._making.pop(sandbox)
        sandbox.retire()
        done(None)

    def gone(self, sandbox: Sandbox) -> None:
        """It has ended, perhaps before there was a snapshot."""
        done = self._making.pop(sandbox, None)
        if done is not None:
            done(sandbox.init_fault or Fault("Runtime.ExitError", ""))
