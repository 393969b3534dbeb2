"""Functions subscribed to topics (lambda-facts §8.1), and filter policies."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from endpoint_lab import ACCOUNT, LocalEndpoint
from sources_lab import Function, Queue, asking_function

from workbench.local.delivery.push.sns_event import FilterPolicy


def subscribed(function: Function, permitted: bool = True, **attributes: str) -> tuple[str, str]:
    """A new topic and the function's subscription to it: their ARNs."""
    sns = function.endpoint.client("sns")
    topic = sns.create_topic(Name=f"topic-{uuid.uuid4().hex[:8]}")["TopicArn"]
    if permitted:
        function.endpoint.client().add_permission(
            FunctionName=function.name,
            StatementId=uuid.uuid4().hex,
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
    made = sns.subscribe(
        TopicArn=topic,
        Protocol="lambda",
        Endpoint=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}",
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )
    return topic, made["SubscriptionArn"]


def test_a_record_is_as_aws_writes_it(hurried: LocalEndpoint) -> None:
    with asking_function(hurried) as function:
        topic, subscription = subscribed(function)
        sns = hurried.client("sns")
        sent = sns.publish(
            TopicArn=topic,
            Message="hello",
            MessageAttributes={"n": {"DataType": "Number", "StringValue": "6"}},
        )
        (record,) = function.records(1)
        sns.publish(TopicArn=topic, Message="again", Subject="Greetings")
        again = function.records(2)[1]
    message = record["Sns"]
    assert message.pop("Timestamp").endswith("Z")
    assert message.pop("Signature") and message.pop("SigningCertUrl").endswith(".pem")
    assert message.pop("UnsubscribeUrl").endswith(subscription)
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": {
            "Type": "Notification",
            "MessageId": sent["MessageId"],
            "TopicArn": topic,
            "Subject": None,
            "Message": "hello",
            "SignatureVersion": "1",
            "MessageAttributes": {"n": {"Type": "Number", "Value": "6"}},
        },
    }
    assert again["Sns"]["Subject"] == "Greetings"
    assert again["Sns"]["MessageAttributes"] == {}


def test_only_messages_that_the_filter_policy_lets_through(hurried: LocalEndpoint) -> None:
    policy = json.dumps({"store": [{"anything-but": "b"}]})
    with asking_function(hurried) as function:
        topic, _ = subscribed(function, FilterPolicy=policy)
        for store in ("b", "a"):
            attribute = {"DataType": "String", "StringValue": store}
            hurried.client("sns").publish(
                TopicArn=topic, Message=store, MessageAttributes={"store": attribute}
            )
        (record,) = function.records(1)
    assert record["Sns"]["Message"] == "a"


def test_what_may_not_be_delivered_goes_to_the_dead_letter_queue(hurried: LocalEndpoint) -> None:
    dead = Queue(hurried)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    with asking_function(hurried) as function:
        topic, _ = subscribed(function, permitted=False, RedrivePolicy=redrive)
        hurried.client("sns").publish(TopicArn=topic, Message="lost")
        assert json.loads(dead.receive()["Body"])["Message"] == "lost"
        assert function.events == []
    notices = [notice["Message"] for notice in hurried.server.broadcaster.notices]
    assert any("does not let sns.amazonaws.com invoke it" in notice for notice in notices)


@pytest.mark.parametrize(
    ("policy", "scope", "message", "attributes", "passes"),
    [
        ({}, "MessageAttributes", "", {}, True),
        ({"n": [{"numeric": [">", 5]}]}, "MessageAttributes", "", {"n": ("Number", "6")}, True),
        ({"n": [{"numeric": [">", 5]}]}, "MessageAttributes", "", {"n": ("String", "6")}, False),
        ({"a": ["x"]}, "MessageAttributes", "", {"a": ("String.Array", '["y","x"]')}, True),
        ({"a": [{"exists": False}]}, "MessageAttributes", "", {}, True),
        ({"a": [{"suffix": "z"}]}, "MessageAttributes", "", {"a": ("String", "xyz")}, True),
        ({"a": {"b": [1]}}, "MessageBody", '{"a": {"b": 1}}', {}, True),
        ({"a": {"b": [1]}}, "MessageBody", '{"a": {"b": 2}}', {}, False),
        ({"a": ["b"]}, "MessageBody", "no JSON", {}, False),
    ],
)
def test_filter_policies(
    policy: Any, scope: str, message: str, attributes: dict[str, tuple[str, str]], passes: bool
) -> None:
    given = {name: {"Type": kind, "Value": value} for name, (kind, value) in attributes.items()}
    assert FilterPolicy(policy, scope).matches(message, given) is passes
