"""HTTP/1.1 on a loopback listener: requests in, responses out, nothing of Lambda.

A handler takes a `Request` and returns a `Response`, or something that becomes one: a `Deferred`
(resolved by a plain call, no task), or an awaitable (which costs a task: fine for everything but
warm invokes). Held to a limit: the size of heads and bodies, the bytes of all bodies in memory
together, the time a client takes to send a request or to take its response.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.local.http.connection import HttpConnection
from workbench.local.http.limits import Timeouts
from workbench.local.http.messages import (
    ErrorResponse,
    Handler,
    Request,
    Successor,
    plain_error,
)

BACKLOG = 1024
MAX_BODY = 70_167_211  # AWS's own limit for a request to Lambda, lambda-facts §4.6 no. 33


@dataclass(slots=True)
class Listener:
    """Serves `handler` on one address. `start`, then `port`; `close` cuts every connection.

    `on_error` words the errors HTTP itself has (too large, malformed, too slow). `streams` says,
    of a request whose large body is yet to come, whether the handler takes a StreamedRequest.
    With `keeps_headers` a request also has its headers as they were sent.
    """

    handler: Handler
    on_error: ErrorResponse = plain_error
    streams: Callable[[Request], bool] = lambda request: False
    max_body: int = MAX_BODY
    keeps_headers: bool = False
    timeouts: Timeouts = field(default_factory=Timeouts)
    port: int = 0
    buffered: int = 0
    connections: set[HttpConnection | Successor] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None
    _sweeper: asyncio.TimerHandle | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; returns the port. Raises OSError when the address is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, host, port, backlog=BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def start_unix(self, path: str) -> None:
        """Listen on a Unix socket instead, which no browser can reach."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, path, backlog=BACKLOG)

    async def serve(self, sock: socket.socket) -> None:
        """Serve on a socket that listens already."""
        self.port = sock.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, sock=sock, backlog=BACKLOG)

    async def close(self) -> None:
        """Stop listening, cut the connections, wait for their tasks to end."""
        if self._server is not None:
            self._server.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self.connections):
            connection.abort()
        for task in list(self.tasks):
            task.cancel()
        if self.tasks:
            await asyncio.gather(*self.tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def _connection(self) -> HttpConnection:
        loop = asyncio.get_running_loop()
        if self._sweeper is None:
            self._sweep_later(loop)
        return HttpConnection(self, loop)

    def _sweep_later(self, loop: asyncio.AbstractEventLoop) -> None:
        # One timer for all connections, and none without any: a timer a request would cost more
        # than the request.
        shortest = min(self.timeouts.head, self.timeouts.body, self.timeouts.write)
        pause = max(0.02, min(2.0, shortest / 4))
        self._sweeper = loop.call_later(pause, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweeper = None
        now = loop.time()
        for connection in list(self.connections):
            connection.check_deadline(now)
        if self.connections:
            self._sweep_later(loop)
