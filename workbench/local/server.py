"""The local Lambda: its parts put together."""

from __future__ import annotations

import asyncio
import time

from workbench.local.api.endpoint import Endpoint
from workbench.local.broadcast import Broadcaster
from workbench.local.config import ServerConfig
from workbench.local.gate import Gate
from workbench.local.http.listener import Listener
from workbench.local.http.messages import Answer, Request
from workbench.local.linking.project_link import ProjectLink
from workbench.local.metrics.embedded import EmbeddedMetrics
from workbench.local.recording.recorder import Recorder
from workbench.local.runtime.runtime import Runtime, RuntimeConfig
from workbench.local.services.credentials import FunctionCredentials
from workbench.local.services.services import Services
from workbench.local.services.settings import LOCAL_CREDENTIALS
from workbench.local.store.store import Store
from workbench.local.surface import PREFIX, Surface
from workbench.local.xray.daemon import XrayDaemon
from workbench.project.front_doors.apis import Api
from workbench.project.front_doors.front_door import Declared
from workbench.project.records import Resource
from workbench.project.state_dir import StateDir

# The access key of our pollers and of functions without credentials of somebody's.
_OUR_OWN = LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"]


class LocalLambda:
    """The parts and how they hang together. `start`, then `url`; `close` ends it all."""

    def __init__(self, config: ServerConfig, state: StateDir) -> None:
        self.config = config
        self.shutdown = asyncio.Event()
        self.broadcaster = Broadcaster()
        self._store = Store(config)
        self._recorder = Recorder(self.broadcaster, state.path)
        self._xray_daemon = XrayDaemon(self._recorder.segment)
        self._services = Services(config, lambda message: self.broadcaster.notice("", message))
        self._credentials = FunctionCredentials(
            config.credentials,
            lambda: self._runtime.renew(),
            lambda message: self.broadcaster.notice("", message),
        )
        runtime_config = RuntimeConfig(
            config.state,
            account_concurrency=config.concurrency,
            credentials=self._credentials.variables,
            services=self._services.variables,
            xray_daemon=self._xray_daemon.address,
            private_file_systems=config.isolation == "auto",
            freeze=config.freeze,
            cpu_limits=config.cpu_limits,
        )
        self._runtime = Runtime(runtime_config, self._store.logs, self._recorder)
        self._embedded_metrics = EmbeddedMetrics(
            self._services, lambda message: self.broadcaster.notice("", message)
        )
        if config.services.kind != "aws":  # there they would cost money that nobody meant to spend
            self._recorder.on_embedded_metrics = self._embedded_metrics.take
        self._endpoint = Endpoint(
            config, self._store, self._runtime, self._services, self._recorder
        )
        self._surface = Surface(
            config,
            self.broadcaster,
            self._runtime,
            self._endpoint.asynchronous.queue,
            self._endpoint.sources,
            self._endpoint.fronts,
            lambda: self._endpoint.lifecycle_hooks,
            self.shutdown.set,
        )
        self._endpoint.watch_sources(lambda source: self.broadcaster.send("source", source))
        self._gate = Gate()
        self._listener = Listener(
            self._handle, self._endpoint.error_response, self._endpoint.takes_stream
        )
        self._link: ProjectLink | None = None
        self._last_request = time.monotonic()

    async def start(self) -> str:
        """Listen, link the project's functions; returns the endpoint's URL."""
        await self._credentials.start()
        await self._recorder.start()
        await self._xray_daemon.start()
        port = await self._listener.start(self.config.host, self.config.port)
        url = f"http://{self.config.host}:{port}"
        self._services.start(url)
        await self._endpoint.start(url)
        self._serve_fronts()
        if self.config.project is not None:
            self._link = ProjectLink(
                self.config.project,
                self.config.account,
                self.config.region,
                self._services.settings().endpoint_url or "",
                self._endpoint.linked,
                self._declare,
                self._serve_fronts,
                self.broadcaster,
            )
            await self._link.start()
        return url

    async def close(self) -> None:
        """Stop taking requests, end every function process, write what is pending."""
        if self._link is not None:
            await self._link.stop()
        await self._listener.close()
        await self._endpoint.close()
        await self._runtime.stop()
        await self._embedded_metrics.close()
        await self._services.close()
        await self._credentials.close()
        await self._xray_daemon.close()
        await self._recorder.close()
        self._store.close()

    def in_use(self) -> bool:
        """Whether somebody listens, something runs, or a request came in the last second."""
        last_request = max(self._last_request, self._endpoint.last_front_request)
        return (
            self.broadcaster.listening > 0
            or self._endpoint.busy
            or time.monotonic() - last_request < 1.0
        )

    def fronts(self) -> list[dict[str, object]]:
        """The front doors: Kind, Name, Url, Routes."""
        return self._endpoint.fronts()

    def _declare(self, resources: tuple[Resource, ...]) -> None:
        """The project declares these resources."""
        self._services.declare(resources)
        self._endpoint.log_subscriptions.declare(resources)

    def _serve_fronts(self, fronts: tuple[Declared, ...] = ()) -> None:
        """Serve the front doors of the project, and those of the command line."""
        routes = self.config.routes
        of_routes = (Api("HTTP", "routes", "$default", routes),) if routes else ()
        self._endpoint.declared_fronts.declare((*fronts, *of_routes, *self.config.fronts))

    def _handle(self, request: Request) -> Answer:
        caller = self._gate.check(request)
        if caller.access_key != _OUR_OWN:  # polling is no use that somebody makes of it
            self._last_request = time.monotonic()
        if request.path.startswith(PREFIX):
            return self._surface.handle(request)
        return self._endpoint.handle(request, caller)
