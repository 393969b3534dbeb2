"""The state of an alarm, by the latest values of its metric. No I/O.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

EXTRA_PERIODS = 2
"""How many periods more than an alarm evaluates are looked at, in case some have no value."""

_OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What an alarm compares: `to_alarm` of the last `periods` have to breach. `missing` is its
    TreatMissingData."""

    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: str = "missing"

    @property
    def known(self) -> bool:
        """Whether it compares with a threshold: anomaly detection does not."""
        return self.comparison in _OPERATORS


@dataclass(frozen=True, slots=True)
class Datapoint:
    """A metric's value in the period that begins at `at` (epoch seconds)."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state, in CloudWatch's own words, and the datapoints it is made of."""

    state: State
    reason: str
    datapoints: tuple[Datapoint, ...] = ()


def evaluate(rule: Rule, found: Sequence[Datapoint]) -> Verdict | None:
    """The verdict on the datapoints there are in the alarm's periods and EXTRA_PERIODS before them,
    oldest first; None when the state stays what it is."""
    used = tuple(found[-rule.periods :])
    absent = rule.periods - len(used)
    if absent and rule.missing == "ignore":
        return None
    if not used and rule.missing not in ("breaching", "notBreaching"):
        number = f"{rule.periods} datapoint{'s were' if rule.periods > 1 else ' was'}"
        return Verdict("INSUFFICIENT_DATA", f"Insufficient Data: {number} unknown.")
    compare, _ = _OPERATORS[rule.comparison]
    breaching = sum(compare(datapoint.value, rule.threshold) for datapoint in used)
    if rule.missing == "breaching":
        breaching += absent
    wanted = rule.to_alarm
    if rule.missing == "missing":  # what is not there says nothing
        wanted = min(wanted, len(used))
    state: State = "ALARM" if breaching >= wanted else "OK"
    return Verdict(state, _reason(rule, used, absent, state), used)


def _reason(rule: Rule, used: Sequence[Datapoint], absent: int, state: State) -> str:
    if not used:
        words = "Breaching" if rule.missing == "breaching" else "NonBreaching"
        several = absent > 1
        return (
            f"Threshold Crossed: no datapoints were received for {absent} "
            f"period{'s' if several else ''} and {absent} missing "
            f"datapoint{'s were' if several else ' was'} treated as [{words}]."
        )
    compare, words = _OPERATORS[rule.comparison]
    told = [each for each in used if compare(each.value, rule.threshold) == (state == "ALARM")]
    told = told or list(used)
    values = ", ".join(f"{each.value} ({_moment(each.at)})" for each in reversed(told))
    several = len(told) > 1
    number = f"{len(told)} datapoint{'s' if several else ''}"
    if rule.periods > 1:
        number = f"{len(told)} out of the last {rule.periods} datapoints"
    verb = f"{'were' if several else 'was'}{'' if state == 'ALARM' else ' not'}"
    return (
        f"Threshold Crossed: {number} [{values}] {verb} {words} the threshold ({rule.threshold})."
    )


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S}"
