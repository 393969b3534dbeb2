"""Bodies that pass through piece by piece: large uploads, and answers of known length."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from workbench.local.errors import ApiError
from workbench.local.http.bodies import SizedBody, StreamedRequest
from workbench.local.http.limits import Timeouts
from workbench.local.http.listener import Listener
from workbench.local.http.messages import Handler, Request, Response

SIZE = 8 * 1024 * 1024
PIECE = b"0123456789abcdef" * 4096


@asynccontextmanager
async def serving(handler: Handler, timeouts: Timeouts | None = None) -> AsyncIterator[Listener]:
    """A listener that streams every large body, and takes none over 1 MB as a whole."""
    listener = Listener(
        handler, streams=lambda request: True, max_body=2**20, timeouts=timeouts or Timeouts()
    )
    await listener.start()
    try:
        async with asyncio.timeout(60):
            yield listener
    finally:
        await listener.close()
        assert listener.buffered == 0


async def digest(request: Request) -> Response:
    """The SHA-256 of the body, however it comes."""
    found = hashlib.sha256(request.body)
    if isinstance(request, StreamedRequest):
        async for piece in request.stream:
            found.update(piece)
    return Response(200, found.hexdigest().encode())


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next response's status and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


def put(length: int) -> bytes:
    return b"PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


async def test_large_and_small_bodies_follow_each_other_on_a_connection() -> None:
    whole = hashlib.sha256(PIECE * (SIZE // len(PIECE))).hexdigest().encode()
    async with serving(digest) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        for _ in range(2):
            writer.write(put(SIZE))
            for _ in range(SIZE // len(PIECE)):
                writer.write(PIECE)
                await writer.drain()
            writer.write(put(3) + b"abc")
            assert await answer(reader) == (200, whole)
            assert await answer(reader) == (200, hashlib.sha256(b"abc").hexdigest().encode())
        writer.close()


async def test_a_slow_handler_makes_the_client_wait() -> None:
    go_on = asyncio.Event()

    async def slow(request: Request) -> Response:
        await go_on.wait()
        return await digest(request)

    async with serving(slow) as listener:
        _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.transport.set_write_buffer_limits(0)
        writer.write(put(64 * SIZE))
        sent = 0
        try:
            while True:  # until neither the sockets nor the server take more
                writer.write(PIECE)
                async with asyncio.timeout(0.5):
                    await writer.drain()
                sent += len(PIECE)
        except TimeoutError:
            pass
        assert sent < 16 * SIZE
        writer.transport.abort()


async def test_a_client_that_goes_away_ends_the_handler() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def reading(request: Request) -> Response:
        assert isinstance(request, StreamedRequest)
        try:
            async for _ in request.stream:
                begun.set()
        except asyncio.CancelledError:
            ended.set()
            raise
        raise AssertionError("there was no end")

    async with serving(reading) as listener:
        _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(put(SIZE) + PIECE)
        await begun.wait()
        writer.transport.abort()
        await ended.wait()


async def test_a_client_that_stops_sending_is_told() -> None:
    async with serving(digest, Timeouts(body=0.1)) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(put(SIZE) + PIECE)
        assert (await answer(reader))[0] == 408
        assert await reader.read() == b""
        writer.close()


def refused_at_once(request: Request) -> Response:
    raise ApiError("AccessDeniedException", "no")


async def refused_later(request: Request) -> Response:
    raise ApiError("AccessDeniedException", "no")


@pytest.mark.parametrize("handler", [refused_at_once, refused_later])
async def test_an_early_refusal_reaches_a_client_that_is_still_sending(handler: Handler) -> None:
    async with serving(handler) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        for _ in range(2):
            writer.write(put(SIZE))
            for _ in range(SIZE // len(PIECE)):
                writer.write(PIECE)
                await writer.drain()
            assert (await answer(reader))[0] == 403
        writer.close()


async def test_answers_of_known_length_and_head() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"abc"
        yield b"de"

    async def handler(request: Request) -> Response:
        return Response(200, SizedBody(5, pieces()))

    async with serving(handler) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Content-Length: 5\r\n" in head and b"chunked" not in head
        assert await reader.readexactly(5) == b"abcde"
        writer.write(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"Content-Length: 5\r\n" in await reader.read()
        writer.close()
