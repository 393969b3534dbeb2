"""A response on its way from a function to one reader: order, limits, ends."""

from __future__ import annotations

import asyncio

from workbench.local.runtime.response_stream import MAX_PIECE, ResponseStream


class Connection:
    """Stands for the function's connection."""

    def __init__(self) -> None:
        self.reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def test_bytes_come_in_order_and_end() -> None:
    stream = ResponseStream()
    reader = asyncio.create_task(stream.read())
    stream.begin("text/plain", Connection())
    await asyncio.sleep(0)
    stream.write(b"one ")
    stream.write(b"two")
    assert await reader == b"one two"
    stream.write(b"three")
    stream.end()
    stream.write(b"too late")
    assert (await stream.read(), await stream.read()) == (b"three", b"")


async def test_a_slow_reader_stops_the_function() -> None:
    stream, connection = ResponseStream(), Connection()
    stream.begin("text/plain", connection)
    stream.write(b"x" * 10)
    assert connection.reading
    stream.write(b"x" * 200_000)
    assert not connection.reading
    sizes = []
    while not connection.reading:
        sizes.append(len(await stream.read()))
    assert max(sizes) == MAX_PIECE and sum(sizes) > 200_000 - MAX_PIECE


async def test_nobody_reads_any_more() -> None:
    stream, connection = ResponseStream(), Connection()
    stream.begin("text/plain", connection)
    stream.write(b"x" * 200_000)
    stream.abandon()
    assert connection.reading
    stream.write(b"x" * 200_000)  # dropped
    assert connection.reading
    stream.end()
    assert await stream.read() == b""
