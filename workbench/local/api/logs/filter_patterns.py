"""CloudWatch Logs filter patterns: terms, and `{ $.member = value }` for JSON events.

Terms must all be there; `?term` wants any of those so marked, `-term` none; "two words" count as
one term; `%regex%` is a regular expression. Space-delimited `[…]` patterns are not offered.
"""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable
from typing import Any

Matches = Callable[[str], bool]


class BadPattern(ValueError):
    """The pattern cannot be understood; the message says why."""


def compile_pattern(pattern: str) -> Matches:
    """A predicate on messages. Raises BadPattern."""
    text = pattern.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        if not text.endswith("}"):
            raise BadPattern("Invalid filter pattern: the closing brace is missing.")
        condition = _JsonPattern(text[1:-1]).parse()
        return lambda message: _holds_for_json(condition, message)
    if text.startswith("["):
        raise BadPattern("Invalid filter pattern: space-delimited patterns are not offered here.")
    return _terms(text)


# -- terms ---------------------------------------------------------------------------------

_TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|(%[^%]*%)|([^\s"]+))')


def _terms(text: str) -> Matches:
    wanted: list[Matches] = []
    any_of: list[Matches] = []
    unwanted: list[Matches] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise BadPattern("Invalid filter pattern: a quotation mark is not closed.")
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1
        mark, quoted, regex, plain = match.groups()
        if regex is not None:
            term = _regex(regex[1:-1])
        else:
            term = _contains(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain)
        {"?": any_of, "-": unwanted}.get(mark, wanted).append(term)
    return lambda message: (
        all(term(message) for term in wanted)
        and (not any_of or any(term(message) for term in any_of))
        and not any(term(message) for term in unwanted)
    )


def _contains(term: str) -> Matches:
    return lambda message: term in message


def _regex(pattern: str) -> Matches:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise BadPattern(f"Invalid filter pattern: {error}.") from None
    return lambda message: compiled.search(message) is not None


# -- JSON ----------------------------------------------------------------------------------

Condition = Callable[[Any], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>&&|\|\||\(|\)|!=|<=|>=|=|<|>)
    |(?P<selector>\$(?:\.[\w@:/#-]+|\.\*|\[\d+\]|\[\*\]|\['[^']*'\]|\["[^"]*"\])*)
    |"(?P<string>(?:[^"\\]|\\.)*)"|(?P<regex>%[^%]*%)|(?P<word>[^\s()&|=<>!]+))""",
    re.VERBOSE,
)
_STEP = re.compile(r"""\.([\w@:/#-]+)|\.\*|\[(\d+)\]|\[\*\]|\['([^']*)'\]|\["([^"]*)"\]""")
_COMPARE = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


def _holds_for_json(condition: Condition, message: str) -> bool:
    if not message.lstrip().startswith(("{", "[")):
        return False
    try:
        return condition(json.loads(message))
    except (ValueError, RecursionError):
        return False


class _JsonPattern:
    """Recursive descent: `or` of `and`s of comparisons and parentheses."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position, text = 0, text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise BadPattern(f"Invalid filter pattern near '{text[position:].strip()}'.")
            position = match.end()
            kind = match.lastgroup or "word"
            self._tokens.append((kind, match[kind]))
        self._next = 0

    def parse(self) -> Condition:
        condition = self._any()
        if self._next < len(self._tokens):
            raise BadPattern(f"Invalid filter pattern near '{self._tokens[self._next][1]}'.")
        return condition

    def _take(self, *signs: str) -> str | None:
        if self._next < len(self._tokens):
            kind, text = self._tokens[self._next]
            if (kind == "sign" or kind == "word") and text in signs:
                self._next += 1
                return text
        return None

    def _pop(self) -> tuple[str, str]:
        if self._next >= len(self._tokens):
            raise BadPattern("Invalid filter pattern: it ends too early.")
        self._next += 1
        return self._tokens[self._next - 1]

    def _any(self) -> Condition:
        conditions = [self._all()]
        while self._take("||"):
            conditions.append(self._all())
        return lambda value: any(condition(value) for condition in conditions)

    def _all(self) -> Condition:
        conditions = [self._one()]
        while self._take("&&"):
            conditions.append(self._one())
        return lambda value: all(condition(value) for condition in conditions)

    def _one(self) -> Condition:
        if self._take("("):
            condition = self._any()
            if not self._take(")"):
                raise BadPattern("Invalid filter pattern: a parenthesis is not closed.")
            return condition
        kind, path = self._pop()
        if kind != "selector":
            raise BadPattern(f"Invalid filter pattern: '{path}' should be a selector like $.name.")
        select = _selector(path)
        if self._take("IS"):
            word = self._pop()[1]
            if word not in _CONSTANTS:
                raise BadPattern(f"Invalid filter pattern: IS {word} is not known.")
            constant = _CONSTANTS[word]
            return lambda value: any(found is constant for found in select(value))
        if self._take("NOT"):
            if self._pop()[1] != "EXISTS":
                raise BadPattern("Invalid filter pattern: NOT is only known in NOT EXISTS.")
            return lambda value: not select(value)
        sign = self._take("=", "!=", "<", ">", "<=", ">=")
        if sign is None:
            raise BadPattern(f"Invalid filter pattern: '{path}' has no comparison.")
        test = _comparison(sign, *self._pop())
        return lambda value: any(test(found) for found in select(value))


_CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}


def _selector(path: str) -> Callable[[Any], list[Any]]:
    steps: list[str | int | None] = []
    for name, index, single, double in (match.groups() for match in _STEP.finditer(path)):
        if index is not None:
            steps.append(int(index))
        else:
            steps.append(next((part for part in (name, single, double) if part is not None), None))

    def select(value: Any) -> list[Any]:
        found = [value]
        for step in steps:
            found = [item for parent in found for item in _children(parent, step)]
        return found

    return select


def _children(parent: Any, step: str | int | None) -> list[Any]:
    if step is None:
        if isinstance(parent, dict):
            return list(parent.values())
        return parent if isinstance(parent, list) else []
    if isinstance(step, int):
        return [parent[step]] if isinstance(parent, list) and step < len(parent) else []
    return [parent[step]] if isinstance(parent, dict) and step in parent else []


def _comparison(sign: str, kind: str, text: str) -> Condition:
    if sign in _COMPARE:
        compare = _COMPARE[sign]
        try:
            bound = float(text)
        except ValueError:
            raise BadPattern(f"Invalid filter pattern: '{text}' is not a number.") from None
        return lambda found: (
            isinstance(found, int | float) and not isinstance(found, bool) and compare(found, bound)
        )
    equal = _equality(kind, text)
    return equal if sign == "=" else lambda found: not equal(found)


def _equality(kind: str, text: str) -> Condition:
    if kind == "regex":
        search = _regex(text[1:-1])
        return lambda found: isinstance(found, str) and search(found)
    if kind == "string":
        text = re.sub(r"\\(.)", r"\1", text)
    else:
        try:
            number = float(text)
        except ValueError:
            pass
        else:
            return lambda found: (
                not isinstance(found, bool)
                and (found == number if isinstance(found, int | float) else found == text)
            )
    if "*" in text:
        wildcard = re.compile(fnmatch.translate(text.replace("[", "[[]").replace("?", "[?]")))
        return lambda found: isinstance(found, str) and wildcard.fullmatch(found) is not None
    return lambda found: found == text
