"""Bodies that are passed on piece by piece instead of being held in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from workbench.local.http.limits import too_slow
from workbench.local.http.messages import Request

STREAMED_FROM = 256 * 1024  # a body of more bytes may be streamed; smaller ones never are
_HIGH_WATER = 512 * 1024  # bytes held before the client is made to wait


class BodyStream:
    """The body of a request while it arrives; iterate over it once, or `drain` it.

    `pause` and `resume` hold up the client and let it go on; `timeout` is how many seconds it
    may take for the next piece, ApiError (408) is raised after that.
    """

    def __init__(
        self, pause: Callable[[], None], resume: Callable[[], None], timeout: float
    ) -> None:
        self._pause = pause
        self._resume = resume
        self._timeout = timeout
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._paused = False
        self._ended = False
        self._news = asyncio.Event()

    def feed(self, piece: bytes) -> None:
        """The next piece has arrived."""
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held >= _HIGH_WATER and not self._paused:
            self._paused = True
            self._pause()
        self._news.set()

    def end(self) -> None:
        """The last piece has arrived."""
        self._ended = True
        self._news.set()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), self._timeout)
            except TimeoutError:
                raise too_slow() from None
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if self._paused and self._held < _HIGH_WATER / 2:
            self._paused = False
            self._resume()
        return piece

    async def drain(self) -> None:
        """Read what is left and throw it away, so that the client gets to our answer."""
        async for _ in self:
            pass


class StreamedRequest(Request):
    """A request whose body arrives while it is being answered: `body` is empty, see `stream`."""

    __slots__ = ("stream",)

    stream: BodyStream


class SizedBody:
    """A response's body of known `length`, sent piece by piece; HEAD is answered with the
    length alone."""

    def __init__(self, length: int, pieces: AsyncIterator[bytes]) -> None:
        self.length = length
        self._pieces = pieces

    @classmethod
    def unsent(cls, length: int) -> SizedBody:
        """What HEAD is answered with."""
        return cls(length, _nothing())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._pieces)

    async def aclose(self) -> None:
        """Nothing more will be read."""
        close = getattr(self._pieces, "aclose", None)
        if close is not None:
            await close()


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield
