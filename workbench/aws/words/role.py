"""What a function's execution role lets it do, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import in_words
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

    Raises LambdaError where IAM does not answer, or may not be asked.
    """
    iam = Clients(target).service("iam")
    name = role.rpartition("/")[2]
    with in_words(target):
        return list(_sentences(iam, name))


def _sentences(iam: Any, name: str) -> Iterator[str]:
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    if "lambda.amazonaws.com" not in str(trust):
        yield "▲ Lambda may not take this role: the function cannot run"
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    for policy in (each for page in pages for each in page["AttachedPolicies"]):
        known = _KNOWN.get(policy["PolicyName"])
        if known and ":iam::aws:" in policy["PolicyArn"]:
            yield f"{known}  ({policy['PolicyName']})"
            continue
        version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
        document = found["PolicyVersion"]["Document"]
        yield from (f"{words}  ({policy['PolicyName']})" for words in allowed(document))
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=name)
    for inline in (each for page in pages for each in page["PolicyNames"]):
        document = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
        yield from (f"{words}  ({inline})" for words in allowed(document))


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
