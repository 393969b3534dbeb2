"""Triggers, policies and test messages in words; nothing is asked of anybody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.aws.triggers.messages import fields, request, why_not_tested
from workbench.aws.triggers.trigger import (
    Stall,
    Trigger,
    of_front,
    of_mapping,
    of_source,
    source_name,
)
from workbench.aws.triggers.words import activity, span, stall_words, state_words
from workbench.aws.words.policy import permission

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:Echo"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
SEQUENCE = "49590338271490256608559692538361571095921575989136588898"


def test_a_stalled_shard_in_plain_words() -> None:
    stall = Stall("shardId-000000000000", SEQUENCE, 1, 3, 104.0, 212)
    words = stall_words(stall, 100.0)
    assert words == (
        "shard 0: record …989136588898 failed 3 times, next try in 4 s, 212 records wait behind it"
    )
    again = stall_words(Stall("shardId-000000000011", "17", 3, 1, 99.0, 1), 100.0)
    assert again == (
        "shard 11: record 17 and 2 more failed once, tried again now, 1 record waits behind them"
    )
    window = stall_words(Stall("shardId-00000001", None, 0, 2, 101.5, 0), 100.0)
    assert window == "shardId-00000001: the end of a window failed 2 times, next try in 1.5 s"


def mapping(**live: Any) -> Trigger:
    source = {
        "Id": "u-1", "Kind": "Mapping", "UUID": "u-1", "FunctionArn": FUNCTION + ":live",
        "EventSourceArn": QUEUE, "State": "Enabled", "LastProcessingResult": None, "InFlight": 0,
        "Backlog": 0, "IteratorAgeMs": None, "Stalled": [],
    }  # fmt: skip
    return of_source({**source, **live})


def test_a_queue_tells_what_it_does() -> None:
    quiet = mapping()
    assert (quiet.kind, quiet.name, quiet.functions) == ("SQS", "orders", ("Echo:live",))
    assert quiet.of("Echo") and not quiet.of("Echo2")
    assert activity(quiet, 0) == "nothing waits"
    assert state_words(quiet) == ("●", "Enabled")
    busy = mapping(InFlight=1, Backlog=1200, LastProcessingResult="PROBLEM: Function call failed")
    assert activity(busy, 0) == "1 batch in flight · 1,200 messages waiting · Function call failed"


def test_a_schedule_tells_its_next_run() -> None:
    schedule = of_source(
        {
            "Id": "s", "Kind": "Schedule", "Name": "nightly", "FunctionArn": FUNCTION,
            "EventSourceArn": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly",
            "State": "Enabled", "Detail": "rate(5 minutes)", "NextRun": 1000.0,
        }
    )  # fmt: skip
    assert activity(schedule, 880.0).endswith("(in 2 min)")
    assert why_not_tested(schedule)


def test_a_front_door_has_routes_and_functions() -> None:
    front = of_front(
        {
            "Kind": "HttpApi", "Name": "Shop", "Url": "http://127.0.0.1:3002/",
            "Routes": [
                {"Method": "GET", "Path": "/a", "FunctionName": "Echo", "Qualifier": None,
                 "Authorizer": None},
                {"Method": "POST", "Path": "/b", "FunctionName": "Pay", "Qualifier": "live",
                 "Authorizer": "jwt"},
            ],
        }
    )  # fmt: skip
    assert front.functions == ("Echo", "Pay:live")
    assert front.routes == ("GET /a → Echo", "POST /b → Pay:live  (jwt)")
    assert activity(front, 0) == "http://127.0.0.1:3002/"
    assert state_words(front) == ("●", "Listening")
    balancer = {"Kind": "Alb", "Name": "Web", "Url": "http://127.0.0.1:1/", "Routes": []}
    assert state_words(of_front({**balancer, "Healthy": False})) == ("▲", "Unhealthy")


def test_a_mapping_of_aws_has_no_figures() -> None:
    found = of_mapping(
        {"UUID": "u", "FunctionArn": FUNCTION, "EventSourceArn": QUEUE, "State": "Disabled",
         "StateTransitionReason": "USER_INITIATED"}
    )  # fmt: skip
    assert activity(found, 0) == "" and state_words(found) == ("‖", "Disabled")


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:kinesis:us-east-1:1:stream/clicks", "clicks"),
        ("arn:aws:kinesis:us-east-1:1:stream/clicks/consumer/c:1", "clicks"),
        ("arn:aws:dynamodb:us-east-1:1:table/orders/stream/2026-01-01T00:00:00.000", "orders"),
        ("arn:aws:s3:::photos", "photos"),
        ("arn:aws:mq:us-east-1:1:broker:rabbit:b-1234", "rabbit"),
        ("arn:aws:kafka:us-east-1:1:cluster/events/abc", "events"),
    ],
)
def test_the_name_of_a_source(arn: str, name: str) -> None:
    assert source_name(arn) == name


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            {"Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction",
             "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"},
                           "StringEquals": {"AWS:SourceAccount": "123456789012"}}},
            "S3 bucket photos of account 123456789012 may invoke this",
        ),
        (
            {"Principal": {"Service": "apigateway.amazonaws.com"},
             "Action": "lambda:InvokeFunction",
             "Condition": {"ArnLike": {
                 "AWS:SourceArn": "arn:aws:execute-api:us-east-1:1:abc/*/GET/items"}}},
            "API Gateway abc */GET/items may invoke this",
        ),
        (
            {"Principal": "*", "Action": "lambda:InvokeFunctionUrl",
             "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}},
            "Everybody may call its URL, unsigned",
        ),
        (
            {"Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Effect": "Allow",
             "Action": ["lambda:InvokeFunction", "lambda:GetFunction"]},
            "Account 210987654321 may invoke this and use GetFunction on this",
        ),
        (
            {"Principal": {"AWS": "arn:aws:iam::210987654321:role/admin"}, "Effect": "Deny",
             "Action": "lambda:*"},
            "role/admin of account 210987654321 must not do anything with this",
        ),
    ],
)  # fmt: skip
def test_a_statement_in_words(statement: dict[str, Any], words: str) -> None:
    assert permission(statement) == words


def test_a_test_event_fits_the_rules_pattern() -> None:
    pattern = {
        "source": ["shop"],
        "detail": {"kind": ["sale"], "more": {"than": [{"exists": True}]}},
    }
    arn = "arn:aws:events:us-east-1:123456789012:rule/shop-bus/sales"
    rule = Trigger("r", "Rule", "sales", ("Echo",), "Enabled", arn, json.dumps(pattern))
    assert why_not_tested(rule) is None
    defaults = {field.name: field.default for field in fields(rule)}
    assert defaults == {
        "source": "shop", "type": "test", "detail": '{"kind": "sale", "more": {}}',
    }  # fmt: skip
    (entry,) = request(rule, {**defaults, "detail": {"kind": "sale"}}).parameters["Entries"]
    assert entry["EventBusName"] == "shop-bus" and entry["Detail"] == '{"kind": "sale"}'


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.44, "0.4 s"), (4, "4 s"), (59.7, "1 min"), (125, "2 min 5 s"),
     (7500, "2 h 5 min"), (90_000, "1 d 1 h")],
)  # fmt: skip
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words
