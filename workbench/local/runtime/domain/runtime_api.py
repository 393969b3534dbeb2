"""The Runtime API of one execution environment (lambda-facts §1.1), on a listener of its own."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
from typing import Protocol

from workbench.local.runtime.domain.extensions_api import Caller
from workbench.local.runtime.domain.runtime_connection import MODE_HEADER, Connection
from workbench.local.runtime.records import InvokeRequest
from workbench.local.runtime.response_stream import STREAM_TYPE, ResponseStream

_PREFIX = "/2018-06-01/"
_INVOCATION = "runtime/invocation/"
_KNOWN_ERROR_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")
_TYPE_HEADER = "lambda-runtime-function-error-type"
_BODY_TRAILER = "lambda-runtime-function-error-body"


class RuntimeEvents(Protocol):
    """What the function's process says through the Runtime API."""

    def runtime_next(self) -> None:
        """It waits for an invocation."""

    def runtime_response(self, body: bytes, content_type: str, streamed: bool) -> None:
        """It answered the current invocation."""

    def runtime_stream(self) -> ResponseStream | None:
        """It begins to stream its answer: where that is to go, None to gather all of it."""

    def runtime_error(self, body: bytes, error_type: str) -> None:
        """The current invocation failed. `error_type` is normalised (§1.2)."""

    def runtime_init_error(self, body: bytes, error_type: str) -> None:
        """Initialisation failed."""

    def runtime_restore_next(self) -> None:
        """It has initialised and waits to be restored from a snapshot."""

    def runtime_restore_error(self, body: bytes, error_type: str) -> None:
        """It could not be restored: a hook failed."""

    def runtime_oversize(self, limit: int) -> None:
        """The answer to the current invocation was over the limit, in bytes."""


class OtherApi(Protocol):
    """An API beside the Runtime API, on the same listener."""

    def handle(self, caller: Caller) -> bool:
        """Deal with a request that has come in completely; False when it is not this API's."""

    def disconnected(self, caller: Caller) -> None:
        """A connection is gone."""


class RuntimeApi:
    """The listener and the rules of which call is legal when.

    `state` is one of AWS's names: Started, InitError, RestoreReady, Restoring,
    RuntimeRestoreErrorState, Ready, Running, RuntimeResponseSentState.
    """

    def __init__(self, events: RuntimeEvents, others: OtherApi | None = None) -> None:
        self.events = events
        self._others = others
        self.state = "Started"
        self.request_id: str | None = None
        self._waiting: Connection | None = None
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listen on a free port of 127.0.0.1; returns "host:port"."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        loop = asyncio.get_running_loop()
        # Kept before anything waits, so that `close` finds it if this is cancelled.
        self._server = await loop.create_server(
            lambda: Connection(self), sock=listener, start_serving=False
        )
        await self._server.start_serving()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    def close(self) -> None:
        """Stop listening and drop the connections; `open` begins anew."""
        if self._server is not None:
            # asyncio still needs the server for a connection that was accepted in this turn.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._server.close)
            self._server = None
        self.state = "Started"
        self.request_id = None
        self._waiting = None
        for connection in list(self._connections):
            connection.abort()

    def deliver(self, request: InvokeRequest, deadline_ms: int) -> None:
        """Answer the pending /next; an empty payload reaches the function as {} (§2.1)."""
        connection = self._waiting
        assert connection is not None, "deliver() needs a runtime that waits"
        self._waiting = None
        self.state = "Running"
        self.request_id = request.request_id
        payload = request.payload or b"{}"
        head = _next_head(request, deadline_ms)
        connection.send(
            b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(payload), payload)
        )

    def restore(self) -> None:
        """Answer the pending /restore/next: the runtime has been restored."""
        connection = self._waiting
        assert connection is not None, "restore() needs a runtime that waits for it"
        self._waiting = None
        self.state = "Restoring"
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    # What connections ask: see `runtime_connection.Served`.

    def connected(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self._server is None:
            connection.abort()

    def disconnected(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if self._waiting is connection:
            self._waiting = None
            self.state = "RuntimeResponseSentState"
        elif self._others is not None:
            self._others.disconnected(connection)

    def waits(self, connection: Connection) -> bool:
        return self._waiting is connection

    def stream_for(self, path: str) -> ResponseStream | None:
        return self.events.runtime_stream() if self.may_answer(_invocation(path)) else None

    def next(self, connection: Connection) -> None:
        """The runtime asks for work: it is answered by `deliver`, or refused in this state."""
        if self.state not in ("Started", "RuntimeResponseSentState", "Ready", "Restoring"):
            connection.refuse_transition(self.state, "Ready")
            return
        self.state = "Ready"
        self._waiting = connection
        self.events.runtime_next()

    def may_answer(self, request_id: str) -> bool:
        """Whether it is this invocation that the runtime is at work on."""
        return self.state == "Running" and request_id == self.request_id

    def oversized(self, connection: Connection) -> None:
        """What comes is over its limit. An invocation need not wait for the end of it."""
        if self.may_answer(_invocation(connection.path)):
            self.events.runtime_oversize(connection.limit)

    def request(self, connection: Connection) -> None:
        """One complete request that was not dealt with while it came in."""
        method, path = connection.method, connection.path
        if path.startswith(_PREFIX):
            path = path[len(_PREFIX) :]
            if method == "GET" and path == "runtime/invocation/next":
                self.next(connection)
                return
            if method == "GET" and path == "ping":
                connection.reply(200, b"pong", "text/plain")
                return
            if method == "POST" and path == "runtime/init/error":
                self._init_error(connection)
                return
            if method == "GET" and path == "runtime/restore/next":
                self._restore_next(connection)
                return
            if method == "POST" and path == "runtime/restore/error":
                self._restore_error(connection)
                return
            if method == "POST" and path.startswith(_INVOCATION):
                request_id, _, what = path[len(_INVOCATION) :].partition("/")
                if what in ("response", "error"):
                    self._answer(connection, request_id, what)
                    return
        elif self._others is not None and self._others.handle(connection):
            return
        connection.reply(404, b"404 page not found\n", "text/plain; charset=utf-8")

    def _answer(self, connection: Connection, request_id: str, what: str) -> None:
        if self.state == "Started":
            target = "InvocationResponse" if what == "response" else "InvocationErrorResponse"
            connection.refuse_transition(self.state, target)
            return
        if not self.may_answer(request_id):
            connection.refuse(400, "InvalidRequestID", "Invalid request ID")
            return
        headers = connection.headers
        if connection.oversize:
            self._answered()
            message = f"Exceeded maximum allowed payload size ({connection.limit} bytes)."
            connection.refuse(413, "RequestEntityTooLarge", message)
            return
        if what == "error":
            self._answered()
            connection.accept()
            error_type = known_error_type(headers.get(_TYPE_HEADER))
            self.events.runtime_error(connection.body(), error_type)
            return
        mode = headers.get(MODE_HEADER)
        if mode not in (None, "streaming", "buffered"):
            message = "Invalid function response mode"
            connection.refuse(400, "InvalidFunctionResponseMode", message)
            return
        self._answered()
        connection.accept()
        if mode == "streaming" and (_TYPE_HEADER in headers or _BODY_TRAILER in headers):
            body = _decoded_trailer(headers.get(_BODY_TRAILER, ""))
            self.events.runtime_error(body, known_error_type(headers.get(_TYPE_HEADER)))
            return
        default = STREAM_TYPE if mode == "streaming" else "application/json"
        content_type = headers.get("content-type", default)
        self.events.runtime_response(connection.body(), content_type, mode == "streaming")

    def _answered(self) -> None:
        self.state = "RuntimeResponseSentState"

    def _init_error(self, connection: Connection) -> None:
        if self.state != "Started":
            connection.refuse_transition(self.state, "InitError")
            return
        self.state = "InitError"
        connection.accept()
        error_type = known_error_type(connection.headers.get(_TYPE_HEADER))
        self.events.runtime_init_error(connection.body(), error_type)

    def _restore_next(self, connection: Connection) -> None:
        if self.state != "Started":
            connection.refuse_transition(self.state, "RestoreReady")
            return
        self.state = "RestoreReady"
        self._waiting = connection
        self.events.runtime_restore_next()

    def _restore_error(self, connection: Connection) -> None:
        if self.state != "Restoring":
            connection.refuse_transition(self.state, "RuntimeRestoreErrorState")
            return
        self.state = "RuntimeRestoreErrorState"
        connection.accept()
        error_type = known_error_type(connection.headers.get(_TYPE_HEADER))
        self.events.runtime_restore_error(connection.body(), error_type)


def _invocation(path: str) -> str:
    """The request id in a path."""
    return path[len(_PREFIX + _INVOCATION) :].partition("/")[0]


def known_error_type(value: str | None) -> str:
    """The error type as the platform keeps it (lambda-facts §1.2)."""
    if value and _KNOWN_ERROR_TYPE.fullmatch(value):
        return value
    return "Function.Unknown" if value and value.startswith("Function.") else "Runtime.Unknown"


def _next_head(request: InvokeRequest, deadline_ms: int) -> bytes:
    """The header lines of an answer to /next (lambda-facts §1.1)."""
    head = (
        "Content-Type: application/json\r\n"
        f"Lambda-Runtime-Aws-Request-Id: {request.request_id}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
        f"Lambda-Runtime-Invoked-Function-Arn: {request.invoked_arn}\r\n"
        f"Lambda-Runtime-Trace-Id: {request.trace_header}\r\n"
    )
    if request.client_context:
        context = request.client_context.replace("\r", " ").replace("\n", " ")
        head += f"Lambda-Runtime-Client-Context: {context}\r\n"
    return head.encode()


def _decoded_trailer(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        return b"{}"
