"""One HTTP/1.1 connection: an `asyncio.Protocol` on httptools.

That costs a third of a framework on the invoke path (design §4).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Coroutine

import httptools

from workbench.local.errors import ApiError, service_failure
from workbench.local.http_bodies import STREAMED_FROM, BodyStream, StreamedRequest
from workbench.local.http_limits import (
    MAX_BUFFERED,
    MAX_HEAD,
    MAX_PIPELINED,
    body_too_large,
    head_too_large,
    malformed,
    too_much_at_once,
    too_slow,
)
from workbench.local.http_messages import (
    BrokenOff,
    Deferred,
    Request,
    Response,
    Upgrade,
    path_and_query,
    response_head,
)
from workbench.local.http_serving import Serving

log = logging.getLogger(__name__)


class HttpConnection(asyncio.Protocol):
    """One connection. Answers in order, one request at a time; pipelined ones wait."""

    def __init__(self, listener: Serving, loop: asyncio.AbstractEventLoop) -> None:
        self._listener = listener
        self._loop = loop
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport  # from connection_made on
        self._waiting: deque[Request] = deque()
        self._current: Request | None = None  # being answered
        self._deadline: float | None = None
        self._closing = False  # nothing more is read; close once the last answer is out
        self._last_words: Response | None = None  # sent before closing, after all other answers
        self._writable: asyncio.Event | None = None  # there while the client reads too slowly
        self._task: asyncio.Task[None] | None = None
        self._refused: Request | None = None  # what the last words are about, if it was read
        self._beyond = b""  # what came after a request for another protocol
        self._held = 0  # bytes of bodies of this connection, counted in listener.buffered
        self._begin_message()

    # -- connection ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._listener.connections.add(self)
        self._wait_for_client()

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.connections.discard(self)
        self._release(self._held)
        self._waiting.clear()
        self._closing = True
        if self._writable is not None:
            self._writable.set()
        if self._task is not None:
            self._task.cancel()

    def abort(self) -> None:
        """Cut the connection now."""
        self._transport.abort()

    def check_deadline(self, now: float) -> None:
        """Close the connection if the client has kept us waiting for too long."""
        if self._deadline is None or now < self._deadline:
            return
        if self._in_message and self._current is None and self._writable is None:
            self._fail(too_slow())
        else:
            self._transport.abort()

    def eof_received(self) -> bool:
        if self._upload is not None or (self._current is None and not self._waiting):
            return False
        self._closing = True  # a half-closed client may still read its answers
        return True

    def pause_writing(self) -> None:
        self._writable = asyncio.Event()
        self._deadline = self._loop.time() + self._listener.timeouts.write

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set()
            self._writable = None
        self._next()

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

    # -- answering -------------------------------------------------------------------------

    def _dispatch(self, request: Request) -> None:
        self._current = request
        self._deadline = None
        listener = self._listener
        try:
            answer = listener.handler(request)
        except ApiError as error:
            answer = listener.on_error(request, error)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            answer = listener.on_error(request, service_failure())
        if isinstance(answer, Response):
            if self._upload is None:
                self._send(answer)
            else:  # the rest of the body has to be read before
                self._start(self._await(request, _ready(answer)))
        elif isinstance(answer, Deferred):
            answer.deliver_to(self._send)
        else:
            self._start(self._await(request, answer))

    async def _await(self, request: Request, answer: Awaitable[Response]) -> None:
        try:
            response = await answer
        except ApiError as error:
            response = self._listener.on_error(request, error)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            response = self._listener.on_error(request, service_failure())
        if isinstance(request, StreamedRequest):
            try:
                await request.stream.drain()
            except ApiError:  # the rest does not come: there is no next request on here
                request.keep_alive = False
        if isinstance(response, Upgrade):
            self._hand_over(request, response)
        elif isinstance(response.body, bytes):
            self._send(response)
        else:
            await self._stream(request, response, response.body)

    def _hand_over(self, request: Request, response: Upgrade) -> None:
        transport, successor = self._transport, response.protocol
        connections = self._listener.connections
        self._release(len(request.body))
        transport.write(response_head(response, close=False) + b"\r\n")
        connections.discard(self)
        connections.add(successor)
        transport.set_protocol(successor)
        successor.take_over(transport, self._beyond, lambda: connections.discard(successor))
        transport.resume_reading()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        self._task = task = self._loop.create_task(work)
        self._listener.tasks.add(task)
        task.add_done_callback(self._listener.tasks.discard)

    def _send(self, response: Response) -> None:
        request = self._current
        if request is None or self._transport.is_closing():
            return
        body = response.body
        if not isinstance(body, bytes):
            self._start(self._stream(request, response, body))
            return
        head = response_head(response, close=not request.keep_alive or self._closing)
        if response.status == 204 or response.status < 200:
            self._transport.write(head + b"\r\n")
        else:
            head += b"Content-Length: %d\r\n\r\n" % len(body)
            self._transport.write(head if request.method == "HEAD" else head + body)
        self._finished(request)

    async def _stream(
        self, request: Request, response: Response, body: AsyncIterator[bytes]
    ) -> None:
        length: int | None = getattr(body, "length", None)
        chunked = length is None and request.version != "1.0"
        if chunked:
            framing = b"Transfer-Encoding: chunked\r\n\r\n"
        elif length is not None:
            framing = b"Content-Length: %d\r\n\r\n" % length
        else:
            request.keep_alive = False
            framing = b"\r\n"
        write = self._transport.write
        write(response_head(response, close=not request.keep_alive or self._closing) + framing)
        try:
            if request.method != "HEAD":
                async for piece in body:
                    if piece:
                        write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                    while self._writable is not None and not self._transport.is_closing():
                        await self._writable.wait()
                if chunked:
                    write(b"0\r\n\r\n")
        except BrokenOff:
            self._transport.abort()
        except Exception:
            log.exception("%s %s broke off", request.method, request.path)
            self._transport.abort()  # the client must not take what it has for the whole
        finally:
            close = getattr(body, "aclose", None)
            if close is not None:
                await close()
        self._finished(request)

    def _finished(self, request: Request) -> None:
        self._release(len(request.body))
        self._current = None
        if not request.keep_alive or (self._closing and not self._waiting):
            self._close()
        elif self._waiting:
            self._next()
        else:
            self._wait_for_client()

    def _next(self) -> None:
        if self._current is not None or self._writable is not None:
            return
        if self._waiting:
            request = self._waiting.popleft()
            if not self._waiting and not self._closing:
                self._transport.resume_reading()
            self._dispatch(request)
        elif self._closing:
            self._close()
        else:
            self._wait_for_client()

    def _fail(self, error: ApiError) -> None:
        """Say what is wrong with the request being read, after all earlier answers; then close."""
        self._drop_body()
        self._closing = True
        if self._upload is not None:  # who passes it on must not take what came for the whole
            self._transport.abort()
            return
        self._last_words = self._listener.on_error(self._refused, error)
        if self._current is None and not self._waiting:
            self._close()

    def _close(self) -> None:
        last = self._last_words
        if last is not None and not self._transport.is_closing():
            self._last_words = None
            goodbye = Request("GET", "/")
            goodbye.keep_alive = False
            self._current = goodbye
            self._send(last)
            return
        self._transport.close()


async def _ready(response: Response) -> Response:
    return response
