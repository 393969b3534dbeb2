"""HTTP/1.1 to the embedded services over a Unix socket: connections are kept and used again.

The other end is our own listener, so a response has a Content-Length or is chunked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

_IDLE_AT_MOST = 32
_HELD_WHOLE = 256 * 1024  # a response of known length up to this is read at once
_PIECE = 64 * 1024


@dataclass(slots=True)
class BackendResponse:
    """A response; its body is `length` bytes (None: unknown), whole or still to be read."""

    status: int
    headers: list[tuple[str, str]]
    length: int | None
    body: bytes | AsyncIterator[bytes]


class Backend:
    """Requests to one Unix socket. Raises OSError (ConnectionError) when nobody answers there."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: list[_Connection] = []

    async def request(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: bytes | AsyncIterator[bytes],
    ) -> BackendResponse:
        """Send a request; returns once the response's head is there.

        An iterated body goes out as it comes: `headers` must frame it. What was sent over a
        connection that had been closed meanwhile is sent again, if it is in bytes.
        """
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(
            [f"{name}: {value}\r\n" for name, value in headers]
        )
        while self._idle:
            connection = self._idle.pop()
            if connection.closed:
                connection.close()
                continue
            try:
                return await self._exchange(connection, method, head, body)
            except _Stale:
                if not isinstance(body, bytes):
                    raise
        reader, writer = await asyncio.open_unix_connection(self._path, limit=_PIECE)
        return await self._exchange(_Connection(reader, writer), method, head, body)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    def _release(self, connection: _Connection) -> None:
        if len(self._idle) < _IDLE_AT_MOST and not connection.closed:
            self._idle.append(connection)
        else:
            connection.close()

    async def _exchange(
        self, connection: _Connection, method: str, head: str, body: bytes | AsyncIterator[bytes]
    ) -> BackendResponse:
        try:
            await connection.send(head, body)
            response = await connection.receive(method)
            if isinstance(response.body, bytes):
                self._release(connection)
                return response
            response.body = self._pieces(connection, response.body)
            return response
        except BaseException:
            connection.close()
            raise

    async def _pieces(
        self, connection: _Connection, body: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        try:
            async for piece in body:
                yield piece
        except BaseException:
            connection.close()
            raise
        self._release(connection)


class _Stale(ConnectionResetError):
    """The connection ended before any byte of a response: nothing was done with the request."""


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def closed(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    def close(self) -> None:
        self._writer.close()

    async def send(self, head: str, body: bytes | AsyncIterator[bytes]) -> None:
        encoded = head.encode("latin-1", "replace")
        write = self._writer.write
        if isinstance(body, bytes):
            write(encoded + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        else:
            write(encoded + b"\r\n")
            chunked = b"transfer-encoding: chunked" in encoded.lower()
            async for piece in body:
                write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await self._drain()
            if chunked:
                write(b"0\r\n\r\n")
        await self._drain()

    async def _drain(self) -> None:
        with contextlib.suppress(ConnectionError):  # reading tells what became of it
            await self._writer.drain()

    async def receive(self, method: str) -> BackendResponse:
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            raise (ConnectionResetError if error.partial else _Stale)() from None
        except ConnectionError:
            raise _Stale from None
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        headers: list[tuple[str, str]] = []
        length: int | None = None
        chunked = False
        for line in lines:
            name, _, value = line.partition(":")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "transfer-encoding":
                    chunked = True
                case "connection" | "keep-alive":
                    pass
                case _:
                    headers.append((name, value.strip()))
        if method == "HEAD" or status in (204, 304):
            return BackendResponse(status, headers, length, b"")
        if chunked:
            return BackendResponse(status, headers, None, self._chunks())
        length = length or 0
        if length <= _HELD_WHOLE:
            return BackendResponse(status, headers, length, await self._exactly(length))
        return BackendResponse(status, headers, length, self._sized(length))

    async def _exactly(self, length: int) -> bytes:
        try:
            return await self._reader.readexactly(length)
        except asyncio.IncompleteReadError:
            raise ConnectionResetError from None

    async def _sized(self, length: int) -> AsyncIterator[bytes]:
        while length > 0:
            piece = await self._reader.read(min(length, _PIECE))
            if not piece:
                raise ConnectionResetError
            length -= len(piece)
            yield piece

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readline() or b"0", 16):
            yield await self._exactly(size)
            await self._exactly(2)
        await self._exactly(2)
