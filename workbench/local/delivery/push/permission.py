"""Whether a function's resource policy lets a service invoke it."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

Statement = Mapping[str, Any]


def allows(policy: Mapping[str, Any], principal: str, source_arn: str, account: str) -> bool:
    """Whether `policy` (that of GetPolicy, parsed) lets the service `principal` invoke the
    function for the resource `source_arn` of `account`.

    Policies that AddPermission makes have nothing but Allow.
    """
    return any(
        _has_action(statement)
        and _is_for(statement, principal)
        and _holds(statement, source_arn, account)
        for statement in policy.get("Statement", ())
    )


def _has_action(statement: Statement) -> bool:
    return statement["Action"] in ("lambda:InvokeFunction", "lambda:*", "*")


def _is_for(statement: Statement, principal: str) -> bool:
    named = statement["Principal"]
    return named == "*" or (isinstance(named, Mapping) and named.get("Service") == principal)


def _holds(statement: Statement, source_arn: str, account: str) -> bool:
    given = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
    for operator, conditions in statement.get("Condition", {}).items():
        for key, wanted in conditions.items():
            value = given.get(key.lower())
            if value is None:
                return False
            if operator == "ArnLike" and not fnmatch.fnmatchcase(value, wanted):
                return False
            if operator != "ArnLike" and value != wanted:
                return False
    return True
