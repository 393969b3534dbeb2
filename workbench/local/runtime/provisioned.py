"""Provisioned concurrency: environments that are initialised ahead and kept (lambda-facts §5).

The owner says what a function is to have, qualifier by qualifier; environments are added and
stopped until it has that. Those of one version serve every qualifier that means this version.
When an alias moves, the environments of its old version stay until the new one's are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.local.runtime.environment import State
from workbench.local.runtime.placement import RATE_PER_CONCURRENCY, TokenBucket
from workbench.local.runtime.records import FunctionSpec, UnsupportedRuntime
from workbench.local.runtime.sandbox import Sandbox

INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"
# After so many environments that failed before they served anything, AWS gives up.
ATTEMPTS = 6
# How many initialise at the same time: a laptop is no region.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for one qualifier, at `asked` (epoch seconds): how many environments of which
    versions; of more than one version when an alias has weights."""

    asked: float
    shares: Sequence[tuple[FunctionSpec, int]]


@dataclass(frozen=True, slots=True)
class ProvisionedStatus:
    """How far the provisioning of one qualifier is, in the API's words."""

    allocated: int
    available: int
    status: Literal["IN_PROGRESS", "READY", "FAILED"]
    reason: str | None = None


class _Version:
    """The provisioned environments of one version."""

    def __init__(self, spec: FunctionSpec, loop: asyncio.AbstractEventLoop) -> None:
        self.spec = spec
        self.wanted = 0
        self.starting: set[Sandbox] = set()
        self.allocated: set[Sandbox] = set()  # that were ready once: idle, busy or being reset
        self.idle: list[Sandbox] = []  # used last at the end
        self.failures = 0
        self._loop = loop
        self._rate = TokenBucket(0, 0, loop.time())

    def limit_rate(self) -> None:
        rate = self.wanted * RATE_PER_CONCURRENCY
        if rate != self._rate.rate:
            self._rate = TokenBucket(rate, rate, self._loop.time())

    @property
    def failed(self) -> bool:
        return self.failures >= ATTEMPTS

    @property
    def missing(self) -> int:
        return 0 if self.failed else self.wanted - len(self.starting) - len(self.allocated)

    @property
    def available(self) -> int:
        return sum(
            sandbox.environment.state in (State.READY, State.BUSY) for sandbox in self.allocated
        )

    def take(self) -> Sandbox | None:
        for place in range(len(self.idle) - 1, -1, -1):
            if self.idle[place].environment.state is not State.READY:
                continue  # it is leaving
            return self.idle.pop(place) if self._rate.take(self._loop.time()) else None
        return None


class ProvisionedConcurrency:
    """All provisioned environments. Every call belongs to the event loop's thread.

    `start` makes an environment of a version and begins its initialisation; it may raise
    UnsupportedRuntime. `counted` is told the sums of a function by its ARN: what was asked for
    and what there is. Environments begin to start `delay` seconds after they were asked for.
    """

    def __init__(
        self,
        start: Callable[[FunctionSpec], Sandbox],
        counted: Callable[[str, int, int], None],
        delay: float,
    ) -> None:
        self._start = start
        self._counted = counted
        self._delay = delay
        self._versions: dict[tuple[str, str], _Version] = {}  # by ARN and identity
        self._wanted: dict[str, Mapping[str, Wanted]] = {}  # by ARN, by qualifier
        self._filling: asyncio.TimerHandle | None = None
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._versions)

    def provision(self, function_arn: str, wanted: Mapping[str, Wanted]) -> None:
        """Have this for the function from now on; what is not in `wanted` is given up.

        What had failed is tried anew when it is asked for anew.
        """
        before = self._wanted.pop(function_arn, {})
        if not wanted and not before:
            return
        if wanted:
            self._wanted[function_arn] = dict(wanted)
        for version in self._of(function_arn):
            version.wanted = 0
        for qualifier, request in wanted.items():
            again = qualifier not in before or before[qualifier].asked != request.asked
            for spec, number in request.shares:
                version = self._version_of(spec)
                version.wanted += number
                if again:
                    version.failures = 0
        for version in self._of(function_arn):
            version.limit_rate()
        self._settle(function_arn)
        self._fill_later()

    def status(self, function_arn: str, qualifier: str) -> ProvisionedStatus:
        """How far it is with what was asked for this qualifier."""
        shares = self._wanted[function_arn][qualifier].shares
        requested = sum(number for _, number in shares)
        versions = [self._versions[spec.arn, spec.identity] for spec, _ in shares]
        leaving = [version for version in self._of(function_arn) if not version.wanted]
        allocated = min(requested, sum(len(v.allocated) for v in versions + leaving))
        available = min(requested, sum(v.available for v in versions + leaving))
        if any(version.failed for version in versions):
            return ProvisionedStatus(allocated, available, "FAILED", INIT_FAILURE)
        ready = all(len(version.allocated) >= version.wanted for version in versions)
        return ProvisionedStatus(allocated, available, "READY" if ready else "IN_PROGRESS")

    def take(self, spec: FunctionSpec) -> tuple[Sandbox | None, bool]:
        """An environment for one invocation, if one is free; if none is, whether the invocation
        spills over to an environment on demand."""
        version = self._versions.get((spec.arn, spec.identity))
        if version is None:
            return None, False
        sandbox = version.take()
        return sandbox, sandbox is None and bool(version.allocated)

    def ready(self, sandbox: Sandbox) -> None:
        """It is initialised and waits."""
        version = self._version(sandbox)
        if version is None or sandbox not in version.starting | version.allocated:
            return
        version.starting.discard(sandbox)
        version.allocated.add(sandbox)
        version.idle.append(sandbox)
        self._settle(sandbox.spec.arn)
        self._fill()

    def done(self, sandbox: Sandbox) -> None:
        """An invocation of it is over; its processes may be gone."""
        version = self._version(sandbox)
        if version is None or sandbox not in version.allocated:
            return
        if sandbox.environment.state is State.READY:
            if not version.failed:
                version.failures = 0
            version.idle.append(sandbox)
            if len(version.allocated) > version.wanted:
                self._settle(sandbox.spec.arn)
        else:
            sandbox.prepare()

    def gone(self, sandbox: Sandbox) -> None:
        """It has ended, be it that its initialisation failed; another one takes its place."""
        version = self._version(sandbox)
        if version is None:
            return
        if sandbox in version.starting or sandbox in version.idle:
            version.failures += 1
        version.starting.discard(sandbox)
        version.allocated.discard(sandbox)
        if sandbox in version.idle:
            version.idle.remove(sandbox)
        self._settle(sandbox.spec.arn)
        self._fill()

    def close(self) -> None:
        """Start nothing more."""
        self._closed = True
        if self._filling is not None:
            self._filling.cancel()

    def _version_of(self, spec: FunctionSpec) -> _Version:
        key = (spec.arn, spec.identity)
        version = self._versions.get(key)
        if version is None:
            version = self._versions[key] = _Version(spec, asyncio.get_running_loop())
        return version

    def _version(self, sandbox: Sandbox) -> _Version | None:
        return self._versions.get((sandbox.spec.arn, sandbox.spec.identity))

    def _of(self, function_arn: str) -> list[_Version]:
        return [version for (arn, _), version in self._versions.items() if arn == function_arn]

    def _settle(self, function_arn: str) -> None:
        """Stop what is too much, and tell the sums."""
        versions = self._of(function_arn)
        wanted = [version for version in versions if version.wanted]
        # What an alias has left stays until its new version is ready.
        waiting = any(len(v.allocated) < v.wanted and not v.failed for v in wanted)
        for version in versions:
            if version.wanted or not waiting:
                self._shrink(version)
            if not version.wanted and not version.starting and not version.allocated:
                self._versions.pop((function_arn, version.spec.identity), None)
        requested = sum(version.wanted for version in wanted)
        ready = sum(len(version.allocated) for version in versions)
        self._counted(function_arn, requested, min(ready, requested))

    def _shrink(self, version: _Version) -> None:
        while len(version.starting) + len(version.allocated) > version.wanted:
            if version.starting:
                sandbox = version.starting.pop()
            elif version.idle:
                sandbox = version.idle.pop(0)
            else:  # it is busy, and leaves when it is done
                sandbox = next(iter(version.allocated))
            version.allocated.discard(sandbox)
            sandbox.retire()

    def _fill_later(self) -> None:
        if self._filling is None:
            loop = asyncio.get_running_loop()
            self._filling = loop.call_later(self._delay, self._fill_now)

    def _fill_now(self) -> None:
        self._filling = None
        self._fill()

    def _fill(self) -> None:
        if self._closed or self._filling is not None:
            return
        free = _AT_ONCE - sum(len(version.starting) for version in self._versions.values())
        for version in list(self._versions.values()):
            while free > 0 and version.missing > 0:
                try:
                    version.starting.add(self._start(version.spec))
                except UnsupportedRuntime:
                    version.failures = ATTEMPTS
                free -= 1
            if version.failed:
                self._settle(version.spec.arn)
