"""Metrics in CloudWatch over time, of a function as a whole or of one qualifier."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import in_words
from workbench.aws.metrics.metrics import NAMESPACE
from workbench.aws.records import Target

_SHOWN = (
    ("Invocations", "Sum"),
    ("Errors", "Sum"),
    ("Throttles", "Sum"),
    ("Duration", "p50"),
    ("Duration", "p90"),
    ("Duration", "p99"),
    ("ConcurrentExecutions", "Maximum"),
)


@dataclass(frozen=True, slots=True)
class Series:
    """One statistic of one metric: a value for each period, the oldest first, None where there is
    no datapoint. Durations in ms."""

    metric: str
    statistic: str
    values: tuple[float | None, ...]

    @property
    def overall(self) -> float | None:
        """The sum of sums, the largest of everything else; None without any datapoint."""
        known = [value for value in self.values if value is not None]
        if not known:
            return None
        return sum(known) if self.statistic == "Sum" else max(known)


def series(
    target: Target, function: str, qualifier: str | None, *, period: int, periods: int
) -> list[Series]:
    """The last `periods` times `period` seconds (a multiple of 60), up to now.

    `qualifier` None is the function as a whole, whatever of it was invoked: that is how
    CloudWatch counts it. Raises LambdaError.
    """
    end = -(-int(time.time()) // period) * period
    start = end - period * periods
    dimensions = [{"Name": "FunctionName", "Value": function}]
    if qualifier is not None:
        dimensions.append({"Name": "Resource", "Value": f"{function}:{qualifier}"})
    queries = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
                "Period": period,
                "Stat": statistic,
            },
        }
        for number, (metric, statistic) in enumerate(_SHOWN)
    ]
    client = Clients(target).service("cloudwatch")
    found: dict[str, dict[int, float]] = {}
    with in_words(target):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                found.setdefault(result["Id"], {}).update(_by_period(result, start, period))
    return [
        Series(metric, stat, tuple(found.get(f"q{number}", {}).get(at) for at in range(periods)))
        for number, (metric, stat) in enumerate(_SHOWN)
    ]


def _by_period(result: Mapping[str, Any], start: int, period: int) -> dict[int, float]:
    pairs = zip(result["Timestamps"], result["Values"], strict=True)
    return {int(moment.timestamp() - start) // period: float(value) for moment, value in pairs}
