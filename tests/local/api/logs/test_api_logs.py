"""CloudWatch Logs by boto3: reading, filtering, following live, and writing."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint
from hypothesis import given
from hypothesis import strategies as st

from workbench.local.api.logs.filter_patterns import BadPattern, compile_pattern


def filled(endpoint: LocalEndpoint, count: int = 10, stream: str = "s") -> tuple[str, int]:
    """A new group with `count` numbered events, a millisecond apart; its name and their start."""
    logs = endpoint.client("logs")
    group = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    start = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": start + n, "message": f"event {n}"} for n in range(count)],
    )
    return group, start


def test_what_a_function_prints(shared_endpoint: LocalEndpoint) -> None:
    name = shared_endpoint.create("def handler(event, context): print('one\\ntwo')")
    shared_endpoint.client().invoke(FunctionName=name, LogType="Tail")
    logs, group = shared_endpoint.client("logs"), f"/aws/lambda/{name}"
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["arn"].endswith(":*")
    streams = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime")["logStreams"]
    assert len(streams) == 1 and "[$LATEST]" in streams[0]["logStreamName"]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=streams[0]["logStreamName"], startFromHead=True
    )["events"]
    texts = [event["message"] for event in events]
    assert [text for text in texts if len(text) == 4] == ["one\n", "two\n"]
    assert texts[-1].startswith("REPORT RequestId: ")
    found = logs.filter_log_events(logGroupName=group, filterPattern='?one ?"START Req" -two')[
        "events"
    ]
    assert [event["message"][:5] for event in found] == ["START", "one\n"]


def test_tokens_lead_both_ways(shared_endpoint: LocalEndpoint) -> None:
    logs = shared_endpoint.client("logs")
    group, start = filled(shared_endpoint)

    def page(**named: Any) -> Any:
        return logs.get_log_events(logGroupName=group, logStreamName="s", limit=4, **named)

    def numbers(found: Any) -> list[int]:
        return [event["timestamp"] - start for event in found["events"]]

    newest = page()
    assert numbers(newest) == [6, 7, 8, 9]
    older = page(nextToken=newest["nextBackwardToken"])
    assert numbers(older) == [2, 3, 4, 5]
    assert numbers(page(nextToken=older["nextForwardToken"])) == [6, 7, 8, 9]
    end = page(nextToken=newest["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == newest["nextForwardToken"]
    assert numbers(page(startFromHead=True, startTime=start + 2, endTime=start + 4)) == [2, 3]


def test_filtering_comes_in_pages(shared_endpoint: LocalEndpoint) -> None:
    logs = shared_endpoint.client("logs")
    group, start = filled(shared_endpoint, 30)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern="event", endTime=start + 24, limit=7
    )
    found = [[event["timestamp"] - start for event in page["events"]] for page in pages]
    assert [number for page in found for number in page] == list(range(25))
    assert len(found[0]) == 7
    nothing = logs.filter_log_events(logGroupName=group, filterPattern="absent")
    assert nothing["events"] == []


def test_live_tail(shared_endpoint: LocalEndpoint) -> None:
    name = shared_endpoint.create(
        "import time\n"
        "def handler(event, context):\n"
        "    print('first'); time.sleep(0.3); print('second')\n"
    )
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/{name}"
    answer = shared_endpoint.client("logs").start_live_tail(
        logGroupIdentifiers=[arn], logEventFilterPattern="-RequestId -INIT_START"
    )
    stream = answer["responseStream"]
    events = iter(stream)
    assert next(events)["sessionStart"]["logGroupIdentifiers"] == [arn]
    shared_endpoint.client().invoke(FunctionName=name, InvocationType="Event")
    seen: list[list[str]] = []
    for event in events:
        results = event["sessionUpdate"]["sessionResults"]
        if results:
            seen.append([result["message"] for result in results])
        if sum(map(len, seen)) == 2:
            break
    stream.close()
    assert seen == [["first\n"], ["second\n"]]  # each as it was printed, not at the end


def test_a_live_tail_of_many_lines_comes_in_updates_of_500(shared_endpoint: LocalEndpoint) -> None:
    name = shared_endpoint.create("def handler(event, context):\n    print('line\\n' * 1_234)\n")
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/{name}"
    stream = shared_endpoint.client("logs").start_live_tail(
        logGroupIdentifiers=[arn], logEventFilterPattern="line"
    )["responseStream"]
    events = iter(stream)
    next(events)
    shared_endpoint.client().invoke(FunctionName=name, InvocationType="Event")
    counts: list[int] = []
    while sum(counts) < 1_234:
        update = next(events)["sessionUpdate"]
        assert not update["sessionMetadata"]["sampled"]
        counts.append(len(update["sessionResults"]))
    stream.close()
    assert sum(counts) == 1_234 and max(counts) == 500


def test_a_groups_retention_and_tags(shared_endpoint: LocalEndpoint) -> None:
    logs = shared_endpoint.client("logs")
    group = f"/tests/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=group, tags={"team": "a"})

    def described() -> Any:
        return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]

    arn = described()["logGroupArn"]
    assert "retentionInDays" not in described()
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    assert described()["retentionInDays"] == 14
    with pytest.raises(ClientError) as refused:
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)
    assert "enum value set: [1, 3, 5, 7," in refused.value.response["Error"]["Message"]
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in described()
    logs.tag_resource(resourceArn=arn, tags={"team": "b", "cost": "1"})
    logs.untag_resource(resourceArn=arn, tagKeys=["cost", "none"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "b"}
    logs.tag_log_group(logGroupName=group, tags={"old": "way"})
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"team": "b", "old": "way"}
    logs.untag_log_group(logGroupName=group, tags=["old"])
    pattern = f"^{group[:20]}"
    listed = logs.list_log_groups(logGroupNamePattern=pattern)["logGroups"]
    assert {"logGroupName": group, "logGroupArn": arn, "logGroupClass": "STANDARD"} in listed
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group)
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_missing_groups_and_streams(shared_endpoint: LocalEndpoint) -> None:
    logs = shared_endpoint.client("logs")
    group, _ = filled(shared_endpoint)
    for call, message in (
        (lambda: logs.filter_log_events(logGroupName="/no"), "log group does not exist."),
        (lambda: logs.start_live_tail(logGroupIdentifiers=["/no"]), "log group does not exist."),
        (
            lambda: logs.get_log_events(logGroupName=group, logStreamName="no"),
            "log stream does not exist.",
        ),
    ):
        with pytest.raises(logs.exceptions.ResourceNotFoundException) as caught:
            call()
        assert caught.value.response["Error"]["Message"] == f"The specified {message}"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    logs.delete_log_group(logGroupName=group)
    with pytest.raises(ClientError):
        logs.delete_log_group(logGroupName=group)
    with pytest.raises(ClientError) as refused:
        logs.describe_log_groups(limit=51)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR", True),
        ("ERROR", "an error", False),
        ("one two", "two and one", True),
        ('"one two"', "two and one", False),
        ("?one ?two", "only two", True),
        ("one -two", "one two", False),
        ("%a[0-9]+z%", "xa12z", True),
        ("{ $.a = 1 }", '{"a": 1}', True),
        ("{ $.a = 1 }", "no json", False),
        ("{ $.a.b[1] = x* }", '{"a": {"b": ["", "xyz"]}}', True),
        ('{ $.a != "b" }', '{"a": "b"}', False),
        ("{ ($.a > 1 && $.b <= 2) || $.c IS NULL }", '{"a": 2, "b": 2}', True),
        ("{ ($.a > 1 && $.b <= 2) || $.c IS NULL }", '{"a": 0, "c": null}', True),
        ("{ $.a NOT EXISTS }", '{"b": 1}', True),
        ("{ $.ok IS TRUE }", '{"ok": false}', False),
    ],
)
def test_filter_patterns(pattern: str, message: str, matches: bool) -> None:
    assert compile_pattern(pattern)(message) is matches


@given(st.text(alphabet='{}[]()$.="abc&|<>!*%-? 1\\', max_size=30))
def test_a_pattern_is_understood_or_refused(pattern: str) -> None:
    try:
        matches = compile_pattern(pattern)
    except BadPattern:
        return
    matches("text")
    matches('{"a": {"b": [1, "c"]}}')
