"""What the service that sends an event makes of the function's answer. No I/O.

The sender is recognised by the event's form, so an edited event, a saved one and one of the history
are judged alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.project.answers import batches, cognito, custom_resources, dialogs, web
from workbench.project.answers.verdicts import Refused, Verdict, members

Event = Mapping[str, Any]
Check = Callable[[Event, Any], Verdict | None]

_BATCHES = ("aws:sqs", "aws:kinesis", "aws:dynamodb")


def verdict(event: Any, payload: bytes) -> Verdict | None:
    """What the sender of `event` makes of the answer `payload`; None for events whose senders
    have no rules, or that are not known here."""
    found = _sender(event)
    if found is None:
        return None
    service, check = found
    try:
        answer = json.loads(payload) if payload.strip() else None
    except (ValueError, RecursionError):
        return Verdict(f"{service} refuses it: the answer is not JSON.", False)
    try:
        return check(event, answer) or Verdict(f"{service} takes this answer.")
    except Refused as problem:
        return Verdict(f"{service} refuses it: {problem}.", False)


def _sender(event: Any) -> tuple[str, Check] | None:
    if not isinstance(event, dict):
        return None
    elsewhere = _elsewhere(event)
    if elsewhere is not None:
        return "", lambda event, answer: Verdict(elsewhere, None)
    return _of_records(event) or _web(event) or _others(event)


def _elsewhere(event: Event) -> str | None:
    """For services that do not look at the answer: what counts instead."""
    if custom_resources.is_request(event):
        return "CloudFormation does not look at the answer: what is PUT to ResponseURL counts."
    job = event.get("CodePipeline.job")
    if isinstance(job, dict):
        return (
            "CodePipeline does not look at the answer: the action ends with PutJobSuccessResult or "
            f"PutJobFailureResult for job {job.get('id')}."
        )
    if "invokingEvent" in event and "resultToken" in event:
        return (
            "Config does not look at the answer: PutEvaluations with the event's resultToken "
            "counts."
        )
    if "LifecycleEventHookExecutionId" in event:
        return (
            "CodeDeploy does not look at the answer: PutLifecycleEventHookExecutionStatus with "
            "Succeeded or Failed counts."
        )
    if "SecretId" in event and "ClientRequestToken" in event and "Step" in event:
        return (
            f"Secrets Manager does not look at the answer: the step {event['Step']} is done unless "
            "the function fails."
        )
    return None


def _of_records(event: Event) -> tuple[str, Check] | None:
    records = event.get("Records")
    first = records[0] if isinstance(records, list) and records else None
    if not isinstance(first, dict):
        return None
    source = first.get("eventSource")
    if source in _BATCHES:
        none = Verdict("The whole batch is done: the answer tells of no failures.")
        return "The mapping", lambda event, answer: batches.partial(event, answer) or none
    if source == "aws:ses":
        return "SES", _ses
    if isinstance(first.get("cf"), dict):
        return "CloudFront", _nothing(web.edge)
    return None


def _web(event: Event) -> tuple[str, Check] | None:
    context = event.get("requestContext")
    context = context if isinstance(context, dict) else {}
    if event.get("type") in ("TOKEN", "REQUEST") and ("methodArn" in event or "routeArn" in event):
        return "API Gateway", _nothing(web.policy)
    if "elb" in context:
        return "The load balancer", _nothing(web.balancer)
    if "connectionId" in context:
        return "API Gateway", _nothing(web.websocket)
    if "http" in context and event.get("version") == "2.0":
        is_url = ".lambda-url." in str(context.get("domainName"))
        return ("The function URL" if is_url else "The HTTP API"), web.http
    if "httpMethod" in event and "resource" in event:
        name = "The HTTP API" if event.get("version") == "1.0" else "The REST API"
        return name, _nothing(web.rest)
    if "serviceArn" in context:
        return "VPC Lattice", _nothing(web.balancer)
    return None


def _others(event: Event) -> tuple[str, Check] | None:
    found: tuple[str, Callable[[Event, Any], None]] | None = None
    if "triggerSource" in event and "userPoolId" in event:
        if cognito.trigger(event) in cognito.SENDERS:
            words = "Cognito does not look at the answer: it waits for the function to send."
            return "", lambda event, answer: Verdict(words, None)
        found = "Cognito", cognito.check
    elif "bot" in event and "currentIntent" in event:
        found = "Lex", dialogs.lex_v1
    elif "bot" in event and "sessionState" in event:
        found = "Lex", dialogs.lex_v2
    elif "session" in event and isinstance(event.get("request"), dict):
        found = "Alexa", dialogs.alexa_skill
    elif _namespace(event).startswith("Alexa"):
        found = "Alexa", dialogs.alexa_smart_home
    elif "deliveryStreamArn" in event and "records" in event:
        found = "Firehose", batches.firehose
    elif "invocationSchemaVersion" in event and "tasks" in event:
        found = "S3 Batch Operations", batches.s3_batch
    elif "signatureVerified" in event and "protocolData" in event:
        found = "IoT", _iot_authorizer
    elif "templateArn" in event and "certificateId" in event:
        found = "IoT", _iot_provisioning
    return (found[0], _nothing(found[1])) if found is not None else None


def _nothing(check: Callable[[Event, Any], None]) -> Check:
    def checked(event: Event, answer: Any) -> None:
        check(event, answer)

    return checked


def _namespace(event: Event) -> str:
    """That of an Alexa smart home directive."""
    directive = event.get("directive", event)
    header = directive.get("header") if isinstance(directive, dict) else None
    return str(header.get("namespace")) if isinstance(header, dict) else ""


def _ses(event: Event, answer: Any) -> Verdict | None:
    action = event["Records"][0].get("ses", {}).get("receipt", {}).get("action", {})
    if action.get("invocationType") != "RequestResponse":
        return Verdict("SES does not look at the answer of an asynchronous invocation.", None)
    disposition = answer.get("disposition") if isinstance(answer, dict) else None
    if disposition not in ("CONTINUE", "STOP_RULE", "STOP_RULE_SET", None):
        raise Refused(f"disposition {disposition!r} is not CONTINUE, STOP_RULE or STOP_RULE_SET")
    return None


def _iot_authorizer(event: Event, answer: Any) -> None:
    given = members(answer, "the answer")
    if not isinstance(given.get("isAuthenticated"), bool):
        raise Refused("isAuthenticated must be true or false")
    if given["isAuthenticated"] and not isinstance(given.get("principalId"), str):
        raise Refused("principalId is missing")
    if given["isAuthenticated"] and not isinstance(given.get("policyDocuments"), list):
        raise Refused("policyDocuments is no list")


def _iot_provisioning(event: Event, answer: Any) -> None:
    if not isinstance(members(answer, "the answer").get("allowProvisioning"), bool):
        raise Refused("allowProvisioning must be true or false")
