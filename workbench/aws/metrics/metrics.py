"""Lambda's metrics in CloudWatch, summed up over a time, on either target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import in_words
from workbench.aws.records import Target

NAMESPACE = "AWS/Lambda"
STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50", "p90", "p99")
_QUERIES = 500  # in one GetMetricData


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric of one function over the whole time; `values` by statistic (`STATISTICS`)."""

    function: str
    metric: str
    values: Mapping[str, float]


def summaries(
    target: Target, start: int, end: int, function: str | None = None
) -> list[MetricSummary]:
    """Each metric of each function (or of `function`), by name, from `start` until `end`.

    Times are epoch seconds. Where CloudWatch cuts the time in two, percentiles are those of the
    part in which they were worse. Raises LambdaError.
    """
    client = Clients(target).service("cloudwatch")
    with in_words(target):
        metrics = sorted(_metrics(client, function))
        queries = [
            {
                "Id": f"q{number}_{statistic.lower()}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": NAMESPACE,
                        "MetricName": metric,
                        "Dimensions": [{"Name": "FunctionName", "Value": name}],
                    },
                    "Period": -(-(end - start) // 60) * 60,
                    "Stat": statistic,
                },
            }
            for number, (name, metric) in enumerate(metrics)
            for statistic in STATISTICS
        ]
        found: dict[int, dict[str, float]] = defaultdict(dict)
        statistics = {statistic.lower(): statistic for statistic in STATISTICS}
        for result in metric_results(client, queries, start, end):
            number, _, statistic = result["Id"].removeprefix("q").partition("_")
            if result["Values"]:
                name = statistics[statistic]
                found[int(number)][name] = _together(name, result["Values"])
    return [MetricSummary(*metrics[number], values) for number, values in sorted(found.items())]


def _metrics(client: Any, function: str | None) -> Iterator[tuple[str, str]]:
    """(function, metric) of what is published by FunctionName alone."""
    wanted = {"Name": "FunctionName", **({"Value": function} if function else {})}
    paginator = client.get_paginator("list_metrics")
    for page in paginator.paginate(Namespace=NAMESPACE, Dimensions=[wanted]):
        for metric in page["Metrics"]:
            if len(metric["Dimensions"]) == 1:
                yield metric["Dimensions"][0]["Value"], metric["MetricName"]


def metric_results(
    client: Any, queries: Sequence[dict[str, Any]], start: int, end: int
) -> Iterator[dict[str, Any]]:
    """What GetMetricData answers to any number of queries, `start` and `end` in epoch seconds."""
    for at in range(0, len(queries), _QUERIES):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries[at : at + _QUERIES], StartTime=start, EndTime=end
        )
        for page in pages:
            yield from page["MetricDataResults"]


def _together(statistic: str, values: Iterable[float]) -> float:
    if statistic in ("SampleCount", "Sum"):
        return sum(values)
    return min(values) if statistic == "Minimum" else max(values)
