"""Functions invoked with new events of log groups (lambda-facts §8.1)."""

from __future__ import annotations

import base64
import gzip
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, LocalEndpoint
from sources_lab import Function, asking_function, unique

from workbench.local.delivery.push.log_event import BATCH_BYTES, log_data


def arn_of(function: Function) -> str:
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}"


def new_group(endpoint: LocalEndpoint, permitted: Function | None = None) -> str:
    group = f"/app/{unique('group')}"
    endpoint.client("logs").create_log_group(logGroupName=group)
    endpoint.client("logs").create_log_stream(logGroupName=group, logStreamName="stream")
    if permitted is not None:
        endpoint.client().add_permission(
            FunctionName=permitted.name,
            StatementId=unique("s"),
            Action="lambda:InvokeFunction",
            Principal="logs.amazonaws.com",
            SourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*",
        )
    return group


def write(endpoint: LocalEndpoint, group: str, *messages: str) -> None:
    events = [{"timestamp": int(time.time() * 1000), "message": text} for text in messages]
    endpoint.client("logs").put_log_events(
        logGroupName=group, logStreamName="stream", logEvents=events
    )


def decoded(event: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    return found


def test_events_that_match_arrive_compressed(hurried: LocalEndpoint) -> None:
    logs = hurried.client("logs")
    with asking_function(hurried) as function:
        group = new_group(hurried, function)
        given = {"logGroupName": group, "filterName": "errors", "filterPattern": "ERROR"}
        logs.put_subscription_filter(**given, destinationArn=arn_of(function))
        (kept,) = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
        assert kept.pop("creationTime") and kept == {
            **given, "destinationArn": arn_of(function), "distribution": "ByLogStream",
        }  # fmt: skip
        write(hurried, group, "ERROR one", "fine", "ERROR two")
        (event,) = function.wait(lambda events: len(events) == 1)
        told = decoded(event)
        first, second = told.pop("logEvents")
        assert told == {
            "messageType": "DATA_MESSAGE",
            "owner": ACCOUNT,
            "logGroup": group,
            "logStream": "stream",
            "subscriptionFilters": ["errors"],
        }
        assert first.keys() == {"id", "timestamp", "message"}
        assert [first["message"], second["message"]] == ["ERROR one", "ERROR two"]
        assert len(first["id"]) == 56 and first["id"] < second["id"]
        (source,) = [
            s for s in hurried.server._endpoint.sources() if s["FunctionArn"] == arn_of(function)
        ]
        assert source["Kind"] == "LogSubscription" and source["Detail"] == "ERROR"
        logs.delete_subscription_filter(logGroupName=group, filterName="errors")
        assert logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"] == []


def test_what_is_refused(hurried: LocalEndpoint) -> None:
    logs = hurried.client("logs")
    with asking_function(hurried) as function:
        group = new_group(hurried)
        given = {"logGroupName": group, "filterName": "f", "filterPattern": ""}
        for change, code in (
            ({}, "InvalidParameterException"),
            ({"logGroupName": "/none"}, "ResourceNotFoundException"),
            ({"filterPattern": "{ $.a = "}, "InvalidParameterException"),
            ({"destinationArn": "arn:aws:sqs:us-east-1:1:q"}, "InvalidParameterException"),
        ):
            request = {**given, "destinationArn": arn_of(function), **change}
            with pytest.raises(ClientError) as refused:
                logs.put_subscription_filter(**request)
            assert refused.value.response["Error"]["Code"] == code, change
        with pytest.raises(ClientError) as refused:
            logs.delete_subscription_filter(logGroupName=group, filterName="f")
        assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_group_takes_two_filters(hurried: LocalEndpoint) -> None:
    logs = hurried.client("logs")
    with asking_function(hurried) as function:
        group = new_group(hurried, function)
        given = {"logGroupName": group, "filterPattern": "", "destinationArn": arn_of(function)}
        for name in ("a", "b", "b"):
            logs.put_subscription_filter(filterName=name, **given)
        with pytest.raises(ClientError) as refused:
            logs.put_subscription_filter(filterName="c", **given)
        assert refused.value.response["Error"]["Code"] == "LimitExceededException"
        page = logs.describe_subscription_filters(logGroupName=group, limit=1)
        assert [f["filterName"] for f in page["subscriptionFilters"]] == ["a"]
        logs.delete_log_group(logGroupName=group)


def test_what_a_function_writes_reaches_another(hurried: LocalEndpoint) -> None:
    writer = hurried.create("def handler(event, context):\n    print('told', event['n'])\n")
    with asking_function(hurried) as function:
        group = f"/aws/lambda/{writer}"
        hurried.client().invoke(FunctionName=writer, Payload=b'{"n": 0}')
        hurried.client().add_permission(
            FunctionName=function.name, StatementId="s", Action="lambda:InvokeFunction",
            Principal="logs.us-east-1.amazonaws.com",
        )  # fmt: skip
        hurried.client("logs").put_subscription_filter(
            logGroupName=group,
            filterName="f",
            filterPattern="told",
            destinationArn=arn_of(function),
        )
        hurried.client().invoke(FunctionName=writer, Payload=b'{"n": 7}')
        (event,) = function.wait(lambda events: len(events) == 1)
        hurried.client("logs").delete_subscription_filter(logGroupName=group, filterName="f")
    assert [e["message"].strip() for e in decoded(event)["logEvents"]] == ["told 7"]


def test_large_amounts_come_in_several_events() -> None:
    events = [(n, "x" * 1000) for n in range(1000)]
    found = list(log_data(ACCOUNT, "g", "s", "f", lambda message: True, events))
    assert len(found) == -(-1_000_000 // BATCH_BYTES)
    stamps = [e["timestamp"] for body in found for e in decoded(json.loads(body))["logEvents"]]
    assert stamps == list(range(1000))
