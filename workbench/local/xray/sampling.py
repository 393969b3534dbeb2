"""Which requests of a function with active tracing are traced (lambda-facts §13)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from workbench.local.request_ids import new_root, new_trace
from workbench.local.runtime.records import FunctionSpec
from workbench.local.xray.header import TraceHeader, complete, parse

RATE = 0.05  # of the requests beyond the first in a second


class Sampler:
    """Decides once for each request: the first in a second and 5 % of the rest, by function."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._last: dict[str, int] = {}  # the second in which the last first one came

    def header(self, spec: FunctionSpec, incoming: str | None) -> str:
        """The trace header of a request to `spec`, from the one it brought, if any.

        What was decided upstream holds. Without active tracing nothing is decided: the header is
        passed on, and says Sampled=0 where it said nothing.
        """
        if not spec.active_tracing:
            return new_trace() if incoming is None else complete(incoming)
        found = parse(incoming) if incoming else None
        if found is None:
            found = TraceHeader(new_root())
        if found.sampled is None:
            found = replace(found, sampled=self._decide(spec.arn))
        return str(found)

    def _decide(self, arn: str) -> bool:
        second = int(self._clock())
        if self._last.get(arn) != second:
            self._last[arn] = second
            return True
        return self._chance() < RATE
