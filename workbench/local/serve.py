"""`workbench serve`: the local Lambda as a process, from its start to a signal or disuse."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench import __version__
from workbench.local.config import Isolation, ServerConfig
from workbench.local.leftovers import end_leftovers
from workbench.local.lifetime import (
    AlreadyServed,
    allow_many_files,
    sole_server,
    until_unused,
)
from workbench.local.runtime.cpu import CpuLimitsError
from workbench.local.server import LocalLambda
from workbench.local.services.choice import EMBEDDED, ServiceChoice
from workbench.local.services.credentials import CredentialsError
from workbench.local.services.keeping.forget import forget_services
from workbench.local.store.database import StateError
from workbench.project import server_process
from workbench.project.front_doors.apis import Route
from workbench.project.front_doors.front_door import Declared
from workbench.project.state_dir import StateDir, StateDirError

_SHOWN_FRONTS = 10  # front doors told at the start
# Python's own: few objects are looked at each time, so no invocation waits long.
_COLLECTIONS = (700, 10, 10)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What `workbench serve` was asked for.

    `root` is the project's folder (it may be empty). `port` 0 takes a free one. With `linger`,
    the server stops after that many seconds in which nobody used it. `concurrency` is the
    account's. `time_scale` divides Lambda's long waits. `services` and `credentials` (a profile)
    are what functions use of AWS; `forget_services` empties the embedded ones first. `isolation`
    "none" shows functions this machine's file system; `freeze` and `cpu_limits` are told of in
    RuntimeConfig.
    `routes` are those of an HTTP API beside the template's, `fronts` other front doors, `brokers`
    the addresses of message brokers by their ARNs.
    """

    root: Path
    port: int = 0
    account: str = "123456789012"
    region: str = "us-east-1"
    linger: float | None = None
    concurrency: int = 1000
    time_scale: float = 1.0
    isolation: Isolation = "auto"
    freeze: bool = False
    cpu_limits: bool = False
    services: ServiceChoice = EMBEDDED
    forget_services: bool = False
    credentials: str | None = None
    routes: tuple[Route, ...] = ()
    fronts: tuple[Declared, ...] = ()
    brokers: Mapping[str, str] = field(default_factory=dict)


def run(options: ServerOptions) -> int:
    """Serve until a signal, a shutdown request or, with `linger`, disuse; the exit status.

    Prints the endpoint's URL once it answers. Problems go to stderr, a sentence each.
    """
    root = options.root.resolve()
    allow_many_files()
    try:
        with sole_server(StateDir(root).path / "serving.lock"):
            end_leftovers(StateDir(root).path)  # of a server that was killed with all its helpers
            if options.forget_services:
                forget_services(StateDir(root).path)
            return asyncio.run(_serve(options, root))
    except AlreadyServed:
        info = server_process.running(root)
        where = f" at {info.url} (process {info.pid})" if info else ""
        return _fail(f"A local Lambda already serves {root}{where}: use it, or end it first.")
    except (StateDirError, StateError, CpuLimitsError, CredentialsError) as error:
        return _fail(str(error))
    except OSError as error:
        port = f"port {options.port}" if options.port else "a port"
        return _fail(f"Cannot listen on {port} of 127.0.0.1: {error.strerror or error}.")


def _fail(message: str) -> int:
    print(f"workbench serve: {message}", file=sys.stderr)
    return 1


async def _serve(options: ServerOptions, root: Path) -> int:
    state = StateDir(root)
    config = ServerConfig(
        state=state.path,
        project=root,
        account=options.account,
        region=options.region,
        port=options.port,
        concurrency=options.concurrency,
        time_scale=options.time_scale,
        isolation=options.isolation,
        freeze=options.freeze,
        cpu_limits=options.cpu_limits,
        services=options.services,
        credentials=options.credentials,
        routes=options.routes,
        fronts=options.fronts,
        brokers=options.brokers,
    )
    server = LocalLambda(config, state)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.shutdown.set)
    try:
        # All that starting makes is kept; looking through it for garbage took a third of the time.
        gc.disable()
        url = await server.start()
        announced = server_process.ServerInfo(
            os.getpid(), url, config.account, config.region, __version__, time.time()
        )
        server_process.announce(root, announced)
        _say_ready(url, config, server.fronts())
        # What exists now stays: keeping it out of collections shortens the longest pauses.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECTIONS)
        gc.enable()
        await _until_over(server, options.linger)
    finally:
        server_process.withdraw(root, os.getpid())
        await server.close()
    return 0


async def _until_over(server: LocalLambda, linger: float | None) -> None:
    waits: list[asyncio.Task[object]] = [asyncio.create_task(server.shutdown.wait())]
    if linger is not None:
        waits.append(asyncio.create_task(until_unused(linger, server.in_use)))
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def _say_ready(url: str, config: ServerConfig, fronts: Sequence[Mapping[str, object]]) -> None:
    print(f"Lambda endpoint: {url}", flush=True)
    print(
        f"  account {config.account}, region {config.region}, project {config.project}\n"
        f"  aws lambda list-functions --endpoint-url {url}",
        flush=True,
    )
    if config.time_scale != 1:
        print(f"  time scale {config.time_scale:g}: Lambda's long waits are that much shorter")
    print(f"  AWS services: {config.services}", flush=True)
    for front in fronts[:_SHOWN_FRONTS]:
        print(f"  {front['Name']} answers at {front['Url']}", flush=True)
    if len(fronts) > _SHOWN_FRONTS:
        print(f"  … and {len(fronts) - _SHOWN_FRONTS} more: workbench urls", flush=True)
    if config.credentials is not None:
        print(f"  functions act as the AWS profile {config.credentials}", flush=True)
