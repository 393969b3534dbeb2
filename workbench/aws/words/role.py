"""What a function's execution role lets it do, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import LambdaError, in_words
from workbench.aws.partly import partly
from workbench.aws.records import Target

# AWS's own policies that functions usually have.
_KNOWN = {
    "AWSLambdaBasicExecutionRole": "may write its logs",
    "AWSLambdaVPCAccessExecutionRole": "may write its logs and be in a VPC",
    "AWSLambdaSQSQueueExecutionRole": "may write its logs and be invoked by SQS queues",
    "AWSLambdaDynamoDBExecutionRole": "may write its logs and be invoked by DynamoDB streams",
    "AWSLambdaKinesisExecutionRole": "may write its logs and be invoked by Kinesis streams",
    "AWSXRayDaemonWriteAccess": "may send traces to X-Ray",
    "CloudWatchLambdaInsightsExecutionRolePolicy": "may send what Lambda Insights measures",
    "AdministratorAccess": "▲ may do everything in the account",
    "PowerUserAccess": "▲ may do nearly everything in the account",
}


def role_words(target: Target, role: str) -> list[str]:
    """Sentences about the role of this ARN: who may take it, and what each policy allows.

    What of that may not be read says so. Raises LambdaError where IAM does not answer, or may not
    be asked at all.
    """
    return _Role(target, role.rpartition("/")[2]).sentences()


class _Role:
    """A role as IAM has it."""

    def __init__(self, target: Target, name: str) -> None:
        self._target = target
        self._named = {"RoleName": name}
        self._iam = Clients(target).service("iam")

    def sentences(self) -> list[str]:
        parts = {
            "who may take it": self._trust,
            "attached policies": self._attached,
            "inline policies": self._inline,
        }
        return partly(parts, _refused)

    def _trust(self) -> Iterator[str]:
        trust = self._call("get_role", **self._named)["Role"]["AssumeRolePolicyDocument"]
        if "lambda.amazonaws.com" not in str(trust):
            yield "▲ Lambda may not take this role: the function cannot run"

    def _attached(self) -> Iterator[str]:
        for policy in self._listed("list_attached_role_policies", "AttachedPolicies"):
            name, arn = policy["PolicyName"], policy["PolicyArn"]
            known = _KNOWN.get(name)
            if known and ":iam::aws:" in arn:
                yield f"{known}  ({name})"
            else:
                yield from self._told(name, partial(self._managed, arn))

    def _inline(self) -> Iterator[str]:
        for name in self._listed("list_role_policies", "PolicyNames"):
            given = {**self._named, "PolicyName": name}
            yield from self._told(name, partial(self._call, "get_role_policy", **given))

    def _managed(self, arn: str) -> dict[str, Any]:
        version = self._call("get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self._call("get_policy_version", PolicyArn=arn, VersionId=version)
        return {"PolicyDocument": found["PolicyVersion"]["Document"]}

    def _told(self, name: str, read: Callable[[], Mapping[str, Any]]) -> list[str]:
        """One policy in words, or why it may not be read."""
        try:
            document = read()["PolicyDocument"]
        except LambdaError as error:
            if error.status is None:
                raise
            return [_refused(name, error)]
        return [f"{words}  ({name})" for words in allowed(document)]

    def _listed(self, operation: str, key: str) -> list[Any]:
        with in_words(self._target):
            pages = self._iam.get_paginator(operation).paginate(**self._named)
            return [each for page in pages for each in page[key]]

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        with in_words(self._target):
            answer: dict[str, Any] = getattr(self._iam, operation)(**parameters)
            return answer


def _refused(what: str, error: LambdaError) -> str:
    return f"▲ {what}: {error}"


def allowed(document: Mapping[str, Any]) -> list[str]:
    """A policy's statements as sentences: `may s3:GetObject on photos/*`."""
    return [_statement(each) for each in _many(document.get("Statement", []))]


def _statement(statement: Mapping[str, Any]) -> str:
    allows = statement.get("Effect") == "Allow"
    actions, resources = _many(statement.get("Action", [])), _many(statement.get("Resource", []))
    what = ", ".join(actions) or "all but " + ", ".join(_many(statement.get("NotAction", [])))
    where = ", ".join(map(_resource, resources))
    if not where:
        where = "all but " + ", ".join(map(_resource, _many(statement.get("NotResource", []))))
    everything = "▲ " if allows and "*" in actions else ""
    what = "do everything" if actions == ["*"] else what
    under = ", under conditions" if statement.get("Condition") else ""
    return f"{everything}{'may' if allows else 'must not'} {what} on {where}{under}"


def _resource(arn: str) -> str:
    if arn == "*":
        return "anything"
    return arn.split(":", 5)[5] if arn.count(":") >= 5 else arn


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
