"""Which functions failed or were throttled lately, as CloudWatch counts it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.aws.clients import Clients
from workbench.aws.errors import in_words
from workbench.aws.metrics.metrics import NAMESPACE, metric_results
from workbench.aws.records import Target

_METRICS = ("Errors", "Throttles")


@dataclass(frozen=True, slots=True)
class Failures:
    """How many invocations of a function failed, and how many were refused for concurrency."""

    errors: int
    throttles: int


def failures(target: Target, start: int, end: int) -> dict[str, Failures]:
    """The functions that failed from `start` until `end` (epoch seconds, at most three hours ago),
    by name; those with most failures first. Raises LambdaError."""
    client = Clients(target).service("cloudwatch")
    counted: dict[str, dict[str, int]] = {}
    with in_words(target):
        pages = client.get_paginator("list_metrics")
        metrics = [
            (each["Dimensions"][0]["Value"], name)
            for name in _METRICS
            for page in pages.paginate(
                Namespace=NAMESPACE,
                MetricName=name,
                Dimensions=[{"Name": "FunctionName"}],
                RecentlyActive="PT3H",
            )
            for each in page["Metrics"]
            if len(each["Dimensions"]) == 1
        ]
        queries = [
            {
                "Id": f"q{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": NAMESPACE,
                        "MetricName": metric,
                        "Dimensions": [{"Name": "FunctionName", "Value": function}],
                    },
                    "Period": -(-(end - start) // 60) * 60,
                    "Stat": "Sum",
                },
            }
            for number, (function, metric) in enumerate(metrics)
        ]
        for result in metric_results(client, queries, start, end):
            function, metric = metrics[int(result["Id"].removeprefix("q"))]
            of_function = counted.setdefault(function, {})
            of_function[metric] = of_function.get(metric, 0) + round(sum(result["Values"]))
    found = {
        name: Failures(counts.get("Errors", 0), counts.get("Throttles", 0))
        for name, counts in counted.items()
        if any(counts.values())
    }
    worst = sorted(found, key=lambda name: (-found[name].errors, -found[name].throttles, name))
    return {name: found[name] for name in worst}
