"""The runtime domain of an environment: the processes that live and die together (§1.4, §1.5).

That is the runtime's and those of external extensions. They share one listener, for the Runtime,
Extensions and Telemetry APIs. A reset ends the domain, and the environment begins another: what an
ended one still has to say reaches nobody.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping

from workbench.local.runtime.cpu import CpuLimits
from workbench.local.runtime.domain.domain_events import DomainEvents
from workbench.local.runtime.domain.domain_process import DomainProcess
from workbench.local.runtime.domain.extensions_api import MAX_EXTENSIONS, Caller, ExtensionsApi
from workbench.local.runtime.domain.external_extensions import (
    ExtensionLaunchError,
    extension_files,
    extension_variables,
    start_extension,
)
from workbench.local.runtime.domain.runtime_api import RuntimeApi
from workbench.local.runtime.domain.shutdown import shut_down
from workbench.local.runtime.environment import Environment
from workbench.local.runtime.faults import (
    Fault,
    crash_fault,
    exit_fault,
    refused_result,
    sandbox_fault,
)
from workbench.local.runtime.launchers import Launch, Launcher, LaunchError
from workbench.local.runtime.memory import MemoryMeter, MemoryWatch, family
from workbench.local.runtime.records import InvokeRequest, InvokeResult, UnsupportedRuntime
from workbench.local.runtime.response_stream import ResponseStream
from workbench.local.runtime.telemetry.init_log import InitLog
from workbench.local.runtime.telemetry.journal import Journal
from workbench.local.runtime.telemetry.telemetry import Telemetry


class RuntimeDomain:
    """One generation of an environment's processes.

    `start`, then `deliver` work; in the end `shut_down`, or `end` where no extension minds.
    `phase` is "init", "invoke" for an initialisation inside an invocation, or "restore".
    """

    def __init__(
        self,
        environment: Environment,
        launcher: Launcher,
        journal: Journal,
        phase: str,
        events: DomainEvents,
        watch: MemoryWatch,
        cpu: CpuLimits | None = None,
    ) -> None:
        self._environment = environment
        self._launcher = launcher
        self._journal = journal
        self._phase = phase
        self._events = events
        self._loop = asyncio.get_running_loop()
        self._api = RuntimeApi(self, self)
        self._runtime = DomainProcess(journal, "function", self._process_ended)
        self._externals: dict[str, DomainProcess] = {}
        self._extensions = ExtensionsApi(environment.spec, self._look, self._extension_failed)
        self._telemetry = Telemetry(
            self._extensions,
            journal.platform,
            parse_json=environment.spec.log_format == "JSON",
        )
        self._watch = watch
        self._cpu = cpu
        self._frozen = False
        self._memory = MemoryMeter(
            environment.spec.memory_size,
            lambda: self._runtime.pid,
            lambda: [each.pid for each in self._processes],
            self._out_of_memory,
        )
        self._boot: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None  # held: the loop alone would lose it
        self._registered = asyncio.Event()
        self._log = InitLog(environment, journal, phase)
        self._runtime_ready = False
        self._is_snapshot = False
        self._initialised = False
        self._over = False
        # What was reported before a process ended: the first error type counts.
        self._fatal: str | None = None
        self._init_result: InvokeResult | None = None

    @property
    def _processes(self) -> tuple[DomainProcess, ...]:
        return (self._runtime, *self._externals.values())

    @property
    def running(self) -> bool:
        """Whether a process was started and has not ended."""
        return any(each.running for each in self._processes)

    @property
    def init_ms(self) -> float:
        """How long its initialisation, or its restore from a snapshot, has taken."""
        return self._log.duration_ms

    @property
    def usable(self) -> bool:
        """Whether it can go on to another invocation: nothing has ended."""
        return not self._over

    @property
    def has_extensions(self) -> bool:
        """Whether there are extensions, which get time to shut down."""
        return bool(self._extensions)

    @property
    def extensions_busy(self) -> bool:
        """Whether an extension is still at the invocation."""
        return bool(self._extensions) and self._extensions.busy

    # Initialisation.

    def start(self) -> None:
        """Begin: `initialised` or `failed` follows."""
        self._journal.listener = self._telemetry
        self._watch.begin(self._memory)
        self._boot = self._loop.create_task(self._start())

    async def _start(self) -> None:
        environment = self._environment
        spec = environment.spec
        address, fault = "", None
        try:
            address = await self._api.open()
            # A reset environment keeps its own, and so its /tmp (lambda-facts §1.4).
            if environment.file_system is None:
                environment.file_system = await self._launcher.file_system(spec)
        except LaunchError as error:
            fault = Fault(error.error_type, str(error))
        except UnsupportedRuntime as reason:
            fault = Fault("Runtime.Unsupported", str(reason))
            self._init_result = refused_result("InvalidRuntimeException", str(reason))
        except OSError as error:
            fault = sandbox_fault(error)
        variables = self._launcher.static_variables(spec)
        variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = environment.initialization_type
        if spec.snap_start:  # a snapshot knows nothing of the streams of those it restores (§1.7)
            del variables["AWS_LAMBDA_LOG_GROUP_NAME"]
        else:
            variables["AWS_LAMBDA_LOG_STREAM_NAME"] = environment.log_stream
        variables["AWS_LAMBDA_RUNTIME_API"] = address
        self._log.begin()
        self._events.launched()
        fault = fault or await self._start_extensions(variables)
        if fault is None:
            try:
                launch = Launch(spec, variables, address, environment.file_system)
                self._runtime.started(self._launcher.start(launch, self._runtime.exited))
            except LaunchError as error:
                fault = Fault(error.error_type, str(error))
            except OSError as error:
                fault = sandbox_fault(error)
        self._boot = None
        if fault is not None:
            self._fail(fault)

    async def _start_extensions(self, variables: Mapping[str, str]) -> Fault | None:
        """Start the external extensions and wait until all have registered (§1.5)."""
        files = extension_files(self._environment.spec)
        if not files:
            return None
        visible = extension_variables(variables)
        for name, file in files.items():
            extension = self._extensions.expect(name)
            process = DomainProcess(self._journal, "extension", self._process_ended)
            try:
                if len(self._externals) >= MAX_EXTENSIONS:
                    raise ExtensionLaunchError("ErrTooManyExtensions", "TooManyExtensions")
                start_extension(file, visible, process, self._environment.file_system)
            except ExtensionLaunchError as error:
                extension.state, extension.error_type = "LaunchError", error.reason
                return Fault("Extension.LaunchError", str(error))
            self._externals[name] = process
        await self._registered.wait()
        return None

    def _look(self) -> None:
        """An extension registered or asked for the next event: see what follows."""
        if self._over:
            return
        if self._initialised:
            if not self._extensions.busy:
                self._events.extensions_done()
            return
        if self._extensions.registered:
            self._registered.set()
        if self._runtime_ready and self._extensions.ready:
            self._init_done()

    def _init_done(self) -> None:
        self._initialised = True
        self._watch.end(self._memory)
        self._init_over("success", None)
        if not self._telemetry:
            self._journal.listener = None
        if self._is_snapshot:
            self._events.snapshot_ready()
        else:
            if self._cpu is not None and self._environment.spec.image is None:
                self._loop.run_in_executor(None, self._limit_cpu, self._cpu)
            self._events.initialised()

    def _limit_cpu(self, cpu: CpuLimits) -> None:
        processes = family(each.pid for each in self._processes)
        cpu.limit(self._environment.id, self._environment.spec.memory_size, processes)

    def report_timeout(self) -> None:
        """Initialisation took too long: say so in the log."""
        self._init_over("timeout", None)

    def _init_over(self, status: str, error_type: str | None) -> None:
        self._extensions.registering = False
        self._telemetry.close()
        self._log.end(status, error_type, self._extensions)

    # The invocation.

    def deliver(self, request: InvokeRequest, deadline_ms: int) -> None:
        """Give the runtime, which waits for it, an invocation, and tell the extensions."""
        if self._extensions:
            self._extensions.invoke(request, deadline_ms)
        self._watch.begin(self._memory)
        self._api.deliver(request, deadline_ms)

    def freeze(self) -> None:
        """Stop the processes until the next invocation, as AWS does (§1.4)."""
        self._frozen = True
        for process in self._processes:
            process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on; nothing happens when they are not stopped."""
        if self._frozen:
            self._frozen = False
            for process in self._processes:
                process.send(signal.SIGCONT)

    def rest(self, duration_ms: float) -> int:
        """The invocation is over, after so long; the most memory the processes have used, in MB."""
        self._watch.end(self._memory)
        return self._memory.peak_mb(duration_ms)

    def _out_of_memory(self) -> None:
        self._fatal = "Runtime.OutOfMemory"
        self.kill()

    # What the runtime says.

    def runtime_next(self) -> None:
        if self._over:
            return
        if self._initialised:
            self._events.runtime_done()
            return
        self._runtime_is_ready()

    def runtime_restore_next(self) -> None:
        if self._over:
            return
        kind = self._environment.initialization_type
        if self._phase == "init" and kind == "snap-start":
            self._is_snapshot = True
            self._runtime_is_ready()
            return
        self._meet_runtime()
        if self._phase == "restore":
            self._events.restored()
        self._api.restore()

    def runtime_restore_error(self, body: bytes, error_type: str) -> None:
        """Its process ends by itself now."""

    def _runtime_is_ready(self) -> None:
        self._meet_runtime()
        self._extensions.registering = False
        self._log.runtime_done("success", None)
        self._runtime_ready = True
        if self._extensions.ready:
            self._init_done()

    def runtime_init_error(self, body: bytes, error_type: str) -> None:
        self._meet_runtime()
        self._init_result = InvokeResult(body, "Unhandled")
        self._fatal = self._fatal or error_type

    def runtime_response(self, body: bytes, content_type: str, streamed: bool) -> None:
        if not self._over:
            self._events.runtime_response(body, content_type, streamed)

    def runtime_stream(self) -> ResponseStream | None:
        return None if self._over else self._events.runtime_stream()

    def runtime_error(self, body: bytes, error_type: str) -> None:
        if not self._over:
            self._events.runtime_error(body, error_type)

    def runtime_oversize(self, limit: int) -> None:
        if not self._over:
            self._events.runtime_oversize(limit)

    def _meet_runtime(self) -> None:
        # A forked process's id may be known only when it has spoken.
        if self._runtime.pid:
            self._environment.pid = self._runtime.pid
            self._memory.meet()

    # What extensions say, on the Runtime API's listener.

    def handle(self, caller: Caller) -> bool:
        return self._extensions.handle(caller) or self._telemetry.handle(caller)

    def disconnected(self, caller: Caller) -> None:
        if self._extensions:
            self._extensions.disconnected(caller)

    def _extension_failed(self, error_type: str) -> None:
        self._fatal = self._fatal or error_type  # its process ends next

    # Ends.

    def kill(self) -> None:
        """SIGKILL to the runtime, or to what there is before it: `failed` follows."""
        if self._runtime.running:
            self._runtime.kill()
            return
        for process in self._externals.values():
            process.kill()

    def end(self) -> None:
        """Kill what runs and forget it."""
        self._stop_starting()
        for process in self._processes:
            process.forget()
        self._close()

    def shut_down(self, reason: str, done: Callable[[], None]) -> None:
        """Shut down as AWS does, and call `done` when no process is left.

        `reason` is "spindown", "timeout" or "failure".
        """
        self._stop_starting()
        self.thaw()
        self._ending = self._loop.create_task(self._shut_down(reason, done))

    async def _shut_down(self, reason: str, done: Callable[[], None]) -> None:
        self._telemetry.flush()
        await shut_down(self._runtime, self._externals, self._extensions, reason)
        self._close()
        done()

    def _stop_starting(self) -> None:
        self._over = True
        if self._boot is not None:
            self._boot.cancel()

    def _close(self) -> None:
        self._runtime_gone()
        self._api.close()
        self._telemetry.end()
        if self._journal.listener is self._telemetry:
            self._journal.listener = None

    def _process_ended(self, process: DomainProcess, code: int) -> None:
        if process is self._runtime:
            self._runtime_gone()
        if self._over:
            self._telemetry.flush()  # the runtime's last words, for the extensions that still run
            return
        fault = exit_fault(code) if process is self._runtime else crash_fault(code)
        fault = process.failure or fault
        self._fail(Fault(self._fatal or fault.error_type, fault.message))

    def _runtime_gone(self) -> None:
        self._environment.pid = None
        self._watch.end(self._memory)
        self._memory.close()

    def _fail(self, fault: Fault) -> None:
        self._over = True
        if not self._initialised:
            self._init_over("error", fault.error_type)
        self._events.failed(fault, self._init_result)
