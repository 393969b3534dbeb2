"""A streamed response on its way from the function's connection to one reader (lambda-facts §1.9).

What the reader has not taken yet is bounded: beyond that the function's connection is not read, so
a slow client slows the function.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

STREAM_TYPE = "application/octet-stream"  # unless the function names another
MAX_STREAMED = 200 * 1024 * 1024
MAX_PIECE = 64 * 1024
_FULL = 64 * 1024


class Source(Protocol):
    """The connection that the bytes come from; an `asyncio.Transport` is one."""

    def pause_reading(self) -> None:
        """Take no more bytes: whoever reads the stream is behind."""

    def resume_reading(self) -> None:
        """Take bytes again."""


class ResponseStream:
    """Bytes in order, and what their content type is. Belongs to the event loop's thread.

    The runtime calls `begin` and `write`; whoever started the invocation calls `end` once it has
    the invocation's result, and `abandon` when nobody reads any more: the function goes on, as on
    AWS, and what it writes is dropped.
    """

    def __init__(self) -> None:
        self.content_type: str | None = None
        self._buffer = bytearray()
        self._source: Source | None = None
        self._paused = False
        self._over = False
        self._abandoned = False
        self._news = asyncio.Event()

    def begin(self, content_type: str, source: Source) -> None:
        """The function's response begins; its bytes come from `source`."""
        self.content_type = content_type
        self._source = source

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        if self._abandoned or self._over:
            return
        self._buffer += piece
        self._news.set()
        if len(self._buffer) > _FULL and not self._paused and self._source is not None:
            self._paused = True
            self._source.pause_reading()

    def end(self) -> None:
        """Nothing more comes."""
        self._over = True
        self._source = None
        self._news.set()

    async def read(self) -> bytes:
        """The next bytes, at most MAX_PIECE; none at the end."""
        while not self._buffer and not self._over:
            self._news.clear()
            await self._news.wait()
        piece = bytes(self._buffer[:MAX_PIECE])
        del self._buffer[:MAX_PIECE]
        if len(self._buffer) < _FULL:
            self._resume()
        return piece

    def abandon(self) -> None:
        """Nobody reads any more."""
        self._abandoned = True
        self._buffer.clear()
        self._resume()

    def _resume(self) -> None:
        if self._paused and self._source is not None:
            self._paused = False
            self._source.resume_reading()
