"""Delivering telemetry to a subscriber's own listener: HTTP requests or lines over TCP (§1.6).

`sandbox.localdomain` is this environment itself, so everything goes to 127.0.0.1.
"""

from __future__ import annotations

import asyncio

from workbench.local.runtime.telemetry.telemetry_api import Subscription

_TRIES_AFTER_S = (0.0, 0.05, 0.25, 1.0)
_ANSWER_S = 5.0


class Delivery:
    """One subscriber's destination."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, batch: list[bytes]) -> None:
        """Deliver events (JSON each). Raises OSError when nobody takes them; a listener that is not
        there yet is tried some times more."""
        for pause in _TRIES_AFTER_S:
            if pause:
                await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(_ANSWER_S):
                    if self._subscription.path is None:
                        await self._send_lines(batch)
                    else:
                        await self._post(batch, self._subscription.path)
                return
            except ConnectionRefusedError:
                if pause == _TRIES_AFTER_S[-1]:
                    raise
            except OSError:
                self.close()
                raise

    async def _send_lines(self, batch: list[bytes]) -> None:
        if self._writer is None:
            _, self._writer = await asyncio.open_connection("127.0.0.1", self._subscription.port)
        self._writer.write(b"\n".join(batch) + b"\n")
        await self._writer.drain()

    async def _post(self, batch: list[bytes], path: str) -> None:
        subscription = self._subscription
        body = b"[" + b",".join(batch) + b"]"
        head = (
            f"{subscription.method} {path} HTTP/1.1\r\nHost: sandbox.localdomain:"
            f"{subscription.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", subscription.port)
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            status = (await reader.readline()).split(b" ")
        except ValueError as error:
            raise ConnectionError("the subscriber's answer is too long a line") from error
        finally:
            writer.close()
        if len(status) < 2 or not status[1].startswith(b"2"):
            answer = b" ".join(status).decode("utf-8", "replace").strip()
            raise ConnectionError(f"the subscriber answered {answer}")

    def close(self) -> None:
        """Let go of the connection."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
