"""Where the parts of the local Lambda count what AWS publishes as metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from workbench.local.metrics.catalogue import GAUGES, Series

_PAUSE_SECONDS = 0.5

Counted = Mapping[Series, list[float]]
"""Values by what they were measured of."""


class Metrics:
    """Gathers values and hands them on twice a second. Belongs to the event loop's thread.

    `hand_on` gets the minute (epoch seconds) and the values; they are summed up elsewhere.
    Invocations, Errors, Duration and ConcurrentExecutions are not counted here: they follow from
    the finished invocations.
    """

    def __init__(self, hand_on: Callable[[int, Counted], None]) -> None:
        self._hand_on = hand_on
        self._counted: dict[Series, list[float]] = {}
        self._minute = 0
        self._timer: asyncio.TimerHandle | None = None

    def count(
        self,
        metric: str,
        function: str = "",
        value: float = 1.0,
        *,
        qualifier: str = "",
        version: str = "",
        mapping: str = "",
    ) -> None:
        """Add one value of `metric`: a number of happenings, or milliseconds (§5).

        `function` is the bare name, `qualifier` the version or alias the caller named (""
        for none), `version` the one that ran, `mapping` an event source mapping's UUID.
        """
        resource = f"{function}:{qualifier}" if qualifier else function
        if metric in GAUGES and not qualifier:
            resource = ""
        series = Series(metric, function, resource, version, mapping)
        values = self._counted.get(series)
        if values is None:
            self._counted[series] = [value]
        else:
            values.append(value)
        if self._timer is None:
            self._minute = int(time.time()) // 60 * 60
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self.flush)

    def flush(self) -> None:
        """Hand on what was counted so far."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            counted, self._counted = self._counted, {}
            self._hand_on(self._minute, counted)
