"""Requests that AWS_IAM guards: who signed them, and what events say of that. No I/O."""

from __future__ import annotations

from urllib.parse import parse_qsl

from workbench.local.errors import ApiError
from workbench.local.gate import Caller, signer
from workbench.local.http.messages import Request


def signed_by(request: Request, service: str) -> Caller | None:
    """Who signed a request for `service`, by header or by query; None if nobody did. Signatures
    are not verified."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        query = dict(parse_qsl(request.query))
        authorization = f"{query.get('X-Amz-Algorithm')} Credential={query.get('X-Amz-Credential')}"
    try:
        found = signer(authorization)
    except ApiError:
        return None
    return found if found.service == service else None


def iam_identity(account: str, caller: Caller) -> dict[str, str | None]:
    """`requestContext.authorizer.iam`: the caller as the account's root, as nobody here knows of
    other identities."""
    return {
        "accessKey": caller.access_key,
        "accountId": account,
        "callerId": account,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{account}:root",
        "userId": account,
    }
