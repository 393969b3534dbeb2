"""Bytes nobody should send, more than anybody should send, and slower: the server goes on."""

from __future__ import annotations

import asyncio
import os
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from wire_lab import INVOKE, SIGNED, Served, served

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read from /proc"
)
CASES = int(os.environ.get("WORKBENCH_FUZZ_CASES", "300"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("wire")) as server:
        yield server


GOOD = [
    INVOKE + b"Content-Length: 2\r\n\r\n{}",
    INVOKE + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    INVOKE + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /2015-03-31/functions HTTP/1.1\r\n" + SIGNED + b"\r\n",
    b"GET /_workbench/status HTTP/1.1\r\n" + SIGNED + b"\r\n",
    INVOKE + b"Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\n{}",
]
RUBBISH = [
    b"\0",
    b"\r\n",
    b"\xff\xfe",
    b"Content-Length: 5\r\n",
    b"ffffffffffffffff\r\n",
    b";" * 99,
]


def damaged(choose: random.Random) -> bytes:
    """A good request with some of it cut, doubled, swapped or replaced."""
    data = bytearray(choose.choice(GOOD) + choose.choice([b"", choose.choice(GOOD)]))
    for _ in range(choose.randrange(1, 4)):
        place = choose.randrange(len(data) + 1)
        match choose.randrange(4):
            case 0:
                del data[place : place + choose.randrange(30)]
            case 1:
                data[place:place] = choose.choice(RUBBISH)
            case 2:
                data[place:place] = data[: choose.randrange(60)]
            case _ if place < len(data):
                data[place] = choose.randrange(256)
    return bytes(data)


async def test_damaged_requests(server: Served) -> None:
    choose = random.Random(17)
    for start in range(0, CASES, 20):
        batch = [damaged(choose) for _ in range(start, min(start + 20, CASES))]
        answers = await asyncio.gather(*map(server.exchange, batch))
        for data, answer in zip(batch, answers, strict=True):
            assert answer == b"" or answer.startswith(b"HTTP/1.1 "), data
            assert not answer.startswith(b"HTTP/1.1 500"), data
    assert await server.answers()


async def test_a_body_of_100_mb_is_refused_and_not_kept(server: Served) -> None:
    before = server.peak_mb()
    framings = [b"Content-Length: 100000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"]
    for framing in framings:
        reader, writer = await server.connect()
        writer.write(INVOKE + framing)
        piece = b"x" * 1_000_000
        if b"chunked" in framing:
            piece = b"%x\r\n" % len(piece) + piece + b"\r\n"
        try:
            for _ in range(100):
                writer.write(piece)
                await writer.drain()
            if b"chunked" in framing:
                writer.write(b"0\r\n\r\n")
            async with asyncio.timeout(30):
                head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 413 ")
        finally:
            writer.close()
    # One in chunks is kept until it is over the largest request there is, 70 MB.
    assert server.peak_mb() - before < 85
    assert await server.answers()


async def test_5000_connections_and_still_an_answer(server: Served) -> None:
    wanted = 5000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted + 500:
        pytest.skip(f"this process may open only {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 500), hard))
    before = server.peak_mb()
    connections = []
    try:
        for _ in range(0, wanted, 100):
            connections += await asyncio.gather(*(server.connect() for _ in range(100)))
        # Half of them say nothing, half stop in the middle of a request.
        for _, writer in connections[::2]:
            writer.write(INVOKE + b"Content-Length: 100\r\n\r\nslow")
        assert await server.answers()
        reader, writer = connections[1]
        writer.write(INVOKE + b"Content-Length: 2\r\n\r\n{}")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    finally:
        for _, writer in connections:
            writer.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert server.peak_mb() - before < 150  # 30 KB a connection
    assert await server.answers()
