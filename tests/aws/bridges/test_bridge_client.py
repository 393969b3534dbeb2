"""Bridges made and removed at AWS: with permissions, without, and when connections break."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_lab import PROFILE, AwsLab

from workbench.aws.bridges.bridge import (
    Bridge,
    BucketSource,
    RuleSource,
    ScheduleSource,
    Source,
    TopicSource,
    new_bridge,
)
from workbench.aws.bridges.client import BridgeClient
from workbench.aws.bridges.delivery import BridgeDelivery, Told
from workbench.aws.errors import LambdaError
from workbench.aws.guard import Guard
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Target
from workbench.aws.targets import aws_target, session_for
from workbench.project import audit_log

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:bridged"


class Account:
    """What there is that bridges make."""

    def __init__(self, lab: AwsLab) -> None:
        session = session_for(aws_target(PROFILE))  # it shares the models of services
        self.sns, self.sqs, self.events, self.scheduler = (
            session.client(name) for name in ("sns", "sqs", "events", "scheduler")
        )
        self.sns.create_topic(Name="bridged")
        with contextlib.closing(session.client("s3")) as s3:
            s3.create_bucket(Bucket="bridged")

    def made(self) -> list[str]:
        found: list[Any] = self.sqs.list_queues(QueueNamePrefix="workbench-").get("QueueUrls", [])
        found += self.sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
        found += self.events.list_rules(NamePrefix="workbench-")["Rules"]
        found += self.scheduler.list_schedules(NamePrefix="workbench-")["Schedules"]
        return found

    def close(self) -> None:
        for client in (self.sns, self.sqs, self.events, self.scheduler):
            client.close()


@pytest.fixture
def account(lab: AwsLab) -> Iterator[Account]:
    account = Account(lab)
    yield account
    account.close()


def client_of(source: Source, log: Path) -> BridgeClient:
    bridge = new_bridge("Orders", source, account=ACCOUNT, region="us-east-1", profile=PROFILE)
    return again(bridge, log)


def again(bridge: Bridge, log: Path) -> BridgeClient:
    guard = Guard("alice", log, account=ACCOUNT, region="us-east-1")
    return BridgeClient(replace(aws_target(PROFILE), guard=guard), bridge)


def operations(log: Path) -> list[str]:
    return [entry["operation"] for entry in audit_log.entries(log)]


def test_what_is_made_is_removed_and_logged(account: Account, tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    client = client_of(TopicSource(TOPIC), log)
    kept: list[Bridge] = []
    client.make(kept.append)
    assert [bridge.begun for bridge in kept] == [1, 2]
    _, subscription = account.made()
    assert subscription["Endpoint"] == client.bridge.queue_arn
    account.sns.publish(TopicArn=TOPIC, Message="hello")
    (message,) = client.receive()
    assert '"hello"' in message.body
    client.done(message)
    again(kept[-1], log).remove()  # as after a crash: only the record is known
    assert account.made() == []
    again(kept[-1], log).remove()  # what is gone already is no failure
    assert operations(log)[:4] == [
        "sqs:CreateQueue",
        "sns:Subscribe",
        "sns:Unsubscribe",
        "sqs:DeleteQueue",
    ]


def test_rules_and_schedules(account: Account, tmp_path: Path) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/sender"
    for source in (
        RuleSource(pattern='{"source": ["shop"]}'),
        RuleSource(expression="rate(1 hour)"),
        ScheduleSource("rate(1 hour)", role),
    ):
        client = client_of(source, tmp_path / "audit.log")
        client.make(lambda bridge: None)
        assert len(account.made()) == 2
        client.remove()
        assert account.made() == []
    logged = operations(tmp_path / "audit.log")
    assert logged[1:5] == [
        "events:PutRule",
        "events:PutTargets",
        "events:RemoveTargets",
        "events:DeleteRule",
    ]
    assert logged[-3:-1] == ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"]


def test_without_permission_nothing_is_half_made(
    lab: AwsLab, account: Account, tmp_path: Path
) -> None:
    for denied, source in (
        ("CreateQueue", TopicSource(TOPIC)),
        ("Subscribe", TopicSource(TOPIC)),
        ("PutTargets", RuleSource(pattern='{"source": ["shop"]}')),
        ("PutBucketNotification", BucketSource("bridged")),
    ):
        lab.deny(denied)
        client = client_of(source, tmp_path / "audit.log")
        with pytest.raises(LambdaError, match=f"not authorized to perform: .*:{denied} "):
            client.make(lambda bridge: None)
        lab.calm()
        assert account.made() == [] and client.bridge.begun == 0


def test_what_cannot_be_removed_is_said_and_tried_again(
    lab: AwsLab, account: Account, tmp_path: Path
) -> None:
    client = client_of(TopicSource(TOPIC), tmp_path / "audit.log")
    client.make(lambda bridge: None)
    lab.deny("Unsubscribe")
    with pytest.raises(LambdaError, match=r"Not all .* could be removed: .*Unsubscribe"):
        client.remove()
    assert client.bridge.begun == 2
    assert len(account.made()) == 1  # the queue is gone all the same
    lab.calm()
    client.remove()
    assert account.made() == []


def test_events_are_delivered_to_wherever_the_local_lambda_is(
    lab: AwsLab, account: Account, tmp_path: Path
) -> None:
    lab.create("Orders", {"app.py": "def handler(event, context): return event"})
    gone = Target("local", "us-east-1", ACCOUNT, endpoint_url="http://127.0.0.1:1")
    found = iter([gone, replace(gone, endpoint_url=lab.upstream.geturl())])
    told: queue.Queue[Told] = queue.Queue()
    client = client_of(TopicSource(TOPIC), tmp_path / "audit.log")
    client.make(lambda bridge: None)
    delivery = BridgeDelivery(client, lambda: LambdaClient(next(found)), told.put)
    delivery.start()
    account.sns.publish(TopicArn=TOPIC, Message="hello", Subject="news")
    delivered, ran = told.get(timeout=30), told.get(timeout=30)
    assert (delivered.kind, delivered.words) == ("delivered", "message news")
    assert (ran.kind, ran.request_id) == ("ran", delivered.request_id)
    delivery.stop()
    client.remove()
    assert account.made() == []
