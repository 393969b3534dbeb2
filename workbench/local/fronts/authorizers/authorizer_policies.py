"""What the policy of a Lambda authorizer says about a method: IAM's evaluation. No I/O.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

Decision = Literal["allowed", "denied", "explicitly denied"]

_ACTION = "execute-api:Invoke"


class MalformedPolicy(Exception):
    """It is no policy document; the text says why."""


def decide(document: Any, arn: str) -> Decision:
    """Whether the policy lets the method `arn` be invoked. Raises MalformedPolicy."""
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        raise MalformedPolicy("its policyDocument has no Statement")
    allowed = False
    for statement in statements:
        effect = statement.get("Effect") if isinstance(statement, dict) else None
        if effect not in ("Allow", "Deny"):
            raise MalformedPolicy("the Effect of a Statement is neither Allow nor Deny")
        if not _applies(statement, arn):
            continue
        if effect == "Deny":
            return "explicitly denied"
        # Conditions are not evaluated here: what depends on one is not allowed.
        allowed = allowed or not statement.get("Condition")
    return "allowed" if allowed else "denied"


def _applies(statement: dict[str, Any], arn: str) -> bool:
    if "NotAction" in statement:
        about = not _matches(statement["NotAction"], _ACTION, ignore_case=True)
    else:
        about = _matches(statement.get("Action"), _ACTION, ignore_case=True)
    if "NotResource" in statement:
        return about and not _matches(statement["NotResource"], arn)
    return about and _matches(statement.get("Resource"), arn)


def _matches(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    each: Iterable[Any] = patterns if isinstance(patterns, list) else [patterns]
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return any(
        isinstance(pattern, str) and re.fullmatch(_expression(pattern), value, flags) is not None
        for pattern in each
    )


def _expression(pattern: str) -> str:
    # Runs of stars are one: each more would multiply the time a pattern takes.
    pieces = re.split(r"(\*+|\?)", pattern)
    return "".join(
        ".*" if piece.startswith("*") else "." if piece == "?" else re.escape(piece)
        for piece in pieces
    )
