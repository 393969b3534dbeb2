"""Whether a request may run now: concurrency and rates as in lambda-facts §5. Rules, no I/O.

A function's *claim* is what it takes from the account for itself: its reserved concurrency, or
without that its provisioned concurrency. All functions share what nobody claims.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Generic, Protocol, TypeVar

from workbench.local.runtime.records import FunctionSpec, Levels, Throttled

RESERVED_EXCEEDED = "ReservedFunctionConcurrentInvocationLimitExceeded"
RESERVED_RATE_EXCEEDED = "ReservedFunctionInvocationRateLimitExceeded"
ACCOUNT_EXCEEDED = "ConcurrentInvocationLimitExceeded"
RATE_EXCEEDED = "FunctionInvocationRateLimitExceeded"

# Requests a second for each unit of concurrency.
RATE_PER_CONCURRENCY = 10
# Environments that one function may add: so many at once, and so many more each second.
BURST = 1000
BURST_PER_SECOND = 100


class TokenBucket:
    """Holds at most `size` tokens, gains `rate` a second, begins full. `now` is in seconds."""

    __slots__ = ("_at", "_level", "rate", "size")

    def __init__(self, size: float, rate: float, now: float) -> None:
        self.size, self.rate = size, rate
        self._level, self._at = size, now

    def take(self, now: float) -> bool:
        """Take one token; False when there is none."""
        level = self._level + (now - self._at) * self.rate
        if level > self.size:
            level = self.size
        self._at = now
        if level < 1:
            self._level = level
            return False
        self._level = level - 1
        return True


class Charge(Enum):
    """Whose concurrency an invocation takes."""

    UNRESERVED = "unreserved"
    RESERVED = "reserved"
    PROVISIONED = "provisioned"


class _Load:
    """What one function, all versions together, may use and does use."""

    __slots__ = ("burst", "on_demand", "provisioned", "rate", "ready", "requested", "reserved")

    def __init__(self, now: float) -> None:
        self.reserved: int | None = None
        self.requested = 0  # provisioned concurrency that was asked for, of all its versions
        self.ready = 0  # … and that there is
        self.on_demand = 0  # in flight
        self.provisioned = 0  # in flight, in provisioned environments
        self.rate: TokenBucket | None = None  # of its reserved concurrency
        self.burst = TokenBucket(BURST, BURST_PER_SECOND, now)

    @property
    def claim(self) -> int:
        return self.requested if self.reserved is None else self.reserved


class Concurrency:
    """Counts invocations in flight, and says when there are too many.

    Every question costs the same however many functions there are. `clock` gives seconds.
    """

    def __init__(self, account_limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.account_limit = account_limit
        self._clock = clock
        self._loads: dict[str, _Load] = {}
        self._claimed = 0
        self._running = 0  # in flight, all of them
        self._unreserved = 0  # in flight, of those that shared what nobody claims
        rate = account_limit * RATE_PER_CONCURRENCY
        self._rate = TokenBucket(rate, rate, clock())

    @property
    def unclaimed(self) -> int:
        """What all functions share: the account's limit without what is reserved or provisioned."""
        return self.account_limit - self._claimed

    def reserve(self, arn: str, reserved: int | None) -> None:
        """The function with this unqualified ARN has so much reserved concurrency from now on."""
        if reserved is None and arn not in self._loads:
            return
        load = self._load(arn)
        if reserved == load.reserved:
            return
        self._claimed -= load.claim
        load.reserved = reserved
        self._claimed += load.claim
        rate = (reserved or 0) * RATE_PER_CONCURRENCY
        load.rate = TokenBucket(rate, rate, self._clock()) if rate else None

    def provision(self, arn: str, requested: int, ready: int) -> None:
        """The function's provisioned concurrency, of all its versions: asked for, and there."""
        if not requested and not ready and arn not in self._loads:
            return
        load = self._load(arn)
        self._claimed -= load.claim
        load.requested, load.ready = requested, ready
        self._claimed += load.claim

    def enter(self, arn: str) -> Charge:
        """Count one more invocation on demand; raises Throttled. Give the result to `leave`."""
        load = self._load(arn)
        reserved = load.reserved
        if reserved is None:
            if self._unreserved >= self.account_limit - self._claimed:
                raise Throttled(ACCOUNT_EXCEEDED)
            if not self._rate.take(self._clock()):
                raise Throttled(RATE_EXCEEDED)
            self._running += 1
            self._unreserved += 1
            load.on_demand += 1
            return Charge.UNRESERVED
        if load.on_demand >= reserved - load.ready:
            raise Throttled(RESERVED_EXCEEDED)
        if load.rate is not None and not load.rate.take(self._clock()):
            raise Throttled(RESERVED_RATE_EXCEEDED)
        self._running += 1
        load.on_demand += 1
        return Charge.RESERVED

    def enter_provisioned(self, arn: str) -> Charge:
        """Count one more invocation in an environment that was provisioned for it."""
        self._running += 1
        self._load(arn).provisioned += 1
        return Charge.PROVISIONED

    def grow(self, arn: str) -> None:
        """The function is about to add an environment on demand; raises Throttled when it has
        added too many too quickly."""
        if not self._load(arn).burst.take(self._clock()):
            raise Throttled(ACCOUNT_EXCEEDED)

    def leave(self, arn: str, charge: Charge) -> None:
        """Count one less."""
        load = self._loads[arn]
        self._running -= 1
        if charge is Charge.PROVISIONED:
            load.provisioned -= 1
            return
        load.on_demand -= 1
        if charge is Charge.UNRESERVED:
            self._unreserved -= 1

    def in_flight(self, arn: str) -> int:
        """How many invocations of the function, all versions together, are running."""
        load = self._loads.get(arn)
        return 0 if load is None else load.on_demand + load.provisioned

    def levels(self, arn: str) -> Levels:
        """What runs now, as metrics tell it."""
        load = self._load(arn)
        return Levels(
            load.on_demand + load.provisioned,
            self._running,
            self._unreserved,
            self._unreserved + self._claimed,
            load.provisioned,
            load.ready,
        )

    def _load(self, arn: str) -> _Load:
        load = self._loads.get(arn)
        if load is None:
            load = self._loads[arn] = _Load(self._clock())
        return load


class Placeable(Protocol):
    """What the pool must know of an environment."""

    @property
    def spec(self) -> FunctionSpec:
        """The version of a function that it can serve."""


T = TypeVar("T", bound=Placeable)


class IdlePool(Generic[T]):
    """Idle environments, newest first, by what they can serve."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str], list[T]] = {}

    def take(self, spec: FunctionSpec) -> T | None:
        """The environment of exactly this code and configuration that was used last, if any."""
        stack = self._idle.get((spec.arn, spec.identity))
        if not stack:
            return None
        return stack.pop()

    def put(self, item: T) -> None:
        """An environment has become idle."""
        self._idle.setdefault((item.spec.arn, item.spec.identity), []).append(item)

    def remove(self, item: T) -> None:
        """An environment is gone; nothing happens when it was not idle."""
        key = (item.spec.arn, item.spec.identity)
        stack = self._idle.get(key)
        if stack and item in stack:
            stack.remove(item)
        if not stack:
            self._idle.pop(key, None)

    def __iter__(self) -> Iterator[T]:
        return iter([item for stack in self._idle.values() for item in stack])
