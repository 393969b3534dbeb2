"""Who may invoke a function through its URL (lambda-facts §8.3). No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.local.errors import ApiError

Statement = Mapping[str, Any]

FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


def forbidden() -> ApiError:
    """403, as AWS words it for every reason there is."""
    return ApiError("AccessDeniedException", FORBIDDEN)


def is_public(statements: Iterable[Statement]) -> bool:
    """Whether a resource policy opens a URL of AuthType NONE to everybody."""
    return _everybody_may(
        statements, "lambda:InvokeFunctionUrl", {"lambda:FunctionUrlAuthType": "NONE"}
    )


def may_be_invoked(statements: Iterable[Statement]) -> bool:
    """Whether the policy also has what URLs made since October 2025 need besides: invoking the
    function through its URL. Accounts that were there before do without, as in AWS's recordings."""
    return _everybody_may(
        statements, "lambda:InvokeFunction", {"lambda:InvokedViaFunctionUrl": "true"}
    )


def _everybody_may(
    statements: Iterable[Statement], action: str, context: Mapping[str, str]
) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == "*"
        and _allows(statement, action, context)
        for statement in statements
    )


def _allows(statement: Statement, action: str, context: Mapping[str, str]) -> bool:
    """Whether the statement is about `action` and all its conditions hold in `context`."""
    conditions: Mapping[str, Mapping[str, str]] = statement.get("Condition", {})
    if statement["Action"] not in (action, "lambda:*", "*"):
        return False
    return all(
        context.get(key) == value for keys in conditions.values() for key, value in keys.items()
    )
