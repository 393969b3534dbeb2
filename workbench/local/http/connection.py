"""One HTTP/1.1 connection: an `asyncio.Protocol` on httptools.

That costs a third of a framework on the invoke path (design §4).
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Coroutine

from workbench.local.errors import ApiError, service_failure
from workbench.local.http.bodies import StreamedRequest
from workbench.local.http.limits import too_slow
from workbench.local.http.messages import (
    BrokenOff,
    Deferred,
    Request,
    Response,
    Upgrade,
    response_head,
)
from workbench.local.http.reader import RequestReader
from workbench.local.http.serving import Serving

log = logging.getLogger(__name__)


class HttpConnection(RequestReader):
    """One connection. Answers in order, one request at a time; pipelined ones wait."""

    def __init__(self, listener: Serving, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(listener, loop)
        self._last_words: Response | None = None  # sent before closing, after all other answers
        self._task: asyncio.Task[None] | None = None

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
