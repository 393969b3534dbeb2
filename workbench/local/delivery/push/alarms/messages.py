"""What an alarm's actions get when it changes its state (lambda-facts §8.2). `alarm` is moto's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

Before = Mapping[str, Any]
"""The `state` of an alarm's document before the change."""


def state_document(alarm: Any) -> dict[str, Any]:
    """The alarm's state now: value, reason, reasonData and timestamp."""
    return {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        "reasonData": alarm.state_reason_data or "{}",
        "timestamp": time_of(alarm.state_updated_timestamp),
    }


def for_function(alarm: Any, before: Before) -> dict[str, Any]:
    """The event of a function."""
    _, _, _, region, account, *_ = alarm.alarm_arn.split(":")
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": account,
        "time": time_of(alarm.state_updated_timestamp),
        "region": region,
        "alarmData": _data(alarm, before),
    }


def for_event_bus(alarm: Any, before: Before, id: str) -> dict[str, Any]:
    """The event that comes to the account's default bus."""
    _, _, _, region, account, *_ = alarm.alarm_arn.split(":")
    return {
        "version": "0",
        "id": id,
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": account,
        "time": f"{alarm.state_updated_timestamp:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [alarm.alarm_arn],
        "detail": _data(alarm, before),
    }


def for_topic(alarm: Any, before: Before) -> tuple[str, str]:
    """Subject and text of the message to a topic."""
    _, _, _, region, account, *_ = alarm.alarm_arn.split(":")
    place = region_name(region)
    document = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": time_of(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": time_of(alarm.state_updated_timestamp),
        "Region": place,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before["value"],
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "ExtendedStatistic" if alarm.extended_statistic else "Statistic",
            "Statistic": alarm.extended_statistic or (alarm.statistic or "").upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"value": d.value, "name": d.name} for d in alarm.dimensions],
            "Period": int(alarm.period or 0),
            "EvaluationPeriods": int(alarm.evaluation_periods),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold or 0),
            "TreatMissingData": alarm.treat_missing_data or "missing",
            "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
        },
    }
    return f'{alarm.state_value}: "{alarm.name}" in {place}'[:100], json.dumps(document)


def time_of(moment: datetime) -> str:
    """A time as CloudWatch writes it. moto's are in UTC, without a zone."""
    return f"{moment.replace(tzinfo=UTC).isoformat(timespec='milliseconds')[:-6]}+0000"


@cache
def region_name(region: str) -> str:
    """A region in words: "US East (N. Virginia)"."""
    import botocore.session

    for partition in botocore.session.Session().get_data("partitions")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region].get("description", region))
    return region


def _data(alarm: Any, before: Before) -> dict[str, Any]:
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
    }
    stat = {
        "metric": metric,
        "period": int(alarm.period or 0),
        "stat": alarm.extended_statistic or alarm.statistic,
    }
    metrics = [{"id": "m1", "metricStat": stat, "returnData": True}] if alarm.metric_name else []
    return {
        "alarmName": alarm.name,
        "state": state_document(alarm),
        "previousState": dict(before),
        "configuration": {"description": alarm.description, "metrics": metrics},
    }
