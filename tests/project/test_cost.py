"""The price of an invocation (lambda-facts §10.2)."""

import pytest

from workbench.project.cost import cost_of


def test_the_parts_of_a_price() -> None:
    cost = cost_of(1500, 1024)
    assert cost.request == pytest.approx(0.0000002)
    assert cost.duration == pytest.approx(1.5 * 0.0000166667)
    assert cost.storage == 0
    assert cost_of(1500, 2048, "arm64").duration == pytest.approx(3 * 0.0000133334)
    assert cost_of(1000, 128, None, 512 + 1024).storage == pytest.approx(0.0000000309)


def test_a_price_in_words() -> None:
    assert str(cost_of(100, 128)) == "$0.00000041 · 1 M: $0.41"
    assert str(cost_of(900_000, 10_240)) == "$0.15000050 · 1 M: $150,000.50"
