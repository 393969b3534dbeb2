"""Metrics that functions write into their logs, put where their other metrics are."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from workbench.local.metrics.embedded_format import Datum, metric_data
from workbench.local.services.services import Services
from workbench.local.services.settings import ServiceError

MOST_WAITING = 1_000  # logs of invocations; the oldest go
_IN_A_CALL = 500


class EmbeddedMetrics:
    """Reads them in a thread and puts them into CloudWatch. Belongs to the event loop's thread.

    `tell` gets a sentence when they cannot be put.
    """

    def __init__(self, services: Services, tell: Callable[[str], None]) -> None:
        self._services = services
        self._tell = tell
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._work: asyncio.Task[None] | None = None

    def take(self, log_text: str) -> None:
        """The log of an invocation that has metrics in it."""
        self._waiting.append(log_text)
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._put_all())

    async def close(self) -> None:
        """Put no more."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _put_all(self) -> None:
        try:
            while self._waiting:
                texts = list(self._waiting)
                self._waiting.clear()
                for namespace, data in (await asyncio.to_thread(_by_namespace, texts)).items():
                    for at in range(0, len(data), _IN_A_CALL):
                        part = {"Namespace": namespace, "MetricData": data[at : at + _IN_A_CALL]}
                        await self._services.call("cloudwatch", "PutMetricData", part)
        except ServiceError as error:
            self._tell(f"Metrics that functions wrote into their logs are lost: {error.message}")
        finally:
            self._work = None


def _by_namespace(texts: list[str]) -> dict[str, list[Datum]]:
    found: dict[str, list[Datum]] = {}
    for text in texts:
        for namespace, datum in metric_data(text):
            found.setdefault(namespace, []).append(datum)
    return found
