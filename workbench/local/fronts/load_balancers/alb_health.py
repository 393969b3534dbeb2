"""Health checks of a target group: invocations now and then, and what they say of the function.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.local.fronts.function_caller import FunctionCaller, checked
from workbench.local.fronts.load_balancers import alb_events
from workbench.local.fronts.payload_v2 import MalformedResult
from workbench.local.fronts.refusals import Refusal
from workbench.local.runtime.records import InvokeResult
from workbench.project.front_doors.load_balancers import HealthCheck, TargetGroup

Changed = Callable[[TargetGroup, bool, str], None]


class HealthChecks:
    """Those of one group; `changed` is told of each change, with a sentence. A group with one
    target gets its requests all the same, so nothing else follows from it."""

    def __init__(
        self,
        group: TargetGroup,
        check: HealthCheck,
        arn: str,
        caller: FunctionCaller,
        changed: Changed,
    ) -> None:
        self._group = group
        self._check = check
        self._arn = arn
        self._caller = caller
        self._changed = changed
        self._healthy: bool | None = None
        self._in_a_row = 0  # answers that speak against the state
        self._later()

    @property
    def healthy(self) -> bool:
        """Whether the function passes; before the first answer nothing speaks against it."""
        return self._healthy is not False

    def stop(self) -> None:
        """Check no more."""
        self._timer.cancel()

    def _later(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._check.interval, self._ask)

    def _ask(self) -> None:
        self._later()
        group = self._group
        event = alb_events.health_check(
            self._arn, self._check.path, multi=group.multi_value_headers
        )
        try:
            target = self._caller.target(group.function, group.qualifier)
            trace = self._caller.trace(target, None)
            self._caller.invoke(target, event, trace, self._check.timeout, self._answered)
        except Refusal as refusal:
            self._count(False, refusal.reason)

    def _answered(self, result: InvokeResult | None) -> None:
        group = self._group
        try:
            payload = checked(group.function, result, self._check.timeout).payload
            status = alb_events.response(payload, multi=group.multi_value_headers).status
        except (Refusal, MalformedResult) as problem:
            self._count(False, str(problem))
            return
        reason = f"{group.function} answered the health check with status {status}."
        self._count(matches(self._check.codes, status), reason)

    def _count(self, good: bool, reason: str) -> None:
        if good == self._healthy:
            self._in_a_row = 0
            return
        self._in_a_row += 1
        # The first answer decides of a target that is new.
        needed = self._check.healthy if good else self._check.unhealthy
        if self._healthy is None or self._in_a_row >= needed:
            self._healthy = good
            self._in_a_row = 0
            self._changed(self._group, good, reason)


def matches(codes: str, status: int) -> bool:
    """Whether a matcher, such as "200,301" or "200-299", has this status."""
    for part in codes.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdecimal() and int(low) <= status <= int(high if high.isdecimal() else low):
            return True
    return False
