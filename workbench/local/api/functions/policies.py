"""Resource policies: AddPermission, GetPolicy, RemovePermission (lambda-facts §4.6 no. 5, 16, 40).

A function, each of its versions and each of its aliases has a policy of its own, whose RevisionId
is theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.local.api.context import Context, Input, Output
from workbench.local.arns import partition
from workbench.local.errors import ApiError, conflict, invalid_parameter, not_found, stale_revision
from workbench.local.store.records import LATEST

MAX_POLICY = 20_480
NONE = "No policy is associated with the given resource."

Statement = Mapping[str, Any]

# Service principals; Alexa's are of amazon.com.
_SERVICE = re.compile(r"[a-zA-Z0-9.-]+\.amazon(aws)?\.com(\.cn)?")
_IDENTITY = re.compile(r"arn:aws[a-zA-Z-]*:(iam|sts)::\d{12}:.+")

# Where each condition of a request goes: its operator and key.
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}


def add_permission(context: Context, input: Input) -> Output:
    """201 with the statement as a JSON text; what it is added to gets a new RevisionId."""
    name, qualifier = context.named(input)
    if qualifier == LATEST:
        raise invalid_parameter("We currently do not support adding policies for $LATEST.")
    context.function(name)
    resource = _resource(context, name, qualifier)
    if input.get("RevisionId") not in (None, context.revision(name, qualifier)):
        raise stale_revision("GetPolicy")
    statements = _statements(context, name, qualifier)
    refuse_duplicate(statements, input["StatementId"])
    statement = _statement(context, resource, input)
    statements = [*statements, statement]
    check_length(statements)
    context.store.attachments.put("policy", name, statements, qualifier or LATEST)
    context.renew_revision(name, qualifier)
    return {"Statement": compact(statement)}


def get_policy(context: Context, input: Input) -> Output:
    """The whole policy as a JSON text, or 404 when there is none."""
    name, qualifier = context.named(input)
    context.function(name)
    statements = _statements(context, name, qualifier)
    if not statements:
        raise not_found("The resource you requested does not exist.")
    return {"Policy": document(statements), "RevisionId": context.revision(name, qualifier)}


def remove_permission(context: Context, input: Input) -> Output:
    """204; what it is removed from gets a new RevisionId."""
    name, qualifier = context.named(input)
    if context.store.functions.get(name) is None:
        raise not_found(f"No policy found for: {context.arn(name)}")
    _resource(context, name, qualifier)
    statements = _statements(context, name, qualifier)
    if not statements:
        raise not_found(NONE)
    left = without(statements, input["StatementId"])
    if input.get("RevisionId") not in (None, context.revision(name, qualifier)):
        raise stale_revision("GetPolicy")
    if left:
        context.store.attachments.put("policy", name, left, qualifier or LATEST)
    else:
        context.store.attachments.remove("policy", name, qualifier or LATEST)
    context.renew_revision(name, qualifier)
    return {}


def declare(
    context: Context,
    name: str,
    earlier: Sequence[Mapping[str, Any]],
    permissions: Sequence[Mapping[str, Any]],
) -> None:
    """Give the function `name` the permissions that its project declares, in place of those that
    it declared earlier. They are as AddPermission takes them."""
    gone = {permission["StatementId"] for permission in (*earlier, *permissions)}
    kept = [s for s in _statements(context, name, None) if s["Sid"] not in gone]
    resource = context.arn(name)
    added = [_statement(context, resource, permission) for permission in permissions]
    context.store.attachments.put("policy", name, [*kept, *added])


def refuse_duplicate(statements: Sequence[Statement], sid: str) -> None:
    """409 for a statement id that is taken."""
    if any(statement["Sid"] == sid for statement in statements):
        raise conflict(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )


def without(statements: Sequence[Statement], sid: str) -> tuple[Statement, ...]:
    """The statements but the one named `sid`, which must be there, or 404."""
    left = tuple(statement for statement in statements if statement["Sid"] != sid)
    if len(left) == len(statements):
        raise not_found(f"Statement {sid} is not found in resource policy.")
    return left


def check_length(statements: Sequence[Statement]) -> None:
    """Refuse a policy of more than 20 KB."""
    size = len(document(statements).encode("utf-8", "replace"))
    if size > MAX_POLICY:
        raise ApiError(
            "PolicyLengthExceededException",
            f"The final policy size ({size}) is bigger than the limit ({MAX_POLICY}).",
        )


def document(statements: Sequence[Statement]) -> str:
    """The policy of these statements as a JSON text."""
    return compact({"Version": "2012-10-17", "Id": "default", "Statement": list(statements)})


def compact(value: Statement) -> str:
    """`value` as the JSON text that the API returns within its own JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _resource(context: Context, name: str, qualifier: str | None) -> str:
    """The ARN of what the policy is of, or 404 when it does not exist."""
    if qualifier is None or qualifier.isdigit() or "$" in qualifier:  # no alias has a $
        context.version(name, qualifier)
    else:
        context.alias(name, qualifier)
    return context.arn(name, qualifier)


def _statements(context: Context, name: str, qualifier: str | None) -> list[Statement]:
    found: list[Statement] | None = context.store.attachments.get(
        "policy", name, qualifier or LATEST
    )
    return found or []


def _statement(context: Context, resource: str, input: Mapping[str, Any]) -> Statement:
    conditions: dict[str, dict[str, str]] = {}
    for member, (operator, key) in _CONDITIONS.items():
        value = input.get(member)
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else value
            conditions.setdefault(operator, {})[key] = text
    statement = {
        "Sid": input["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(context, input["Principal"]),
        "Action": input["Action"],
        "Resource": resource,
    }
    return {**statement, "Condition": conditions} if conditions else statement


def _principal(context: Context, principal: str) -> object:
    if principal == "*":
        return principal
    if _SERVICE.fullmatch(principal):
        return {"Service": principal}
    if re.fullmatch(r"\d{12}", principal):
        return {"AWS": f"arn:{partition(context.config.region)}:iam::{principal}:root"}
    if _IDENTITY.fullmatch(principal):
        return {"AWS": principal}
    raise invalid_parameter(
        "The provided principal was invalid. Please check the principal and try again."
    )
