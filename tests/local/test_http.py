"""HTTP over real sockets: framing, order, limits, and what a bad client gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from workbench.local.errors import ApiError
from workbench.local.http.limits import Timeouts
from workbench.local.http.listener import Listener
from workbench.local.http.messages import Deferred, Request, Response


async def mirror(request: Request) -> Response:
    seen = {
        "method": request.method,
        "path": request.path,
        "query": request.query_pairs(),
        "body": request.body.decode("latin-1"),
    }
    return Response(200, json.dumps(seen).encode(), [("Content-Type", "application/json")])


@asynccontextmanager
async def serving(
    handler: Callable[[Request], Response | Deferred | Awaitable[Response]] = mirror,
    **settings: Any,
) -> AsyncIterator[Listener]:
    listener = Listener(handler, **settings)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.close()
        assert listener.buffered == 0


async def exchange(listener: Listener, *pieces: bytes) -> bytes:
    """Send pieces one by one, then read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    return parsed


CLOSE = b"Host: x\r\nConnection: close\r\n"


async def test_a_body_in_chunks_whose_trailers_are_passed_over() -> None:
    async with serving() as listener:
        answer = await exchange(
            listener,
            b"POST /a%20b?c=%C3%A9&d HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n",
            b"3\r\nabc\r\n2\r",
            b"\nde\r\n0\r\nX-Error: late\r\n\r\n",
        )
    assert body_of(answer) == {
        "method": "POST",
        "path": "/a%20b",
        "query": [["c", "é"], ["d", ""]],
        "body": "abcde",
    }


async def test_pipelined_requests_are_answered_in_order() -> None:
    waiting: list[Deferred] = []

    def handler(request: Request) -> Response | Deferred:
        if request.path == "/slow":
            waiting.append(Deferred())
            asyncio.get_running_loop().call_later(0.02, waiting[0].resolve, Response(200, b"slow"))
            return waiting[0]
        return Response(200, request.path.encode())

    requests = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(100))
    async with serving(handler) as listener:
        answer = await exchange(
            listener, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + requests,
            b"GET /last HTTP/1.1\r\n" + CLOSE + b"\r\n",
        )  # fmt: skip
    bodies = [part.rpartition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"slow", *(b"/%d" % n for n in range(100)), b"/last"]


async def test_an_upgrade_that_nobody_takes_ends_the_connection() -> None:
    def at_once(request: Request) -> Response:
        return Response(403)

    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
    for handler, status in ((at_once, 403), (mirror, 200)):
        async with serving(handler) as listener:
            assert status_of(await exchange(listener, upgrade + b"more")) == status


async def test_continue_head_and_no_content() -> None:
    def handler(request: Request) -> Response:
        return Response(204 if request.path == "/none" else 200, request.body or b"body")

    async with serving(handler) as listener:
        answer = await exchange(
            listener,
            b"PUT / HTTP/1.1\r\n" + CLOSE + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
            b"ok",
        )
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
        answer = await exchange(listener, b"HEAD / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert b"Content-Length: 4\r\n" in answer and answer.endswith(b"\r\n\r\n")
        answer = await exchange(listener, b"GET /none HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert status_of(answer) == 204 and b"Content-Length" not in answer


async def test_a_stream_waits_for_a_slow_client_and_ends_with_it() -> None:
    sent = 0
    over = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        try:
            while True:
                sent += 1
                yield b"x" * 65536
        finally:
            over.set()

    async with serving(lambda request: Response(200, endless())) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"Transfer-Encoding: chunked" in await reader.readuntil(b"\r\n\r\n")
        last = -1
        while last != sent:
            last = sent
            await asyncio.sleep(0.1)
        assert sent < 1000  # what fits into the sockets' buffers, not all memory
        writer.transport.abort()
        async with asyncio.timeout(10):
            await over.wait()


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_rubbish_gets_a_clean_400(rubbish: bytes) -> None:
    async with serving() as listener:
        answer = await exchange(listener, rubbish)
    assert status_of(answer) == 400
    assert body_of(answer) == {"message": "The HTTP request is malformed."}


async def test_a_head_that_is_too_large() -> None:
    async with serving() as listener:
        for head in (
            b"GET /" + b"x" * 70_000,
            b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
        ):
            assert status_of(await exchange(listener, head)) == 431


async def test_a_body_that_is_too_large_is_read_and_refused() -> None:
    async with serving(max_body=1000) as listener:
        for framing in (
            b"Content-Length: 3000\r\n\r\n" + b"x" * 3000,
            b"Transfer-Encoding: chunked\r\n\r\nbb8\r\n" + b"x" * 3000 + b"\r\n0\r\n\r\n",
        ):
            answer = await exchange(listener, b"POST / HTTP/1.1\r\nHost: x\r\n" + framing)
            assert status_of(answer) == 413
            assert body_of(answer) == {"message": "Request must be smaller than 1000 bytes"}


async def test_slow_clients_are_not_waited_for() -> None:
    timeouts = Timeouts(head=0.1, body=0.1, idle=0.1, write=0.1)
    async with serving(timeouts=timeouts) as listener:
        assert status_of(await exchange(listener, b"GET / HTTP/1.1\r\nHos")) == 408
        answer = await exchange(listener, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
        assert status_of(answer) == 408
        assert await exchange(listener) == b""  # idle: closed without a word


async def test_a_mistake_in_a_handler_tells_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: Request) -> Response:
        if request.path == "/refused":
            raise ApiError("TeapotException", "short", status=418)
        raise RuntimeError("secret")

    async with serving(handler) as listener:
        answer = await exchange(listener, b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert status_of(answer) == 500 and b"secret" not in answer
        answer = await exchange(listener, b"GET /refused HTTP/1.1\r\n" + CLOSE + b"\r\n")
        assert status_of(answer) == 418 and b"x-amzn-ErrorType: TeapotException" in answer
    assert "secret" in caplog.text
