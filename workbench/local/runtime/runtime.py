"""The runtime: takes invocations, finds or starts an execution environment for each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.local.runtime.environment import Environment, State
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.launchers.choose import Launchers
from workbench.local.runtime.placement import Concurrency, IdlePool
from workbench.local.runtime.records import (
    FunctionSpec,
    InvokeRequest,
    LogSink,
    Observer,
    Throttled,
)
from workbench.local.runtime.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class RuntimeConfig:
    """How environments are run. Times in seconds.

    `state` is a folder of the runtime's own. `credentials` are given to functions; the
    developer's own never are. `standby` False starts no process ahead of need.
    """

    state: Path
    account_concurrency: int = 1000
    idle_timeout: float = 600.0
    init_timeout: float = 10.0
    standby: bool = True
    credentials: Mapping[str, str] = field(
        default_factory=lambda: {
            "AWS_ACCESS_KEY_ID": "ASIAWORKBENCHLOCAL00",
            "AWS_SECRET_ACCESS_KEY": "local-functions-have-no-real-credentials",
            "AWS_SESSION_TOKEN": "local",
        }
    )


class Runtime:
    """Runs functions. One per local Lambda; every call belongs to the event loop's thread.

    `reserved` maps unqualified function ARNs to reserved concurrency and is read live, so the
    API that owns it simply changes it.
    """

    def __init__(
        self,
        config: RuntimeConfig,
        logs: LogSink,
        observer: Observer,
        reserved: Mapping[str, int] | None = None,
    ) -> None:
        self.config = config
        self.logs = logs
        self.observer = observer
        self._concurrency = Concurrency(
            config.account_concurrency, {} if reserved is None else reserved
        )
        self._idle: IdlePool[Sandbox] = IdlePool()
        self._sandboxes: set[Sandbox] = set()
        self._launchers = Launchers(
            config.state, config.credentials, observer, standby=config.standby
        )
        self._sweep: asyncio.TimerHandle | None = None
        self._stopped: asyncio.Event | None = None

    def invoke(self, spec: FunctionSpec, request: InvokeRequest) -> Execution:
        """Begin one invocation, synchronous or event alike, and return its handle.

        Raises Throttled (429, lambda-facts §5) and UnsupportedRuntime; everything that happens
        later, such as crashes and timeouts, is an InvokeResult.
        """
        try:
            unreserved = self._concurrency.enter(spec.arn)
        except Throttled:
            self.observer.invocation_throttled(spec, request)
            raise
        execution = Execution(spec, request)
        sandbox = self._idle.take(spec)
        if sandbox is None:
            try:
                sandbox = self._new_sandbox(spec)
            except BaseException:
                self._concurrency.leave(spec.arn, unreserved)
                raise
        self.observer.invocation_started(spec, request)
        sandbox.run(execution, unreserved)
        return execution

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

    def environments(self) -> list[dict[str, object]]:
        """Every environment there is, as `/_workbench/environments` lists them."""
        return [sandbox.environment.describe() for sandbox in self._sandboxes]

    async def stop(self) -> None:
        """Kill every environment and standby process; returns when all are gone."""
        if self._sweep is not None:
            self._sweep.cancel()
        self._stopped = asyncio.Event()
        for sandbox in list(self._sandboxes):
            self._idle.remove(sandbox)
            sandbox.stop()
        if self._sandboxes:
            await self._stopped.wait()
        await self._launchers.stop()

    def _new_sandbox(self, spec: FunctionSpec) -> Sandbox:
        launcher = self._launchers.launcher_for(spec)
        environment = Environment(spec, self._changed)
        sandbox = Sandbox(self, environment, launcher, self.config.init_timeout)
        self._sandboxes.add(sandbox)
        if self._sweep is None:
            self._sweep_later()
        return sandbox

    # What sandboxes tell the runtime.

    def sandbox_done(self, sandbox: Sandbox, unreserved: bool) -> None:
        """An invocation is over; the sandbox can take the next one, if it is not leaving."""
        self._concurrency.leave(sandbox.spec.arn, unreserved)
        if sandbox.environment.state in (State.READY, State.FAILED):
            self._idle.put(sandbox)

    def sandbox_gone(self, sandbox: Sandbox) -> None:
        """The sandbox has ended; nothing of it is left."""
        self._idle.remove(sandbox)
        self._sandboxes.discard(sandbox)
        if self._stopped is not None and not self._sandboxes:
            self._stopped.set()

    def _changed(self, environment: Environment) -> None:
        self.observer.environment_changed(environment.describe())

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
