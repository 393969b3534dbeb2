"""Which environment serves a request, and whether one may: concurrency as in lambda-facts §5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from workbench.local.runtime.records import FunctionSpec, Throttled

RESERVED_EXCEEDED = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_EXCEEDED = "ConcurrentInvocationLimitExceeded"


class Concurrency:
    """Counts invocations in flight against reserved concurrency and the account's pool.

    `reserved` maps unqualified function ARNs to their reserved concurrency; it is read at every
    request, so its owner just changes it.
    """

    def __init__(self, account_limit: int, reserved: Mapping[str, int]) -> None:
        self._account_limit = account_limit
        self._reserved = reserved
        self._in_flight: Counter[str] = Counter()
        self._unreserved = 0  # in flight, of functions that had no reservation when they began

    def enter(self, arn: str) -> bool:
        """Count one more for `arn`; raises Throttled. Give what it returns to `leave`."""
        reserved = self._reserved.get(arn) if self._reserved else None
        if reserved is not None:
            if self._in_flight[arn] >= reserved:
                raise Throttled(RESERVED_EXCEEDED)
        elif self._unreserved >= self._account_limit - sum(self._reserved.values()):
            raise Throttled(ACCOUNT_EXCEEDED)
        else:
            self._unreserved += 1
        self._in_flight[arn] += 1
        return reserved is None

    def leave(self, arn: str, unreserved: bool) -> None:
        """Count one less."""
        self._in_flight[arn] -= 1
        if unreserved:
            self._unreserved -= 1

    def in_flight(self, arn: str) -> int:
        """How many invocations of the function, all versions together, are running."""
        return self._in_flight[arn]


class Placeable(Protocol):
    """What the pool must know of an environment."""

    @property
    def spec(self) -> FunctionSpec: ...


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
