"""What a bridge consists of, and the events its queue holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.aws.bridges.bridge import (
    Bridge,
    BridgeError,
    BucketSource,
    NotificationStep,
    RuleSource,
    ScheduleSource,
    Source,
    TopicSource,
    kept_in_words,
    merged,
    new_bridge,
    of_document,
    steps,
    to_document,
    without,
)
from workbench.aws.bridges.bridge import in_words as step_in_words
from workbench.aws.bridges.events import NoEvent, event_of, in_words

TOPIC = "arn:aws:sns:eu-west-1:111122223333:orders"
ROLE = "arn:aws:iam::111122223333:role/sender"
SOURCES: tuple[Source, ...] = (
    BucketSource("photos", "up/", ".png", ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")),
    TopicSource(TOPIC, '{"kind": ["new"]}'),
    RuleSource(pattern='{"source": ["shop"]}', bus="orders"),
    RuleSource(expression="rate(1 minute)"),
    ScheduleSource("rate(1 minute)", ROLE),
)


def bridge_of(source: Source, function: str = "Orders") -> Bridge:
    return new_bridge(function, source, account="111122223333", region="eu-west-1")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_every_bridge_survives_being_written_down(source: Source) -> None:
    bridge = bridge_of(source)
    assert of_document(json.loads(json.dumps(to_document(bridge)))) == bridge
    assert all(all(step_in_words(step)) for step in steps(bridge))


def test_the_queue_takes_messages_of_the_source_alone() -> None:
    def statement(source: Source) -> dict[str, Any]:
        step = steps(bridge_of(source))[0]
        (found,) = step.policy["Statement"]  # type: ignore[union-attr]
        assert found["Action"] == "sqs:SendMessage"
        return dict(found)

    bucket, topic, rule, _, schedule = map(statement, SOURCES)
    assert bucket["Principal"] == {"Service": "s3.amazonaws.com"}
    assert bucket["Condition"] == {
        "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::photos"},
        "StringEquals": {"aws:SourceAccount": "111122223333"},
    }
    assert topic["Condition"] == {"ArnEquals": {"aws:SourceArn": TOPIC}}
    arn: str = rule["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert arn.startswith("arn:aws:events:eu-west-1:111122223333:rule/orders/workbench-bridge-")
    assert schedule["Principal"] == {"AWS": ROLE} and "Condition" not in schedule


def test_names_fit_whatever_the_function_is_called() -> None:
    bridge = bridge_of(SOURCES[0], "x" * 64 + ":live")
    assert len(bridge.name) == 64 and bridge.name.endswith(bridge.id)


def test_a_buckets_notifications_stay_and_come_back() -> None:
    step = steps(bridge_of(SOURCES[0]))[1]
    assert isinstance(step, NotificationStep)
    theirs = {"Id": "theirs", "QueueArn": "arn:aws:sqs:eu-west-1:1:q", "Events": ["s3:TestEvent"]}
    for there in (
        {},
        {"EventBridgeConfiguration": {}, "LambdaFunctionConfigurations": [{"Id": "thumb"}]},
        {"QueueConfigurations": [theirs], "TopicConfigurations": [{"Id": "t", "TopicArn": TOPIC}]},
    ):
        added = merged(there, step)
        assert step.configuration in added["QueueConfigurations"]
        assert merged(added, step) == added
        assert without(added, step) == there
    assert kept_in_words({"EventBridgeConfiguration": {}, "QueueConfigurations": [theirs]}) == (
        "beside those to q, EventBridge, which stay"
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TopicSource(f"{TOPIC}.fifo"), "A FIFO topic invokes no function"),
        (TopicSource("orders"), "not the ARN of a topic"),
        (TopicSource(TOPIC.replace("eu-west-1", "us-east-1")), "The topic is in us-east-1"),
        (TopicSource(TOPIC, "[1]"), "filter policy is not a JSON object"),
        (RuleSource(pattern="{"), "event pattern is not a JSON object"),
        (RuleSource(expression="rate(1 minute)", bus="orders"), "Only the default event bus"),
    ],
)
def test_what_cannot_be_a_bridge(source: Source, words: str) -> None:
    with pytest.raises(BridgeError, match=words):
        bridge_of(source)


def test_documents_of_another_version_are_no_bridges() -> None:
    with pytest.raises(BridgeError):
        of_document({**to_document(bridge_of(SOURCES[0])), "source": {"kind": "Nothing"}})


def test_events_of_s3_and_eventbridge_are_what_was_sent() -> None:
    record = {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "a"}}}
    body = json.dumps({"Records": [record]}, indent=1)
    event = event_of(SOURCES[0], body)
    assert event == body.encode()
    assert in_words(body.encode()) == "ObjectCreated:Put a"
    assert event_of(SOURCES[0], '{"Service": "Amazon S3", "Event": "s3:TestEvent"}') is None
    order = '{"detail-type": "Order", "source": "shop", "detail": {"ü": 1}}'
    assert event_of(SOURCES[2], order) == order.encode()
    assert in_words(order.encode()) == "Order of shop"
    assert event_of(SOURCES[4], "[1]") == b"[1]"
    assert in_words(b"[1]") == "a schedule's input"


def test_a_message_of_sns_is_spelled_as_lambda_gets_it() -> None:
    envelope = {
        "Type": "Notification",
        "MessageId": "m",
        "TopicArn": TOPIC,
        "Message": "hello",
        "Timestamp": "2026-01-01T00:00:00.000Z",
        "SignatureVersion": "1",
        "Signature": "s",
        "SigningCertURL": "https://cert",
        "UnsubscribeURL": "https://unsubscribe",
    }
    event = event_of(SOURCES[1], json.dumps(envelope), f"{TOPIC}:1")
    assert event is not None
    assert json.loads(event) == {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": f"{TOPIC}:1",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "m",
                    "TopicArn": TOPIC,
                    "Subject": None,
                    "Message": "hello",
                    "Timestamp": "2026-01-01T00:00:00.000Z",
                    "SignatureVersion": "1",
                    "Signature": "s",
                    "SigningCertUrl": "https://cert",
                    "UnsubscribeUrl": "https://unsubscribe",
                    "MessageAttributes": {},
                },
            }
        ]
    }
    assert in_words(event) == "message hello"


@pytest.mark.parametrize("body", ["hello", "[]", '{"Message": "raw"}'])
def test_what_is_no_event_is_left_out(body: str) -> None:
    with pytest.raises(NoEvent):
        event_of(SOURCES[1], body)
