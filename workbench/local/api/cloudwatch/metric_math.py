"""CloudWatch's metric math, as far as arithmetic goes: `100 * errors / FILL(invocations, 0)`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

Series = dict[int, float]
"""Values by time (epoch seconds)."""
Value = Series | float

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|([-+*/(),]))")
_DEPTH = 50


class BadExpression(ValueError):
    """The expression cannot be computed; the message is a sentence."""


def evaluate(expression: str, metric: Callable[[str], Series]) -> Series:
    """The expression's values; `metric` gives those of a query by its id.

    Understood: numbers, ids, `+ - * /`, parentheses and `FILL(id, number)`. A time at which an
    operand has no value, or is divided by zero, has none. Raises BadExpression, also for what is
    no time series.
    """
    value = _Parser(expression, metric).whole()
    if isinstance(value, float):
        raise BadExpression(f"{expression} is a number and no time series.")
    return value


class _Parser:
    def __init__(self, expression: str, metric: Callable[[str], Series]) -> None:
        self._expression = expression
        self._metric = metric
        self._tokens: list[tuple[str, str, str]] = []
        self._depth = 0
        at = 0
        text = expression.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._bad()
            self._tokens.append(found.groups(""))  # type: ignore[arg-type]
            at = found.end()

    def whole(self) -> Value:
        value = self._sum()
        if self._tokens:
            raise self._bad()
        return value

    def _sum(self) -> Value:
        value = self._product()
        while (sign := self._take("+", "-")) is not None:
            value = _combined(_OPERATORS[sign], value, self._product())
        return value

    def _product(self) -> Value:
        value = self._factor()
        while (sign := self._take("*", "/")) is not None:
            value = _combined(_OPERATORS[sign], value, self._factor())
        return value

    def _factor(self) -> Value:
        self._depth += 1
        if not self._tokens or self._depth > _DEPTH:
            raise self._bad()
        number, name, sign = self._tokens.pop(0)
        if number:
            value: Value = float(number)
        elif name == "FILL":
            value = self._fill()
        elif name:
            value = self._metric(name)
        elif sign == "-":
            value = _combined(operator.mul, -1.0, self._factor())
        elif sign == "(":
            value = self._sum()
            self._expect(")")
        else:
            raise self._bad()
        self._depth -= 1
        return value

    def _fill(self) -> Value:
        """FILL(series, number): at times that any metric of the expression has."""
        self._expect("(")
        value = self._sum()
        self._expect(",")
        filler = self._sum()
        self._expect(")")
        if isinstance(value, float) or not isinstance(filler, float):
            raise self._bad()
        return _Filled(value, filler)

    def _take(self, *signs: str) -> str | None:
        if self._tokens and self._tokens[0][2] in signs:
            return self._tokens.pop(0)[2]
        return None

    def _expect(self, sign: str) -> None:
        if self._take(sign) is None:
            raise self._bad()

    def _bad(self) -> BadExpression:
        return BadExpression(
            f"The local Lambda cannot compute {self._expression}: it knows numbers, ids, + - * /, "
            "parentheses and FILL(id, number)."
        )


class _Filled(dict[int, float]):
    """A series that has a value at any time."""

    def __init__(self, series: Series, filler: float) -> None:
        super().__init__(series)
        self.filler = filler


def _combined(operate: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, float) and isinstance(right, float):
        if operate is operator.truediv and right == 0:
            raise BadExpression("A number is divided by zero.")
        return operate(left, right)
    times = set(left if isinstance(left, dict) else ()) | set(
        right if isinstance(right, dict) else ()
    )
    found: Series = {}
    for time in times:
        one, other = _at(left, time), _at(right, time)
        if one is None or other is None or (operate is operator.truediv and other == 0):
            continue
        found[time] = operate(one, other)
    return found


def _at(value: Value, time: int) -> float | None:
    if isinstance(value, float):
        return value
    return value.get(time, value.filler if isinstance(value, _Filled) else None)


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
