"""A real local Lambda on a free port, in a thread, and clients of it, for tests."""

from __future__ import annotations

import asyncio
import io
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/anything"

ECHO = "def handler(event, context):\n    return event\n"


def zipped(files: dict[str, str | bytes]) -> bytes:
    """A zip archive of `files`, by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass(kw_only=True)
class Endpoint:
    """A running local Lambda, wherever that is, and clients of it."""

    url: str
    _clients: dict[str, Any] = field(default_factory=dict, init=False)

    def client(self, service: str = "lambda") -> Any:
        """A boto3 client that does not try again by itself."""
        import boto3
        from botocore.config import Config

        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name=REGION,
                aws_access_key_id="AKIDEXAMPLE",
                aws_secret_access_key="secret",
                config=Config(
                    retries={"total_max_attempts": 1},
                    inject_host_prefix=False,
                    parameter_validation=False,
                ),
            )
        return self._clients[service]

    def create(self, code: str = ECHO, **named: Any) -> str:
        """Create a Python function, wait until it is active, return its name."""
        name: str = named.pop("FunctionName", f"fn-{uuid.uuid4().hex[:12]}")
        self.client().create_function(
            **{
                "FunctionName": name,
                "Runtime": "python3.11",
                "Role": ROLE,
                "Handler": "index.handler",
                "Code": {"ZipFile": zipped({"index.py": code})},
                **named,
            }
        )
        self.settle(name)
        return name

    def settle(self, name: str, qualifier: str = "$LATEST") -> dict[str, Any]:
        """Wait until a version is active and its last update done; its configuration."""
        ask = self.client().get_function_configuration
        limit = time.monotonic() + 30
        # Without botocore's waiters: each that is made takes as long as ten of these requests.
        while True:
            found: dict[str, Any] = ask(FunctionName=name, Qualifier=qualifier)
            state, update = found["State"], found.get("LastUpdateStatus")
            if state != "Pending" and update != "InProgress":
                assert "Failed" not in (state, update), found
                return found
            assert time.monotonic() < limit, found
            time.sleep(0.01)

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()


@dataclass(kw_only=True)
class LocalEndpoint(Endpoint):
    """One whose server is in this process, with an event loop in another thread."""

    port: int
    state: Path
    server: Any
    loop: asyncio.AbstractEventLoop

    def call(self, function: Callable[..., Any], *values: Any, **named: Any) -> Any:
        """Run something in the server's event loop and wait for what it returns."""

        async def run() -> Any:
            result = function(*values, **named)
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)


@contextmanager
def local_lambda(state: Path, **settings: Any) -> Iterator[LocalEndpoint]:
    """Run a local Lambda with its own event loop in a thread."""
    from workbench.local.config import ServerConfig
    from workbench.local.server import LocalLambda
    from workbench.project.state_dir import StateDir

    root = StateDir(state)
    settings.setdefault("transition_seconds", 0.02)
    config = ServerConfig(state=root.path, account=ACCOUNT, region=REGION, **settings)
    started: list[LocalEndpoint] = []
    failed: list[BaseException] = []
    ready = threading.Event()
    over: list[asyncio.Event] = []

    async def serve() -> None:
        over.append(asyncio.Event())
        server = LocalLambda(config, root)
        url = await server.start()
        port = int(url.rpartition(":")[2])
        loop = asyncio.get_running_loop()
        started.append(LocalEndpoint(url=url, port=port, state=root.path, server=server, loop=loop))
        ready.set()
        await over[0].wait()
        await server.close()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(30)
        if failed:
            raise failed[0]
        yield started[0]
    finally:
        if started:
            started[0].loop.call_soon_threadsafe(over[0].set)
            started[0].close()
        thread.join(30)
    if failed:
        raise failed[0]
