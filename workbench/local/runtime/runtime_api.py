"""The Runtime API of one execution environment (lambda-facts §1.1), on a listener of its own.

An `asyncio.Protocol` on httptools. Our bootstraps send an answer and the request for the next
event in one packet; the reply to the answer is then held back and leaves together with the next
event, which saves the function's process a wake-up on every warm invocation.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import socket
from typing import Protocol

import httptools

from workbench.local.runtime.extensions_api import Caller
from workbench.local.runtime.records import InvokeRequest
from workbench.local.runtime.response_stream import MAX_STREAMED, STREAM_TYPE, ResponseStream

MAX_RESPONSE = 6_291_556
_KEPT_OF_STREAM = 1024 * 1024  # of an answer that somebody reads as it comes, for the history
_PREFIX = "/2018-06-01/"
_INVOCATION = "runtime/invocation/"
_KNOWN_ERROR_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")
_MODE_HEADER = "lambda-runtime-function-response-mode"
_TYPE_HEADER = "lambda-runtime-function-error-type"
_BODY_TRAILER = "lambda-runtime-function-error-body"
_OK = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    b'{"status":"OK"}\n'
)


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
        self._waiting: _Connection | None = None
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listen on a free port of 127.0.0.1; returns "host:port"."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        loop = asyncio.get_running_loop()
        # Kept before anything waits, so that `close` finds it if this is cancelled.
        self._server = await loop.create_server(
            lambda: _Connection(self), sock=listener, start_serving=False
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

    # What connections ask.

    def connected(self, connection: _Connection) -> None:
        self._connections.add(connection)
        if self._server is None:
            connection.abort()

    def disconnected(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        if self._waiting is connection:
            self._waiting = None
            self.state = "RuntimeResponseSentState"
        elif self._others is not None:
            self._others.disconnected(connection)

    def next(self, connection: _Connection) -> None:
        if self.state not in ("Started", "RuntimeResponseSentState", "Ready", "Restoring"):
            connection.refuse_transition(self.state, "Ready")
            return
        self.state = "Ready"
        self._waiting = connection
        self.events.runtime_next()

    def may_answer(self, request_id: str) -> bool:
        return self.state == "Running" and request_id == self.request_id

    def oversized(self, connection: _Connection) -> None:
        """What comes is over its limit. An invocation need not wait for the end of it."""
        if self.may_answer(connection.invocation()):
            self.events.runtime_oversize(connection.limit)

    def request(self, connection: _Connection) -> None:
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

    def _answer(self, connection: _Connection, request_id: str, what: str) -> None:
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
        mode = headers.get(_MODE_HEADER)
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

    def _init_error(self, connection: _Connection) -> None:
        if self.state != "Started":
            connection.refuse_transition(self.state, "InitError")
            return
        self.state = "InitError"
        connection.accept()
        error_type = known_error_type(connection.headers.get(_TYPE_HEADER))
        self.events.runtime_init_error(connection.body(), error_type)

    def _restore_next(self, connection: _Connection) -> None:
        if self.state != "Started":
            connection.refuse_transition(self.state, "RestoreReady")
            return
        self.state = "RestoreReady"
        self._waiting = connection
        self.events.runtime_restore_next()

    def _restore_error(self, connection: _Connection) -> None:
        if self.state != "Restoring":
            connection.refuse_transition(self.state, "RuntimeRestoreErrorState")
            return
        self.state = "RuntimeRestoreErrorState"
        connection.accept()
        error_type = known_error_type(connection.headers.get(_TYPE_HEADER))
        self.events.runtime_restore_error(connection.body(), error_type)


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


class _Connection(asyncio.Protocol):
    """One connection of the function's process."""

    def __init__(self, api: RuntimeApi) -> None:
        self.api = api
        self._parser = httptools.HttpRequestParser(self)
        self._held: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self.on_message_begin()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._write = transport.write
        self.api.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.api.disconnected(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.refuse(400, "TruncatedHTTPRequest", "HTTP request detected as truncated")
            self._flush()
            if self._transport is not None:
                self._transport.close()
            return
        if self._held and self.api._waiting is not self:
            self._flush()

    # httptools

    def on_message_begin(self) -> None:
        self.method = self.path = ""
        self.headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0
        self._stream: ResponseStream | None = None
        self.limit = MAX_RESPONSE
        self.oversize = False

    def on_url(self, url: bytes) -> None:
        self.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.method = self._parser.get_method().decode()
        if self.headers.get("expect") == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        streams = self.headers.get(_MODE_HEADER) == "streaming"
        if streams and self.api.may_answer(self.invocation()):
            self._stream = self.api.events.runtime_stream()
        if self._stream is not None and self._transport is not None:
            self.limit = MAX_STREAMED
            content_type = self.headers.get("content-type", STREAM_TYPE)
            self._stream.begin(content_type, self._transport)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > self.limit:
            if not self.oversize:
                self.oversize = True
                self._body.clear()
                self.api.oversized(self)
            return
        if self._stream is not None:
            self._stream.write(body)
            if self._size > _KEPT_OF_STREAM:
                return
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.api.request(self)

    # replies

    def invocation(self) -> str:
        """The request id in the path."""
        return self.path[len(_PREFIX + _INVOCATION) :].partition("/")[0]

    def body(self) -> bytes:
        return self._body[0] if len(self._body) == 1 else b"".join(self._body)

    def send(self, data: bytes) -> None:
        """Write `data` now, after what was held back."""
        if self._held:
            self._held.append(data)
            self._flush()
        elif self._transport is not None:
            self._write(data)

    def _flush(self) -> None:
        data = b"".join(self._held)
        self._held.clear()
        if self._transport is not None:
            self._write(data)

    def accept(self) -> None:
        self._held.append(_OK)

    def reply(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        more_headers: str = "",
    ) -> None:
        reasons = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}
        head = (
            f"HTTP/1.1 {status} {reasons.get(status, 'Request Entity Too Large')}\r\n"
            f"Content-Type: {content_type}\r\n{more_headers}Content-Length: {len(body)}\r\n\r\n"
        )
        self._held.append(head.encode() + body)

    def refuse(self, status: int, error_type: str, message: str) -> None:
        body = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
        self.reply(status, body)

    def refuse_transition(self, state: str, target: str) -> None:
        message = (
            f"State transition from {state} to {target} failed for runtime. "
            "Error: State transition is not allowed"
        )
        self.refuse(403, "InvalidStateTransition", message)

    def abort(self) -> None:
        self._held.clear()
        if self._transport is not None:
            self._transport.abort()
