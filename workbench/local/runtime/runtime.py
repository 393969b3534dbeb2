"""The runtime: takes invocations, finds or starts an execution environment for each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.local.runtime.cpu import CpuLimits
from workbench.local.runtime.environment import Environment, InitializationType, State
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.launchers import Launcher
from workbench.local.runtime.launchers.choose import Launchers
from workbench.local.runtime.launchers.snapshot import SnapshotLauncher
from workbench.local.runtime.memory import MemoryWatch
from workbench.local.runtime.placement import Charge, Concurrency, IdlePool
from workbench.local.runtime.provisioned import ProvisionedConcurrency, ProvisionedStatus, Wanted
from workbench.local.runtime.records import (
    FunctionSpec,
    InvokeRequest,
    Levels,
    LogSink,
    Observer,
    Throttled,
)
from workbench.local.runtime.sandbox import Sandbox
from workbench.local.runtime.snapshots import Done, Snapshots
from workbench.local.services.settings import LOCAL_CREDENTIALS
from workbench.local.xray import segments

# How long an initialisation ahead of all invocations may take; longer if the timeout is (§1.4).
AHEAD_INIT_TIMEOUT = 130.0


@dataclass(frozen=True, slots=True)
class RuntimeConfig:
    """How environments are run. Times in seconds.

    `state` is a folder of the runtime's own. `credentials` are given to functions; the
    developer's own are not unless that was asked for. `services` are variables that tell functions
    where AWS's services are. Both are read anew for each environment. `xray_daemon` is the address
    that functions send segments to. `standby` False starts no process ahead of need.
    `provisioning_delay` is how long provisioned concurrency is only asked for.
    Without `private_file_systems` functions see this machine's file system also where they could
    have one of their own. With `freeze` their processes stop between invocations, with
    `cpu_limits` they have the share of a processor that their memory buys.
    """

    state: Path
    xray_daemon: str = "127.0.0.1:2000"
    account_concurrency: int = 1000
    idle_timeout: float = 600.0
    init_timeout: float = 10.0
    restore_timeout: float = 10.0
    provisioning_delay: float = 0.1
    standby: bool = True
    private_file_systems: bool = True
    freeze: bool = False
    cpu_limits: bool = False
    credentials: Mapping[str, str] = field(default_factory=lambda: LOCAL_CREDENTIALS)
    services: Mapping[str, str] = field(default_factory=dict)


class Runtime:
    """Runs functions. One per local Lambda; every call belongs to the event loop's thread.

    Raises CpuLimitsError where `cpu_limits` are asked for and impossible.
    """

    def __init__(self, config: RuntimeConfig, logs: LogSink, observer: Observer) -> None:
        self.config = config
        self.logs = logs
        self.observer = observer
        self.memory = MemoryWatch()
        self.cpu = CpuLimits() if config.cpu_limits else None
        self.freezes = config.freeze
        self._concurrency = Concurrency(config.account_concurrency)
        self._idle: IdlePool[Sandbox] = IdlePool()
        self._sandboxes: set[Sandbox] = set()
        self._launchers = Launchers(
            config.state,
            config.credentials,
            config.services,
            observer,
            standby=config.standby,
            xray_daemon=config.xray_daemon,
            private=config.private_file_systems,
        )
        self._provisioned = ProvisionedConcurrency(
            self._provisioning, self._concurrency.provision, config.provisioning_delay
        )
        self._snapshots = Snapshots(self._snapshot, observer)
        self._sweep: asyncio.TimerHandle | None = None
        self._stopped: asyncio.Event | None = None

    def invoke(self, spec: FunctionSpec, request: InvokeRequest) -> Execution:
        """Begin one invocation, synchronous or event alike, and return its handle.

        Raises Throttled (429, lambda-facts §5) and UnsupportedRuntime; everything that happens
        later, such as crashes and timeouts, is an InvokeResult.
        """
        if spec.active_tracing:
            segments.begin(request)
        if spec.image is not None:
            self._settle(spec)
        execution = Execution(spec, request)
        sandbox: Sandbox | None = None
        if self._provisioned:
            sandbox, execution.spillover = self._provisioned.take(spec)
        if sandbox is not None:
            charge = self._concurrency.enter_provisioned(spec.arn)
        else:
            try:
                sandbox, charge = self._place(spec)
            except Throttled:
                self.observer.invocation_throttled(spec, request)
                raise
        self.observer.invocation_started(spec, request)
        sandbox.run(execution, charge)
        return execution

    def _place(self, spec: FunctionSpec) -> tuple[Sandbox, Charge]:
        """The environment for one invocation on demand: idle or new. Raises as `invoke`."""
        charge = self._concurrency.enter(spec.arn)
        sandbox = self._idle.take(spec)
        if sandbox is None:
            try:
                self._concurrency.grow(spec.arn)
                sandbox = self._restoring(spec) if spec.snap_start else self._on_demand(spec)
            except BaseException:
                self._concurrency.leave(spec.arn, charge)
                raise
        return sandbox, charge

    def _settle(self, spec: FunctionSpec) -> None:
        """Environments that have answered are free: nobody is to wait for them, or start more."""
        for sandbox in [each for each in self._sandboxes if each.spec.identity == spec.identity]:
            sandbox.settle()

    def reserve(self, function_arn: str, concurrency: int | None) -> None:
        """The function has this reserved concurrency from now on; None is none (§5)."""
        self._concurrency.reserve(function_arn, concurrency)

    def provision(self, function_arn: str, wanted: Mapping[str, Wanted]) -> None:
        """Keep these environments initialised for the function, by qualifier, and no others; see
        `ProvisionedConcurrency.provision`."""
        self._provisioned.provision(function_arn, wanted)

    def make_snapshot(self, spec: FunctionSpec, done: Done) -> None:
        """Initialise a version with SnapStart once, and tell `done` how it went (§11.2). Raises
        UnsupportedRuntime."""
        self._snapshots.make(spec, done)

    def provisioned(self, function_arn: str, qualifier: str) -> ProvisionedStatus:
        """How far it is with what `provision` asked for this qualifier."""
        return self._provisioned.status(function_arn, qualifier)

    def prepare(self, spec: FunctionSpec) -> None:
        """Make what a cold start of `spec` needs ready in the background: standby processes
        with its dependencies imported. Call when a function appears or changes; never fails."""
        self._launchers.prepare(spec)

    def retire(
        self, function_arn: str, keep_identity: str | None = None, version: str | None = None
    ) -> None:
        """The function (or only its `version`) was changed or deleted: environments of any
        identity but `keep_identity` stop, idle ones now, busy ones when they are done."""
        for sandbox in list(self._sandboxes):
            spec = sandbox.spec
            if (
                spec.arn == function_arn
                and spec.identity != keep_identity
                and version in (None, spec.version)
            ):
                self._idle.remove(sandbox)
                sandbox.retire()
        if keep_identity is None and version is None:
            self._launchers.forget(function_arn)

    def renew(self) -> None:
        """What every environment is started with has changed: those there are stop, idle ones
        now, busy ones when they are done."""
        for sandbox in list(self._sandboxes):
            self._idle.remove(sandbox)
            sandbox.retire()

    def cancel(self, request_id_or_token: str) -> bool:
        """Kill the environment that runs this invocation; False when there is none.

        The invocation then ends as if its process had been killed (lambda-facts §2.4).
        """
        for sandbox in self._sandboxes:
            execution = sandbox.execution
            if execution is not None and request_id_or_token in (
                execution.request.request_id,
                execution.request.token,
            ):
                sandbox.kill()
                return True
        return False

    @property
    def file_systems(self) -> str:
        """ "private" where each environment has its own, "shared" where all see this machine's."""
        return "private" if self._launchers.file_systems.private else "shared"

    def environments(self) -> list[dict[str, object]]:
        """Every environment there is, as `/_workbench/environments` lists them."""
        return [sandbox.environment.describe() for sandbox in self._sandboxes]

    async def stop(self) -> None:
        """Kill every environment and standby process; returns when all are gone."""
        if self._sweep is not None:
            self._sweep.cancel()
        self._provisioned.close()
        self._stopped = asyncio.Event()
        for sandbox in list(self._sandboxes):
            self._idle.remove(sandbox)
            sandbox.stop()
        if self._sandboxes:
            await self._stopped.wait()
        await self._launchers.stop()
        if self.cpu is not None:
            self.cpu.close()

    def _on_demand(self, spec: FunctionSpec) -> Sandbox:
        launcher = self._launchers.launcher_for(spec)
        return self._sandbox(spec, "on-demand", launcher, self.config.init_timeout)

    def _restoring(self, spec: FunctionSpec) -> Sandbox:
        """An environment that begins at the version's snapshot, or where there is none anew."""
        launcher = self._snapshots.launcher(spec)
        if launcher is not None:
            return self._sandbox(spec, "snap-start", launcher, self.config.restore_timeout)
        launcher = self._launchers.launcher_for(spec)
        return self._sandbox(spec, "snap-start", launcher, _ahead_timeout(spec))

    def _provisioning(self, spec: FunctionSpec) -> Sandbox:
        launcher = self._launchers.launcher_for(spec)
        kind: InitializationType = "provisioned-concurrency"
        sandbox = self._sandbox(spec, kind, launcher, _ahead_timeout(spec))
        sandbox.prepare()
        return sandbox

    def _snapshot(self, spec: FunctionSpec) -> tuple[Sandbox, SnapshotLauncher]:
        launcher = SnapshotLauncher(self._launchers.launcher_for(spec))
        sandbox = self._sandbox(spec, "snap-start", launcher, _ahead_timeout(spec))
        sandbox.prepare()
        return sandbox, launcher

    def _sandbox(
        self, spec: FunctionSpec, kind: InitializationType, launcher: Launcher, limit: float
    ) -> Sandbox:
        environment = Environment(spec, self._changed, kind)
        sandbox = Sandbox(self, environment, launcher, limit, self.config.restore_timeout)
        self._sandboxes.add(sandbox)
        if self._sweep is None:
            self._sweep_later()
        return sandbox

    # What sandboxes tell the runtime.

    def sandbox_ready(self, sandbox: Sandbox) -> None:
        """It was initialised ahead of an invocation, and waits for one."""
        if sandbox.environment.initialization_type == "snap-start":
            self._snapshots.ready(sandbox)
        else:
            self._provisioned.ready(sandbox)

    def levels(self, spec: FunctionSpec) -> Levels:
        """What runs at this moment."""
        return self._concurrency.levels(spec.arn)

    def sandbox_done(self, sandbox: Sandbox, charge: Charge) -> None:
        """An invocation is over; the sandbox can take the next one, if it is not leaving."""
        self._concurrency.leave(sandbox.spec.arn, charge)
        if charge is Charge.PROVISIONED:
            self._provisioned.done(sandbox)
        elif sandbox.environment.state is State.FAILED and sandbox.spec.snap_start:
            sandbox.retire()  # the next one is restored from the snapshot
        elif sandbox.environment.state in (State.READY, State.FAILED):
            self._idle.put(sandbox)

    def sandbox_leaving(self, sandbox: Sandbox) -> None:
        """It takes no invocation any more. Its processes may need a moment to end."""
        self._idle.remove(sandbox)

    def sandbox_gone(self, sandbox: Sandbox) -> None:
        """The sandbox has ended; nothing of it is left."""
        self._sandboxes.discard(sandbox)
        if sandbox.environment.initialization_type == "provisioned-concurrency":
            self._provisioned.gone(sandbox)
        else:
            self._snapshots.gone(sandbox)
        if self._stopped is not None and not self._sandboxes:
            self._stopped.set()

    def _changed(self, environment: Environment) -> None:
        self.observer.environment_changed(environment.describe)

    def _sweep_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(self.config.idle_timeout / 10, self._stop_idle)

    def _stop_idle(self) -> None:
        loop = asyncio.get_running_loop()
        for sandbox in self._idle:
            if loop.time() - sandbox.last_used >= self.config.idle_timeout:
                self._idle.remove(sandbox)
                sandbox.stop()
        self._sweep_later()


def _ahead_timeout(spec: FunctionSpec) -> float:
    return max(AHEAD_INIT_TIMEOUT, spec.timeout)
