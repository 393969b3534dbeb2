"""SnapStart: versions are initialised once, and their environments begin there (§11.2).

A snapshot is an environment that serves nothing: environments are forked from its process. Of a
version whose process cannot be forked every environment initialises anew, and then runs the hooks
in the same order; a notice says so.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.local.runtime.faults import Fault
from workbench.local.runtime.launchers import Launcher
from workbench.local.runtime.launchers.snapshot import SnapshotLauncher
from workbench.local.runtime.records import FunctionSpec, Observer
from workbench.local.runtime.sandbox import Sandbox

# Processes that are kept; those used longest ago end, and are made again when they are needed.
KEPT = 12

Done = Callable[[Fault | None], None]
"""Is told that a snapshot is made, or why it is not."""


class Snapshots:
    """The snapshots of one runtime. `start` makes an environment of a version and begins its
    initialisation; it may raise UnsupportedRuntime."""

    def __init__(
        self, start: Callable[[FunctionSpec], tuple[Sandbox, SnapshotLauncher]], observer: Observer
    ) -> None:
        self._start = start
        self._observer = observer
        self._launchers: dict[Sandbox, SnapshotLauncher] = {}
        self._making: dict[Sandbox, Done] = {}
        self._kept: dict[tuple[str, str], Sandbox] = {}  # least recently used first
        self._cold: set[tuple[str, str]] = set()  # those that cannot be forked

    def make(self, spec: FunctionSpec, done: Done) -> None:
        """Initialise the version once. Raises UnsupportedRuntime."""
        sandbox, launcher = self._start(spec)
        self._launchers[sandbox] = launcher
        self._making[sandbox] = done

    def launcher(self, spec: FunctionSpec) -> Launcher | None:
        """What starts an environment from the version's snapshot, if there is one now.

        If there is none, as after a restart of the local Lambda, one is made for the next time.
        """
        key = (spec.arn, spec.identity)
        sandbox = self._kept.get(key)
        if sandbox is not None and self._launchers[sandbox].usable:
            self._kept[key] = self._kept.pop(key)  # used last
            return self._launchers[sandbox].restorer()
        if key not in self._cold and not any(s.spec == spec for s in self._making):
            self.make(spec, lambda fault: None)
        return None

    def ready(self, sandbox: Sandbox) -> None:
        """It is initialised, and its before-snapshot hooks have run."""
        key = (sandbox.spec.arn, sandbox.spec.identity)
        done = self._making.pop(sandbox)
        refusal = self._launchers[sandbox].take_over()
        if refusal:
            self._cold.add(key)
            self._observer.notice(
                sandbox.spec.name,
                f"version {sandbox.spec.version} cannot be kept as a snapshot, because {refusal} "
                "after its initialisation: each of its environments initialises anew",
            )
            sandbox.retire()
        else:
            self._kept[key] = sandbox
            if len(self._kept) > KEPT:
                next(iter(self._kept.values())).retire()
        done(None)

    def gone(self, sandbox: Sandbox) -> None:
        """It has ended, perhaps before there was a snapshot."""
        launcher = self._launchers.pop(sandbox, None)
        if launcher is None:
            return
        launcher.close()
        key = (sandbox.spec.arn, sandbox.spec.identity)
        if self._kept.get(key) is sandbox:
            del self._kept[key]
        done = self._making.pop(sandbox, None)
        if done is not None:
            done(sandbox.init_fault or Fault("Runtime.ExitError", ""))
