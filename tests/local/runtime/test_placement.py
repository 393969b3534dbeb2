"""Concurrency, reserved and provisioned, and request rates: the rules alone, on a clock of ours."""

from __future__ import annotations

import pytest

from workbench.local.runtime.placement import Charge, Concurrency
from workbench.local.runtime.records import Throttled


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def throttled(concurrency: Concurrency, arn: str) -> str:
    with pytest.raises(Throttled) as refused:
        concurrency.enter(arn)
    return refused.value.reason


def test_a_reservation_limits_its_function_and_is_taken_from_the_others() -> None:
    pool = Concurrency(3, Clock())
    pool.reserve("a", 1)
    pool.enter("a")
    assert throttled(pool, "a") == "ReservedFunctionConcurrentInvocationLimitExceeded"
    first = pool.enter("b")
    pool.enter("c")
    assert throttled(pool, "b") == "ConcurrentInvocationLimitExceeded"
    pool.leave("b", first)
    pool.enter("b")
    assert pool.in_flight("b") == 1


def test_zero_stops_a_function_and_no_reservation_lets_it_go_on() -> None:
    pool = Concurrency(3, Clock())
    pool.reserve("a", 0)
    assert throttled(pool, "a") == "ReservedFunctionConcurrentInvocationLimitExceeded"
    pool.reserve("a", None)
    assert pool.enter("a") is Charge.UNRESERVED
    assert pool.unclaimed == 3


def test_what_began_without_a_reservation_ends_without_one() -> None:
    pool = Concurrency(2, Clock())
    charge = pool.enter("a")
    pool.reserve("a", 1)
    pool.leave("a", charge)
    pool.enter("b")
    assert throttled(pool, "b") == "ConcurrentInvocationLimitExceeded"


def test_a_reservation_allows_ten_requests_a_second_for_each_unit() -> None:
    clock = Clock()
    pool = Concurrency(1000, clock)
    pool.reserve("a", 2)
    for _ in range(20):
        pool.leave("a", pool.enter("a"))
    assert throttled(pool, "a") == "ReservedFunctionInvocationRateLimitExceeded"
    clock.now += 0.1
    for _ in range(2):
        pool.leave("a", pool.enter("a"))
    assert throttled(pool, "a") == "ReservedFunctionInvocationRateLimitExceeded"
    pool.enter("b")


def test_the_account_allows_ten_requests_a_second_for_each_unit() -> None:
    clock = Clock()
    pool = Concurrency(2, clock)
    for number in range(20):
        pool.leave(f"f{number}", pool.enter(f"f{number}"))
    assert throttled(pool, "a") == "FunctionInvocationRateLimitExceeded"
    clock.now += 60
    for _ in range(20):
        pool.leave("a", pool.enter("a"))
    assert throttled(pool, "a") == "FunctionInvocationRateLimitExceeded"


def test_a_function_adds_a_thousand_environments_and_then_a_hundred_a_second() -> None:
    clock = Clock()
    pool = Concurrency(5000, clock)
    for _ in range(1000):
        pool.grow("a")
    with pytest.raises(Throttled, match=r"^ConcurrentInvocationLimitExceeded$"):
        pool.grow("a")
    pool.grow("b")
    clock.now += 0.5
    for _ in range(50):
        pool.grow("a")
    with pytest.raises(Throttled):
        pool.grow("a")


def test_provisioned_concurrency_is_taken_from_the_account_or_the_reservation() -> None:
    pool = Concurrency(10, Clock())
    pool.provision("a", 4, 0)
    assert pool.unclaimed == 6
    pool.reserve("a", 5)
    assert pool.unclaimed == 5
    for _ in range(5):
        pool.enter("a")
    pool.provision("a", 4, 4)  # the reservation has one unit left that is not provisioned
    assert throttled(pool, "a") == "ReservedFunctionConcurrentInvocationLimitExceeded"
    charge = pool.enter_provisioned("a")
    assert pool.in_flight("a") == 6
    pool.leave("a", charge)
    assert pool.in_flight("a") == 5
    pool.provision("a", 0, 0)
    assert pool.unclaimed == 5
