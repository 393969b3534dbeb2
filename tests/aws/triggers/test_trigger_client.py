"""Triggers of a real local Lambda: listed, paused, sent messages, redriven; and as AWS has them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint
from sources_lab import Queue, Table, asking_function, unique, until, wait_state

from workbench.aws.errors import LambdaError
from workbench.aws.records import Target
from workbench.aws.triggers.client import TriggerClient, why_not_paused, why_not_redriven
from workbench.aws.triggers.messages import fields
from workbench.aws.triggers.trigger import Trigger


@pytest.fixture
def triggers(shared_endpoint: LocalEndpoint) -> TriggerClient:
    return TriggerClient(Target("local", REGION, ACCOUNT, endpoint_url=shared_endpoint.url))


def named(client: TriggerClient, function: str, name: str) -> Trigger:
    (found,) = [each for each in client.triggers(function) if each.name == name]
    return found


def values(trigger: Trigger, **given: Any) -> dict[str, Any]:
    """A form that was sent off as it opened, but for `given`."""
    return {field.name: field.default for field in fields(trigger)} | given


def test_a_queue_is_sent_to_paused_resumed_and_redriven(
    shared_endpoint: LocalEndpoint, triggers: TriggerClient
) -> None:
    dead = Queue(shared_endpoint)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
    queue = Queue(shared_endpoint, RedrivePolicy=redrive)
    name = queue.arn.rpartition(":")[2]
    with asking_function(shared_endpoint) as function:
        uuid = function.mapped(queue.arn)["UUID"]
        trigger = named(triggers, function.name, name)
        assert (trigger.kind, trigger.state, trigger.uuid) == ("SQS", "Enabled", uuid)
        assert "Sent to" in triggers.send(trigger, values(trigger, body="hello"))
        assert function.records(1)[0]["body"] == "hello"

        triggers.set_enabled(trigger, False)
        wait_state(shared_endpoint, uuid, "Disabled")
        trigger = named(triggers, function.name, name)
        assert trigger.state == "Disabled" and why_not_paused(trigger) is None
        triggers.set_enabled(trigger, True)
        wait_state(shared_endpoint, uuid, "Enabled")

        dead.send(*(f"poison {number}" for number in range(12)))
        assert triggers.contents(trigger).dead == 12
        assert triggers.redrive(trigger).startswith("Moved 12 messages")
        assert {"poison 0", "poison 11"} <= {r["body"] for r in function.records(13)}
        assert triggers.redrive(trigger).startswith("There is nothing in ")
        bare = Queue(shared_endpoint)
        with pytest.raises(LambdaError, match="no dead-letter queue"):
            triggers.redrive(replace(trigger, arn=bare.arn))


def test_a_table_gets_an_item(shared_endpoint: LocalEndpoint, triggers: TriggerClient) -> None:
    table = Table(shared_endpoint)
    with asking_function(shared_endpoint) as function:
        function.mapped(table.arn, StartingPosition="TRIM_HORIZON")
        trigger = named(triggers, function.name, table.name)
        (field,) = fields(trigger, triggers.key_names(trigger))
        assert json.loads(field.default) == {"id": "test"}
        triggers.send(trigger, {"item": {"id": "a", "price": 1.5}})
        image = function.records(1)[0]["dynamodb"]["NewImage"]
        assert image == {"id": {"S": "a"}, "price": {"N": "1.5"}}
        with pytest.raises(LambdaError, match="JSON object"):
            triggers.send(trigger, {"item": [1]})
        assert why_not_redriven(trigger)


def test_rules_and_schedules_are_paused(
    shared_endpoint: LocalEndpoint, triggers: TriggerClient
) -> None:
    function = shared_endpoint.create()
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    rule, schedule = unique("rule"), unique("schedule")
    events, scheduler = shared_endpoint.client("events"), shared_endpoint.client("scheduler")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])
    scheduler.create_schedule(
        Name=schedule,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/any"},
    )
    for name in (rule, schedule):
        until(lambda name=name: name in {each.name for each in triggers.triggers(function)})
        trigger = named(triggers, function, name)
        assert trigger.state == "Enabled"
        assert (trigger.next_run is not None) == (trigger.kind == "Schedule")
        for state in ("Disabled", "Enabled"):
            triggers.set_enabled(trigger, state == "Enabled")
            until(lambda name=name, state=state: named(triggers, function, name).state == state)
    trigger = named(triggers, function, rule)
    assert "Sent to" in triggers.send(trigger, values(trigger, detail={}))
    shared_endpoint.client().create_function_url_config(FunctionName=function, AuthType="NONE")
    (front,) = [each for each in triggers.triggers(function) if each.is_front]
    assert front.url and front.url.startswith("http://127.0.0.1:") and why_not_paused(front)


def test_on_aws_mappings_urls_and_policies(
    shared_endpoint: LocalEndpoint, aws_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    aws = TriggerClient(Target("aws", REGION, ACCOUNT, endpoint_url=shared_endpoint.url))
    client, queue = shared_endpoint.client(), Queue(shared_endpoint)
    with asking_function(shared_endpoint) as function:
        uuid = function.mapped(queue.arn, Enabled=True)["UUID"]
        client.create_function_url_config(FunctionName=function.name, AuthType="NONE")
        client.add_permission(
            FunctionName=function.name,
            StatementId="photos",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn="arn:aws:s3:::photos",
        )
        found = {each.kind: each for each in aws.triggers(function.name)}
        assert set(found) == {"SQS", "FunctionUrl", "Policy"}
        assert found["SQS"].uuid == uuid and found["SQS"].backlog is None
        assert found["Policy"].detail == "S3 bucket photos may invoke this"
        assert uuid in {each.uuid for each in aws.triggers()}
