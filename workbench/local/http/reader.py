"""Requests out of the bytes of a connection, by httptools; their bodies whole or passed on."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import httptools

from workbench.local.errors import ApiError, service_failure
from workbench.local.http.bodies import STREAMED_FROM, BodyStream, StreamedRequest
from workbench.local.http.limits import (
    MAX_BUFFERED,
    MAX_HEAD,
    MAX_PIPELINED,
    body_too_large,
    head_too_large,
    malformed,
    too_much_at_once,
)
from workbench.local.http.messages import Request, path_and_query
from workbench.local.http.serving import Serving

log = logging.getLogger(__name__)


class RequestReader(asyncio.Protocol):
    """The half of a connection that reads; `HttpConnection` is the other one, which answers.

    One object and no messages between the two: this is the invoke path.
    """

    def __init__(self, listener: Serving, loop: asyncio.AbstractEventLoop) -> None:
        self._listener = listener
        self._loop = loop
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport  # from connection_made on
        self._waiting: deque[Request] = deque()
        self._current: Request | None = None  # being answered
        self._deadline: float | None = None
        self._closing = False  # nothing more is read; close once the last answer is out
        self._writable: asyncio.Event | None = None  # there while the client reads too slowly
        self._refused: Request | None = None  # what was read, and cannot be answered
        self._beyond = b""  # what came after a request for another protocol
        self._held = 0  # bytes of bodies of this connection, counted in listener.buffered
        self._begin_message()

    # -- what the other half does ----------------------------------------------------------

    def _dispatch(self, request: Request) -> None:
        """Answer a request now."""
        raise NotImplementedError

    def _fail(self, error: ApiError) -> None:
        """Say what is wrong with the request being read, after all earlier answers; then close."""
        raise NotImplementedError

    def _close(self) -> None:
        """Close the connection, once what is to be said has been."""
        raise NotImplementedError

    # -- time and memory -------------------------------------------------------------------

    def _wait_for_client(self) -> None:
        timeouts = self._listener.timeouts
        if not self._in_message:
            seconds = timeouts.idle
        else:
            seconds = timeouts.body if self._head_done else timeouts.head
        self._deadline = self._loop.time() + seconds

    def _hold(self, size: int) -> None:
        self._held += size
        self._listener.buffered += size

    def _release(self, size: int) -> None:
        self._held -= size
        self._listener.buffered -= size

    # -- reading ---------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        if not self._head_done:
            self._head_bytes += len(data)
        elif self._in_message and self._current is None:
            self._deadline = self._loop.time() + self._listener.timeouts.body
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # Whoever answers says whether another protocol follows; if not, this is the end.
            self._closing = True
            self._beyond = data[upgrade.args[0] :]
            self._transport.pause_reading()
            if self._current is None and not self._waiting:  # it was answered at once: refused
                self._close()
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, ApiError):
                log.error("a request could not be read", exc_info=error)
                cause = service_failure()
            self._fail(cause)
        except httptools.HttpParserError:
            self._fail(malformed())
        else:
            if self._in_message and not self._head_done and self._head_bytes > MAX_HEAD:
                self._fail(head_too_large())

    def _begin_message(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._sent: list[tuple[str, str]] | None = [] if self._listener.keeps_headers else None
        self._fields = 0
        self._head_bytes = 0
        self._chunks: list[bytes] = []
        self._body_size = 0
        self._problem: ApiError | None = None
        self._upload: BodyStream | None = None  # where the body goes when it is passed on
        self._in_message = False
        self._head_done = False

    def on_message_begin(self) -> None:
        self._in_message = True
        self._head_bytes = 0  # the piece that brought the beginning is not counted
        if self._current is None:
            self._wait_for_client()

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._fields += len(url)
        if self._fields > MAX_HEAD:
            raise head_too_large()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields += len(name) + len(value) + 4
        if self._fields > MAX_HEAD:
            raise head_too_large()
        if self._head_done:
            return  # a trailer: nobody who speaks to us has a use for them
        headers = self._headers
        written, text = name.decode("latin-1"), value.decode("latin-1")
        key = written.lower()
        headers[key] = f"{headers[key]},{text}" if key in headers else text
        if self._sent is not None:
            self._sent.append((written, text))

    def on_headers_complete(self) -> None:
        self._head_done = True
        headers = self._headers
        length = int(headers.get("content-length", 0))
        streamed: StreamedRequest | None = None
        if length > STREAMED_FROM or "transfer-encoding" in headers:
            streamed = self._streamed()
        if length > self._listener.max_body and streamed is None:
            self._problem = body_too_large(self._listener.max_body)
        if "expect" in headers and headers["expect"].lower() == "100-continue":
            if self._problem is not None:
                raise self._problem
            if self._current is None:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if streamed is not None:
            self._upload = streamed.stream
            self._dispatch(streamed)

    def _streamed(self) -> StreamedRequest | None:
        """The request as one whose body is passed on while it arrives; None if it is not to be,
        or if it would have to wait for others."""
        if self._current is not None or self._waiting or self._writable is not None:
            return None
        request = StreamedRequest("", "")
        self._fill(request)
        if not self._listener.streams(request):
            return None
        transport = self._transport
        request.stream = BodyStream(
            transport.pause_reading, transport.resume_reading, self._listener.timeouts.body
        )
        return request

    def on_body(self, body: bytes) -> None:
        if self._upload is not None:
            self._upload.feed(body)
            return
        size = len(body)
        self._body_size += size
        if self._problem is None:
            if self._body_size > self._listener.max_body:
                self._problem = body_too_large(self._listener.max_body)
            elif self._listener.buffered + size > MAX_BUFFERED:
                self._problem = too_much_at_once()
            else:
                self._chunks.append(body)
                self._hold(size)
                return
            self._drop_body()
        # What will be refused is read and thrown away, so that the client gets to our answer.
        if self._body_size > 4 * self._listener.max_body:
            raise self._problem

    def _drop_body(self) -> None:
        self._release(sum(map(len, self._chunks)))
        self._chunks.clear()

    def _fill(self, request: Request) -> None:
        request.method = self._parser.get_method().decode("latin-1")
        request.path, request.query = path_and_query(self._url)
        request.headers = self._headers
        if self._sent is not None:
            request.sent_headers = self._sent
        request.keep_alive = self._parser.should_keep_alive()
        request.version = self._parser.get_http_version()

    def on_message_complete(self) -> None:
        if self._upload is not None:
            self._upload.end()
            self._begin_message()
            return
        chunks = self._chunks
        request = Request("", "", body=chunks[0] if len(chunks) == 1 else b"".join(chunks))
        self._fill(request)
        problem = self._problem
        self._begin_message()
        if problem is not None:
            self._refused = request
            raise problem
        if self._current is None and self._writable is None and not self._waiting:
            self._dispatch(request)
        else:
            self._waiting.append(request)
            if len(self._waiting) >= MAX_PIPELINED:
                self._transport.pause_reading()
