"""Alarms: what state the values of a metric make, and what is told of a change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from endpoint_lab import ACCOUNT, LocalEndpoint
from sources_lab import Queue, asking_function, unique

from workbench.local.delivery.push.alarms.evaluation import Datapoint, Rule, evaluate

ERRORS = Rule("GreaterThanThreshold", 0.0, 3, 3)


@pytest.mark.parametrize(
    ("values", "states"),  # without a value, those of missing, ignore, breaching, notBreaching
    [
        ((0, 1, 1, 1), ("ALARM", "ALARM", "ALARM", "ALARM")),
        ((1, 0, 1), ("OK", "OK", "OK", "OK")),
        ((0,), ("OK", None, "OK", "OK")),
        ((1,), ("ALARM", None, "ALARM", "OK")),
        ((), ("INSUFFICIENT_DATA", None, "ALARM", "OK")),
    ],
)
def test_states(values: tuple[int, ...], states: tuple[str | None, ...]) -> None:
    found = [Datapoint(60 * n, float(value)) for n, value in enumerate(values)]
    for missing, state in zip(
        ("missing", "ignore", "breaching", "notBreaching"), states, strict=True
    ):
        rule = Rule(ERRORS.comparison, 0.0, 3, 3, missing)
        verdict = evaluate(rule, found)
        assert (verdict.state if verdict else None) == state, missing


def test_reasons_are_cloudwatchs() -> None:
    one = Rule("GreaterThanOrEqualToThreshold", 1.0, 1, 1)
    at = int(datetime(2026, 11, 21, 10, 5, tzinfo=UTC).timestamp())
    told = [evaluate(one, [Datapoint(at, value)]) for value in (2.0, 0.0)]
    assert [verdict.reason for verdict in told if verdict] == [
        "Threshold Crossed: 1 datapoint [2.0 (21/11/26 10:05:00)] was greater than or equal to the "
        "threshold (1.0).",
        "Threshold Crossed: 1 datapoint [0.0 (21/11/26 10:05:00)] was not greater than or equal to "
        "the threshold (1.0).",
    ]
    unknown = evaluate(one, [])
    assert unknown and unknown.reason == "Insufficient Data: 1 datapoint was unknown."


def test_an_alarm_tells_its_topic_its_function_and_the_bus(hurried: LocalEndpoint) -> None:
    cloudwatch, sns, name = hurried.client("cloudwatch"), hurried.client("sns"), unique("alarm")
    topic, queue, bus = (
        sns.create_topic(Name=name)["TopicArn"],
        Queue(hurried, visibility=60),
        Queue(hurried),
    )
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=raw)
    events = hurried.client("events")
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}"
    events.put_rule(Name=name, EventPattern=json.dumps({"resources": [arn]}))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": bus.arn}])
    late = {"MetricName": "Late", "Value": 3.0}
    at = datetime.now(UTC) - timedelta(seconds=90)
    cloudwatch.put_metric_data(Namespace=name, MetricData=[{**late, "Timestamp": at}])
    with asking_function(hurried) as function:
        hurried.client().add_permission(
            FunctionName=function.name,
            StatementId="alarm",
            Action="lambda:InvokeFunction",
            Principal="lambda.alarms.cloudwatch.amazonaws.com",
            SourceArn=arn,
        )
        cloudwatch.put_metric_alarm(  # without a Period: it holds up no other
            AlarmName=f"{name}-broken",
            Namespace=name,
            MetricName="Late",
            Statistic="Sum",
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace=name,
            MetricName="Late",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[topic, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}"],
            OKActions=[topic],
        )
        (event,) = function.wait(lambda events: len(events) == 1)
        told = [json.loads(queue.receive()["Body"])]
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand")
        told.append(json.loads(queue.receive()["Body"]))
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert event["source"] == "aws.cloudwatch" and event["alarmArn"] == arn
    data = event["alarmData"]
    assert (data["state"]["value"], data["previousState"]["value"]) == (
        "ALARM",
        "INSUFFICIENT_DATA",
    )
    assert json.loads(data["state"]["reasonData"])["recentDatapoints"] == [3.0]
    assert data["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == "Late"
    assert [each["NewStateValue"] for each in told] == ["ALARM", "OK"]
    assert told[0]["Region"] == "US East (N. Virginia)"
    assert told[0]["Trigger"]["Statistic"] == "SUM"
    assert alarm["StateValue"] in ("OK", "ALARM")  # it is evaluated again at the end of a minute
    assert json.loads(bus.receive()["Body"])["detail-type"] == "CloudWatch Alarm State Change"
