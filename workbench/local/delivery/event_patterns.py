"""Event patterns: the rules by which filter criteria and EventBridge rules choose events.

A pattern is a JSON object. Its members name members of the event; a nested object goes deeper, a
list has the rules of which at least one must hold for the value there (or for one item, when the
value is a list). All members must hold; `$or` is a list of patterns of which one must.

A pattern is compiled once into a predicate, so that matching does no more than the pattern needs.
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Predicate = Callable[[Any], bool]

_MISSING: Any = object()
_DEEPEST = 100
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class InvalidPattern(ValueError):
    """A pattern that AWS would refuse; the message says what is wrong with it."""


def compile_pattern(text: str) -> Predicate:
    """A predicate over events (parsed JSON objects) for a pattern in JSON.

    Raises InvalidPattern.
    """
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise InvalidPattern(f"The pattern is not valid JSON: {error}") from None
    except RecursionError:
        raise InvalidPattern("The pattern is nested too deeply.") from None
    return compile_object(pattern)


def compile_object(pattern: Any) -> Predicate:
    """As `compile_pattern`, for a pattern that is parsed already."""
    if not isinstance(pattern, Mapping):
        raise InvalidPattern("A pattern must be a JSON object.")
    return _fields(pattern, 1)


def _fields(pattern: Mapping[str, Any], depth: int) -> Predicate:
    if depth > _DEEPEST:
        raise InvalidPattern("The pattern is nested too deeply.")
    members: list[tuple[str, Predicate]] = []
    alternatives: list[Predicate] | None = None
    for name, value in pattern.items():
        if name == "$or" and _is_alternatives(value):
            alternatives = [_fields(item, depth + 1) for item in value]
        elif isinstance(value, Mapping):
            if not value:
                raise InvalidPattern(f'"{name}" must not be an empty object.')
            members.append((name, _fields(value, depth + 1)))
        elif isinstance(value, list):
            members.append((name, _leaf(name, value)))
        else:
            raise InvalidPattern(f'"{name}" must be an object or an array.')

    def holds(value: Any) -> bool:
        if isinstance(value, list):  # one item has to satisfy all of it
            return any(holds(item) for item in value if isinstance(item, dict))
        fields = value if isinstance(value, dict) else {}
        if not all(predicate(fields.get(name, _MISSING)) for name, predicate in members):
            return False
        return alternatives is None or any(predicate(fields) for predicate in alternatives)

    return holds


def _is_alternatives(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(item, Mapping) and item for item in value)
    )


def _leaf(name: str, rules: list[Any]) -> Predicate:
    """One of the rules must hold for the value, or for one item of it."""
    if not rules:
        raise InvalidPattern(f'"{name}" must not be an empty array.')
    absent = False
    predicates: list[Predicate] = []
    for rule in rules:
        if isinstance(rule, Mapping) and "exists" in rule:
            wanted = _single(rule)[1]
            if not isinstance(wanted, bool):
                raise InvalidPattern('"exists" must be true or false.')
            if wanted:
                predicates.append(_always)
            absent = absent or not wanted
        else:
            predicates.append(_rule(rule))

    def holds(value: Any) -> bool:
        leaves = [item for item in _items(value) if not isinstance(item, (dict, list))]
        if not leaves:
            return absent
        return any(predicate(leaf) for leaf in leaves for predicate in predicates)

    return holds


def _items(value: Any) -> list[Any]:
    if value is _MISSING:
        return []
    return value if isinstance(value, list) else [value]


def _always(_: Any) -> bool:
    return True


def _rule(rule: Any) -> Predicate:
    if isinstance(rule, Mapping):
        name, argument = _single(rule)
        make = _OPERATORS.get(name)
        if make is None:
            raise InvalidPattern(f'There is no operator "{name}".')
        return make(argument)
    if isinstance(rule, list):
        raise InvalidPattern("An array cannot be an item of a rule.")
    return _equals(rule)


def _single(rule: Mapping[str, Any]) -> tuple[str, Any]:
    if len(rule) != 1:
        raise InvalidPattern("A rule that is an object must have exactly one operator.")
    return next(iter(rule.items()))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equals(expected: Any) -> Predicate:
    if _is_number(expected):
        return lambda value: _is_number(value) and value == expected
    kind = type(expected)
    return lambda value: type(value) is kind and value == expected


def _text(name: str, argument: Any) -> str:
    if not isinstance(argument, str):
        raise InvalidPattern(f'"{name}" must be a string.')
    return argument


def _affix(name: str, test: Callable[[str, str], bool]) -> Callable[[Any], Predicate]:
    """Prefix or suffix; `{"equals-ignore-case": s}` in place of a string ignores case."""

    def make(argument: Any) -> Predicate:
        if isinstance(argument, Mapping):
            inner, text = _single(argument)
            if inner != "equals-ignore-case":
                raise InvalidPattern(f'"{name}" takes a string or equals-ignore-case.')
            folded = _text(inner, text).casefold()
            return lambda value: isinstance(value, str) and test(value.casefold(), folded)
        expected = _text(name, argument)
        return lambda value: isinstance(value, str) and test(value, expected)

    return make


def _equals_ignore_case(argument: Any) -> Predicate:
    folded = _text("equals-ignore-case", argument).casefold()
    return lambda value: isinstance(value, str) and value.casefold() == folded


def _wildcard(argument: Any) -> Predicate:
    text = _text("wildcard", argument)
    if "**" in text:
        raise InvalidPattern('"wildcard" must not have two asterisks in a row.')
    # Only the asterisk is special.
    expression = re.compile("".join(".*" if c == "*" else re.escape(c) for c in text), re.DOTALL)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _numeric(argument: Any) -> Predicate:
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise InvalidPattern('"numeric" must be an array of a comparison and a number, or of two.')
    pairs = list(zip(argument[::2], argument[1::2], strict=True))
    for comparison, number in pairs:
        if comparison not in _COMPARISONS or not _is_number(number):
            raise InvalidPattern('"numeric" takes =, <, <=, > or >=, each with a number.')
    if len(pairs) == 2:
        (low, least), (high, most) = pairs
        if low not in (">", ">=") or high not in ("<", "<=") or least >= most:
            raise InvalidPattern('"numeric" takes a range as its lower and then its upper bound.')
    tests = [(_COMPARISONS[comparison], number) for comparison, number in pairs]
    return lambda value: _is_number(value) and all(test(value, n) for test, n in tests)


def _cidr(argument: Any) -> Predicate:
    try:
        network = ipaddress.ip_network(_text("cidr", argument), strict=False)
    except ValueError:
        raise InvalidPattern('"cidr" must be a block of IP addresses.') from None

    def holds(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return holds


def _anything_but(argument: Any) -> Predicate:
    if isinstance(argument, Mapping):
        name, inner = _single(argument)
        if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise InvalidPattern(f'"anything-but" does not take "{name}".')
        refused = [
            _OPERATORS[name](item) for item in (inner if isinstance(inner, list) else [inner])
        ]
    else:
        items = argument if isinstance(argument, list) else [argument]
        if not items or not all(isinstance(i, str) or _is_number(i) for i in items):
            raise InvalidPattern('"anything-but" takes strings or numbers.')
        refused = [_equals(item) for item in items]
    return lambda value: not any(predicate(value) for predicate in refused)


_OPERATORS: dict[str, Callable[[Any], Predicate]] = {
    "prefix": _affix("prefix", str.startswith),
    "suffix": _affix("suffix", str.endswith),
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
