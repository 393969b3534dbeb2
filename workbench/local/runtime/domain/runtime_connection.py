"""A connection of an environment's process to its Runtime API's listener: HTTP/1.1 on httptools.

Our bootstraps send an answer and the request for the next event in one packet; the reply to the
answer is then held back and leaves together with the next event, which saves the function's process
a wake-up on every warm invocation.
"""

from __future__ import annotations

import asyncio
import json
from typing import Protocol

import httptools

from workbench.local.runtime.response_stream import MAX_STREAMED, STREAM_TYPE, ResponseStream

MAX_RESPONSE = 6_291_556
MODE_HEADER = "lambda-runtime-function-response-mode"
_KEPT_OF_STREAM = 1024 * 1024  # of an answer that somebody reads as it comes, for the history
_OK = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    b'{"status":"OK"}\n'
)


class Served(Protocol):
    """The APIs that connections ask."""

    def connected(self, connection: Connection) -> None:
        """A process has connected."""

    def disconnected(self, connection: Connection) -> None:
        """The connection is gone, and with it a request that waited for its answer."""

    def waits(self, connection: Connection) -> bool:
        """Whether it is this connection that the next event will go to."""

    def stream_for(self, path: str) -> ResponseStream | None:
        """Where the answer that is posted to `path` is to be streamed to, if it is."""

    def oversized(self, connection: Connection) -> None:
        """The body of a request has become larger than the connection's limit."""

    def request(self, connection: Connection) -> None:
        """One complete request."""


class Connection(asyncio.Protocol):
    """One connection of a process of the environment."""

    def __init__(self, api: Served) -> None:
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
        except httptools.HttpParserCallbackError:
            raise  # a mistake of ours: the loop logs it and drops the connection
        except httptools.HttpParserError:
            self.refuse(400, "TruncatedHTTPRequest", "HTTP request detected as truncated")
            self._flush()
            if self._transport is not None:
                self._transport.close()
            return
        if self._held and not self.api.waits(self):
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
        if self.headers.get(MODE_HEADER) == "streaming":
            self._stream = self.api.stream_for(self.path)
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

    # Replies, for the APIs: see `extensions_api.Caller`.

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
        """Answer that the runtime may not ask for this now: 403 InvalidStateTransition (§1.1)."""
        message = (
            f"State transition from {state} to {target} failed for runtime. "
            "Error: State transition is not allowed"
        )
        self.refuse(403, "InvalidStateTransition", message)

    def abort(self) -> None:
        self._held.clear()
        if self._transport is not None:
            self._transport.abort()
