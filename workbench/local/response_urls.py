"""URLs that take one answer, which a function PUTs there as custom resources do.

Like ResponseURLs of CloudFormation, they need no signature: whoever knows one may write to it.
"""

from __future__ import annotations

import asyncio
import secrets

MAX_BYTES = 64 * 1024
_MOST = 1_000  # those that are forgotten first are the oldest


class ResponseUrls:
    """The tokens of such URLs and what came to them. Belongs to the event loop's thread."""

    def __init__(self) -> None:
        self._answers: dict[str, asyncio.Future[bytes]] = {}

    def open(self) -> str:
        """A new token, which nobody can guess."""
        token = secrets.token_urlsafe(24)
        self._answers[token] = asyncio.get_running_loop().create_future()
        if len(self._answers) > _MOST:
            del self._answers[next(iter(self._answers))]
        return token

    def put(self, token: str, body: bytes) -> bool:
        """Keep the first answer, up to MAX_BYTES of it; False for a token there is not."""
        answer = self._answers.get(token)
        if answer is None:
            return False
        if not answer.done():
            answer.set_result(body[:MAX_BYTES])
        return True

    async def wait(self, token: str, seconds: float) -> bytes | None:
        """The answer, once it is there; None when it is not within `seconds`. Raises KeyError for
        a token there is not."""
        done, _ = await asyncio.wait([self._answers[token]], timeout=seconds)
        return done.pop().result() if done else None
