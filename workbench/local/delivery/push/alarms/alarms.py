"""Alarms of the embedded CloudWatch, whose state nothing else changes, and their actions.

The metrics are asked for at the local Lambda's address, where those of functions are.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from workbench.local.delivery.push import events
from workbench.local.delivery.push.alarms import messages
from workbench.local.delivery.push.alarms.evaluation import (
    EXTRA_PERIODS,
    Datapoint,
    Rule,
    Verdict,
    evaluate,
)
from workbench.local.delivery.push.deliveries import Deliveries, Delivery, Undelivered
from workbench.local.delivery.push.targets import targets
from workbench.local.delivery.push.targets.sdk import SdkClient
from workbench.local.services.keeping import keep
from workbench.local.services.settings import ServiceSettings

PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"

_SERVICE = "cloudwatch"
_LATE_SECONDS = 2.0  # after the end of a minute, when all of it has been written


class Alarms:
    """Evaluates all alarms at the end of each minute, and when one was made. `notice` is told, in
    a sentence, of one that cannot be evaluated."""

    def __init__(
        self, place: ServiceSettings, deliveries: Deliveries, notice: Callable[[str], None]
    ) -> None:
        from moto.cloudwatch import models

        self._cloudwatch = SdkClient(place, _SERVICE)
        self._notice = notice
        self._told: set[str] = set()
        self._changed = threading.Event()
        self._changed.set()
        alarm: Any = models.Alarm
        backend: Any = models.CloudWatchBackend
        alarm.update_state = _acting(alarm.update_state, deliveries)
        backend.put_metric_alarm = _keeping_its_state(backend.put_metric_alarm)
        threading.Thread(target=self._go, name="alarms", daemon=True).start()

    def changed(self) -> None:
        """There may be a new one."""
        self._changed.set()

    def _go(self) -> None:
        while True:
            wait = 60 - time.time() % 60 + _LATE_SECONDS if any(all_alarms()) else None
            self._changed.wait(wait)
            self._changed.clear()
            for alarm in list(all_alarms()):
                try:
                    self._evaluate(alarm)
                except Undelivered:  # the metrics cannot be read now: the state stays
                    continue
                except Exception as error:  # moto keeps what CloudWatch would refuse: the next
                    self._tell(alarm, error)

    def _tell(self, alarm: Any, error: Exception) -> None:
        """Once, not each minute."""
        why = f"{type(error).__name__} {error}".strip()
        sentence = f"The alarm {alarm.name} is never evaluated, look at its metric: {why}."
        if sentence not in self._told:
            self._told.add(sentence)
            self._notice(sentence)

    def _evaluate(self, alarm: Any) -> None:
        rule = _rule(alarm)
        if not rule.known or alarm.rule is not None:  # of a composite alarm
            return
        queries = _queries(alarm)
        period = max(_period(query) for query in queries)
        found = self._datapoints(queries, period, rule.periods + EXTRA_PERIODS)
        verdict = evaluate(rule, found)
        if verdict is not None and verdict.state != alarm.state_value:
            data = json.dumps(_reason_data(alarm, rule, period, verdict))
            alarm.update_state(verdict.reason, data, verdict.state)

    def _datapoints(
        self, queries: list[dict[str, Any]], period: int, number: int
    ) -> list[Datapoint]:
        """What the one query that returns data has of the last complete periods."""
        step = min(period, 60)
        end = int((time.time() - _LATE_SECONDS) // step * step)
        asked = {
            "MetricDataQueries": queries,
            "StartTime": datetime.fromtimestamp(end - number * period, UTC),
            "EndTime": datetime.fromtimestamp(end, UTC),
            "ScanBy": "TimestampAscending",
        }
        (result, *_) = self._cloudwatch.call("GetMetricData", asked)["MetricDataResults"]
        pairs = zip(result["Timestamps"], result["Values"], strict=True)
        return [
            Datapoint(int(at.timestamp()), value) for at, value in pairs if at.timestamp() < end
        ]


def all_alarms() -> Iterator[Any]:
    """moto's Alarms, of all accounts and regions."""
    from moto.cloudwatch.models import cloudwatch_backends

    for regions in list(cloudwatch_backends.values()):
        for backend in list(regions.values()):
            yield from list(backend.alarms.values())


def _rule(alarm: Any) -> Rule:
    periods = int(alarm.evaluation_periods or 1)
    return Rule(
        alarm.comparison_operator or "",
        float(alarm.threshold or 0),
        periods,
        int(alarm.datapoints_to_alarm or periods),
        alarm.treat_missing_data or "missing",
    )


def _queries(alarm: Any) -> list[dict[str, Any]]:
    """The alarm's metric, or its metric math, as GetMetricData takes it."""
    if alarm.metric_name:
        stat = alarm.extended_statistic or alarm.statistic
        of = (alarm.namespace, alarm.metric_name, alarm.dimensions)
        return [{"Id": "m1", "MetricStat": _stat(*of, alarm.period, stat, alarm.unit)}]
    queries: list[dict[str, Any]] = []
    for given in alarm.metric_data_queries:
        query: dict[str, Any] = {"Id": given.id}
        if given.expression is not None:
            query |= {"Expression": given.expression, "Period": int(given.period or 60)}
        else:
            of, stat = given.metric_stat.metric, given.metric_stat
            named = (of.namespace, of.metric_name, of.dimensions)
            query["MetricStat"] = _stat(*named, stat.period, stat.stat, stat.unit)
        if str(given.return_data).lower() == "false":
            query["ReturnData"] = False
        queries.append(query)
    return queries


def _stat(
    namespace: str, name: str, dimensions: Any, period: Any, stat: str, unit: str | None
) -> dict[str, Any]:
    pairs = [{"Name": dimension.name, "Value": dimension.value} for dimension in dimensions]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": pairs}
    made = {"Metric": metric, "Period": int(period), "Stat": stat}
    return {**made, "Unit": unit} if unit else made


def _period(query: dict[str, Any]) -> int:
    return int(query.get("Period") or query["MetricStat"]["Period"])


def _reason_data(alarm: Any, rule: Rule, period: int, verdict: Verdict) -> dict[str, Any]:
    used = verdict.datapoints
    moments = [messages.time_of(datetime.fromtimestamp(each.at, UTC)) for each in used]
    return {
        "version": "1.0",
        "queryDate": messages.time_of(datetime.now(UTC)),
        **({"startDate": moments[0]} if moments else {}),
        "statistic": alarm.extended_statistic or alarm.statistic,
        "period": period,
        "recentDatapoints": [each.value for each in used],
        "threshold": rule.threshold,
    }


def _keeping_its_state(original: Callable[..., Any]) -> Callable[..., Any]:
    """PutMetricAlarm: a new alarm knows nothing yet, one that is changed keeps its state."""

    def put_metric_alarm(backend: Any, *given: Any, **named: Any) -> Any:
        before = backend.alarms.get(named["name"])
        alarm = original(backend, *given, **named)
        alarm.state_value = "INSUFFICIENT_DATA"
        if before is not None:
            alarm.history = before.history
            for member in ("reason", "reason_data", "value", "updated_timestamp"):
                setattr(alarm, f"state_{member}", getattr(before, f"state_{member}"))
        return alarm

    return put_metric_alarm


def _acting(original: Callable[..., None], deliveries: Deliveries) -> Callable[..., None]:
    """A change of the state, by SetAlarmState too, with what follows from it."""

    def update_state(alarm: Any, reason: str, reason_data: str, state_value: str) -> None:
        before = messages.state_document(alarm)
        original(alarm, reason, reason_data, state_value)
        keep.changed(_SERVICE)
        if before["value"] == state_value:
            return
        region, account = alarm.alarm_arn.split(":")[3:5]
        event = messages.for_event_bus(alarm, before, str(uuid.uuid4()))
        events.publish(account, region, event)
        if alarm.actions_enabled:
            for arn in _actions(alarm):
                targets.send(deliveries, _delivery(alarm, arn, account, before))

    return update_state


def _actions(alarm: Any) -> list[str]:
    match alarm.state_value:
        case "ALARM":
            return list(alarm.alarm_actions or ())
        case "OK":
            return list(alarm.ok_actions or ())
    return list(alarm.insufficient_data_actions or ())


def _delivery(alarm: Any, arn: str, account: str, before: messages.Before) -> Delivery:
    input: object = messages.for_function(alarm, before)
    parameters: dict[str, str] = {}
    if arn.split(":")[2] == "sns":
        parameters["Subject"], input = messages.for_topic(alarm, before)
    name = f"The alarm {alarm.name}"
    of = alarm.alarm_arn
    return Delivery(arn, input, name, of, account, PRINCIPAL, parameters=parameters)
