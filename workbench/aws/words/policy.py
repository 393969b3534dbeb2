"""Statements of a function's resource policy in plain words: who may invoke it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.aws.triggers.trigger import source_name

_SOURCES = {
    "s3.amazonaws.com": "S3 bucket",
    "sns.amazonaws.com": "SNS topic",
    "events.amazonaws.com": "EventBridge rule",
    "scheduler.amazonaws.com": "EventBridge schedule",
    "apigateway.amazonaws.com": "API Gateway",
    "elasticloadbalancing.amazonaws.com": "Load balancer",
    "logs.amazonaws.com": "CloudWatch Logs",
    "cognito-idp.amazonaws.com": "Cognito user pool",
    "iot.amazonaws.com": "IoT rule",
    "ses.amazonaws.com": "SES",
    "config.amazonaws.com": "Config",
    "secretsmanager.amazonaws.com": "Secrets Manager",
    "codepipeline.amazonaws.com": "CodePipeline",
    "alexa-appkit.amazon.com": "Alexa skill",
}


def who(statement: Mapping[str, Any]) -> str:
    """Whom a statement speaks of: `S3 bucket photos`, `account 123456789012`, `everybody`."""
    conditions = dict(_conditions(statement.get("Condition", {})))
    principal = statement.get("Principal", "")
    named = principal if isinstance(principal, str) else next(iter(principal.values()), "")
    names = [named] if isinstance(named, str) else [str(name) for name in named]
    source = conditions.get("aws:sourcearn", "")
    found = ", ".join(_principal(name, source) for name in names)
    account = conditions.get("aws:sourceaccount")
    if account and f":{account}:" not in source:
        found += f" of account {account}"
    if organization := conditions.get("aws:principalorgid"):
        found += f" in organization {organization}"
    if skill := conditions.get("lambda:eventsourcetoken"):
        found += f" {skill}"
    return found


def permission(statement: Mapping[str, Any]) -> str:
    """A statement as a sentence: `S3 bucket photos may invoke this`."""
    verb = "may" if statement.get("Effect", "Allow") == "Allow" else "must not"
    actions = statement.get("Action", [])
    actions = [actions] if isinstance(actions, str) else actions
    what = " and ".join(_action(action) for action in actions)
    kind = dict(_conditions(statement.get("Condition", {}))).get("lambda:functionurlauthtype")
    if kind == "NONE":
        what += ", unsigned"
    return f"{who(statement)} {verb} {what}"


def _action(action: str) -> str:
    known = {
        "lambda:InvokeFunction": "invoke this",
        "lambda:InvokeFunctionUrl": "call its URL",
        "lambda:*": "do anything with this",
    }
    if action in known:
        return known[action]
    verb = action.partition(":")[2] or action
    return f"use {verb} on this"


def _principal(name: str, source: str) -> str:
    if name == "*":
        return "Everybody"
    if name in _SOURCES:
        return f"{_SOURCES[name]} {_source(source)}".rstrip()
    if name.endswith(".amazonaws.com"):
        return f"{name.split('.')[0]} {_source(source)}".rstrip()
    if re.fullmatch(r"\d{12}", name):
        return f"Account {name}"
    match = re.fullmatch(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):(.*)", name)
    if match is None:
        return name
    account, resource = match.groups()
    return f"Account {account}" if resource == "root" else f"{resource} of account {account}"


def _source(arn: str) -> str:
    """What is left to say of a source's ARN after its service."""
    if not arn.startswith("arn:") or arn.count(":") < 5:
        return arn
    service, resource = arn.split(":")[2], arn.split(":", 5)[5]
    if service == "execute-api":  # api/stage/method/path
        api, *rest = resource.split("/", 3)
        return " ".join([api, "/".join(rest)]).rstrip()
    if service in ("events", "scheduler"):
        return resource.rpartition("/")[2]
    if service == "elasticloadbalancing":
        return resource.split("/")[1] if "/" in resource else resource
    return source_name(arn)


def _conditions(condition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for pairs in condition.values():
        for key, value in pairs.items():
            yield key.lower(), ", ".join(value) if isinstance(value, list) else str(value)
