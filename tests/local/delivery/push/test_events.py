"""Functions as targets of EventBridge's rules and of Scheduler's schedules (lambda-facts §8.2)."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, ROLE, LocalEndpoint
from sources_lab import Function, Queue, asking_function, until

RULES = f"arn:aws:events:us-east-1:{ACCOUNT}:rule"


def arn_of(function: Function) -> str:
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}"


def ruled(
    function: Function, pattern: dict[str, Any], permitted: bool = True, **target: Any
) -> str:
    """A new rule with the function as its target: its name."""
    events, name = function.endpoint.client("events"), f"rule-{uuid.uuid4().hex[:8]}"
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    if permitted:
        function.endpoint.client().add_permission(
            FunctionName=function.name,
            StatementId=name,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=f"{RULES}/{name}",
        )
    events.put_targets(Rule=name, Targets=[{"Id": "f", "Arn": arn_of(function), **target}])
    return name


def put(endpoint: LocalEndpoint, source: str, detail: Any) -> str:
    entry = {"Source": source, "DetailType": "order", "Detail": json.dumps(detail)}
    answer = endpoint.client("events").put_events(Entries=[entry])
    return str(answer["Entries"][0]["EventId"])


def test_an_event_is_as_aws_writes_it(hurried: LocalEndpoint) -> None:
    source = f"shop-{uuid.uuid4().hex}"
    with asking_function(hurried) as function:
        pattern = {"source": [source], "detail": {"n": [{"numeric": [">", 1]}]}}
        ruled(function, pattern)
        put(hurried, source, {"n": 1})
        id = put(hurried, source, {"n": 2})
        (event,) = function.wait(lambda events: len(events) == 1)
    assert datetime.strptime(event.pop("time"), "%Y-%m-%dT%H:%M:%SZ")
    assert event == {
        "version": "0",
        "id": id,
        "detail-type": "order",
        "source": source,
        "account": ACCOUNT,
        "region": "us-east-1",
        "resources": [],
        "detail": {"n": 2},
    }


def test_a_disabled_rule_sends_nothing(hurried: LocalEndpoint) -> None:
    source, events = f"shop-{uuid.uuid4().hex}", hurried.client("events")
    with asking_function(hurried) as function:
        name = ruled(function, {"source": [source]})
        events.disable_rule(Name=name)
        put(hurried, source, {"n": 1})
        events.enable_rule(Name=name)
        put(hurried, source, {"n": 2})
        (event,) = function.wait(lambda events: len(events) == 1)
    assert event["detail"] == {"n": 2}


def test_a_target_gets_what_its_transformer_makes(hurried: LocalEndpoint) -> None:
    source = f"shop-{uuid.uuid4().hex}"
    transformer = {
        "InputPathsMap": {"n": "$.detail.n", "who": "$.detail.who", "none": "$.detail.none"},
        "InputTemplate": '{"n": <n>, "text": "<who> ordered <n>", "who": <who>, "none": <none>}',
    }
    with asking_function(hurried) as function:
        ruled(function, {"source": [source]}, InputTransformer=transformer)
        put(hurried, source, {"n": 2, "who": 'A "B"'})
        (event,) = function.wait(lambda events: len(events) == 1)
    assert event == {"n": 2, "text": 'A "B" ordered 2', "who": 'A "B"', "none": ""}


def test_what_may_not_be_delivered_goes_to_the_targets_queue(hurried: LocalEndpoint) -> None:
    source, dead = f"shop-{uuid.uuid4().hex}", Queue(hurried)
    with asking_function(hurried) as function:
        pattern, queue = {"source": [source]}, {"Arn": dead.arn}
        name = ruled(function, pattern, permitted=False, DeadLetterConfig=queue)
        put(hurried, source, {})
        message = dead.receive()
        assert json.loads(message["Body"])["source"] == source
        assert function.events == []
    attributes = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert attributes["RULE_ARN"] == f"{RULES}/{name}"
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"


def test_another_bus_gets_an_event_and_an_archive_replays_it(hurried: LocalEndpoint) -> None:
    source, events = f"shop-{uuid.uuid4().hex}", hurried.client("events")
    bus = events.create_event_bus(Name=source)["EventBusArn"]
    archive = events.create_archive(ArchiveName=source[:40], EventSourceArn=bus)["ArchiveArn"]
    pattern = json.dumps({"source": [source]})
    events.put_rule(Name=source, EventPattern=pattern)
    events.put_targets(Rule=source, Targets=[{"Id": "bus", "Arn": bus}])
    events.put_rule(Name="onto", EventBusName=source, EventPattern=pattern)
    with asking_function(hurried) as function:
        hurried.client().add_permission(
            FunctionName=function.name,
            StatementId="events",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )
        target = {"Id": "f", "Arn": arn_of(function)}
        events.put_targets(Rule="onto", EventBusName=source, Targets=[target])
        put(hurried, source, {"n": 1})
        (event,) = function.wait(lambda events: len(events) == 1)
        events.start_replay(
            ReplayName=source,
            EventSourceArn=archive,
            EventStartTime=datetime.now(UTC) - timedelta(hours=1),
            EventEndTime=datetime.now(UTC) + timedelta(seconds=2),
            Destination={"Arn": bus},
        )
        _, again = function.wait(lambda events: len(events) == 2)
    assert event["detail"] == {"n": 1} and "replay-name" not in event
    assert again == {**event, "id": again["id"], "replay-name": source}


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"EventPattern": '{"a": 1}'}, "InvalidEventPatternException", "Event pattern is not"),
        ({"ScheduleExpression": "rate(5 minute)"}, "ValidationException", "Parameter ScheduleExp"),
        ({"ScheduleExpression": "cron(* * * * * *)"}, "ValidationException", "Parameter Schedule"),
    ],
)
def test_rules_that_are_refused(
    hurried: LocalEndpoint, given: dict[str, str], code: str, message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        hurried.client("events").put_rule(Name="bad", **given)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"].startswith(message)


def test_a_pattern_can_be_tried(hurried: LocalEndpoint) -> None:
    events, event = hurried.client("events"), json.dumps({"source": "shop", "detail": {"n": 2}})
    for pattern, matches in (({"detail": {"n": [2]}}, True), ({"source": ["other"]}, False)):
        answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=event)
        assert answer["Result"] is matches
    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.test_event_pattern(EventPattern='{"source": "shop"}', Event=event)


def scheduled(function: Function, expression: str, **settings: Any) -> str:
    name = f"schedule-{uuid.uuid4().hex[:8]}"
    target = {"Arn": arn_of(function), "RoleArn": ROLE, **settings.pop("Target", {})}
    function.endpoint.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
        **settings,
    )
    return name


def soon(zone_hours: int = 0) -> str:
    return f"at({datetime.now(UTC) + timedelta(hours=zone_hours, seconds=2):%Y-%m-%dT%H:%M:%S})"


def test_a_schedule_runs_once_and_is_deleted(hurried: LocalEndpoint) -> None:
    scheduler = hurried.client("scheduler")
    with asking_function(hurried) as function:
        name = scheduled(
            function,
            soon(),
            ActionAfterCompletion="DELETE",
            Target={"Input": '{"at": "<aws.scheduler.scheduled-time>", "n": 1}'},
        )
        (source,) = until(lambda: sources_of(function))
        assert source["Kind"] == "Schedule" and source["Name"] == name
        assert 0 < source["NextRun"] - time.time() < 5
        (event,) = function.wait(lambda events: len(events) == 1)
        assert event["n"] == 1 and event["at"].endswith("Z")
        until(lambda: not sources_of(function))
        with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
            scheduler.get_schedule(Name=name)


def test_a_schedule_without_input_in_a_time_zone(hurried: LocalEndpoint) -> None:
    with asking_function(hurried) as function:
        zone = {"ScheduleExpressionTimezone": "Asia/Tokyo"}  # nine hours, all the year
        name = scheduled(function, soon(9), **zone)
        (event,) = function.wait(lambda events: len(events) == 1)
        hurried.client("scheduler").get_schedule(Name=name)
    assert event["source"] == "aws.scheduler" and event["detail"] == "{}"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"] == [f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/{name}"]


def test_schedules_that_are_refused(hurried: LocalEndpoint) -> None:
    with asking_function(hurried) as function:
        for expression, settings in (
            ("at(2026-13-01T00:00:00)", {}),
            ("rate(1 minute)", {"ScheduleExpressionTimezone": "Nowhere/Here"}),
        ):
            with pytest.raises(ClientError) as refused:
                scheduled(function, expression, **settings)
            assert refused.value.response["Error"]["Code"] == "ValidationException"


def sources_of(function: Function) -> list[Any]:
    return [
        source
        for source in function.endpoint.server._endpoint.sources()
        if source["FunctionArn"] == arn_of(function)
    ]


def test_sources_tell_their_next_run_and_go_with_what_they_are_of(hurried: LocalEndpoint) -> None:
    events = hurried.client("events")
    with asking_function(hurried) as function:
        name = f"rule-{uuid.uuid4().hex[:8]}"
        events.put_rule(Name=name, ScheduleExpression="cron(0 12 * * ? *)")
        events.put_targets(Rule=name, Targets=[{"Id": "f", "Arn": arn_of(function)}])
        (source,) = until(lambda: sources_of(function))
        noon = datetime.fromtimestamp(source["NextRun"], UTC)
        assert (noon.hour, noon.minute) == (12, 0) and noon > datetime.now(UTC)
        assert source["State"] == "Enabled" and source["Detail"] == "cron(0 12 * * ? *)"
        events.disable_rule(Name=name)
        until(lambda: [s["State"] for s in sources_of(function)] == ["Disabled"])
        assert sources_of(function)[0]["NextRun"] is None
        events.remove_targets(Rule=name, Ids=["f"])
        until(lambda: not sources_of(function))
