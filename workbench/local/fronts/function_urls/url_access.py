"""Who may invoke a function through its URL (lambda-facts §8.3). No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from workbench.local.errors import ApiError
from workbench.local.gate import Caller, signer
from workbench.local.http.messages import Request

Statement = Mapping[str, Any]

FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


def forbidden() -> ApiError:
    """403, as AWS words it for every reason there is."""
    return ApiError("AccessDeniedException", FORBIDDEN)


def caller(request: Request, service: str = "lambda") -> Caller:
    """Who signed a request that AWS_IAM guards, by header or by query. Signatures are not
    verified. Raises ApiError (403)."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        query = dict(parse_qsl(request.query))
        authorization = f"{query.get('X-Amz-Algorithm')} Credential={query.get('X-Amz-Credential')}"
    try:
        found = signer(authorization)
    except ApiError:
        raise forbidden() from None
    if found.service != service:
        raise forbidden()
    return found


def iam_identity(account: str, signer: Caller) -> dict[str, str | None]:
    """`requestContext.authorizer.iam`: the caller as the account's root, as nobody here knows of
    other identities."""
    return {
        "accessKey": signer.access_key,
        "accountId": account,
        "callerId": account,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{account}:root",
        "userId": account,
    }


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
