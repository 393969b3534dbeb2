"""`workbench metrics`: what CloudWatch measures of the functions."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from workbench.cli.output import add_json_option, print_json, print_table, wants_json
from workbench.cli.target import add_target_options, open_target
from workbench.cli.time_span import add_since_option

if TYPE_CHECKING:
    from workbench.aws.metrics.metrics import MetricSummary

_MILLISECONDS = frozenset(
    {
        "AsyncEventAge",
        "Duration",
        "IteratorAge",
        "OffsetLag",
        "PostRuntimeExtensionsDuration",
        "UrlRequestLatency",
    }
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show Lambda's metrics as CloudWatch has them: a line for each function, those that "
        "failed first, or for each metric of one function."
    )
    parser.epilog = "examples:\n  workbench metrics\n  workbench metrics Hello --since 15m"
    parser.add_argument("name", metavar="NAME", nargs="?", help="the function (default: all)")
    add_since_option(parser, "1h")
    add_json_option(parser)
    add_target_options(parser)


def run(arguments: argparse.Namespace) -> int:
    from workbench.aws.metrics.metrics import summaries
    from workbench.aws.recording import simple_name

    target = open_target(arguments)
    name = simple_name(arguments.name) if arguments.name else None
    # Datapoints are of whole minutes: the one that has begun belongs to it.
    end = int(time.time()) // 60 * 60 + 60
    start = end - max(arguments.since // 60 * 60, 60)
    found = summaries(target, start, end, name)
    if wants_json(arguments):
        print_json(
            [
                {"FunctionName": each.function, "MetricName": each.metric, **each.values}
                for each in found
            ]
        )
    elif name is not None:
        print_table(
            ("METRIC", "COUNT", "SUM", "AVERAGE", "MIN", "MAX", "P50", "P90", "P99"),
            [_metric_row(each) for each in found],
            f"Nothing was measured of {name} in this time.",
        )
    else:
        print_table(
            ("FUNCTION", "INVOCATIONS", "ERRORS", "THROTTLES", "AT ONCE", "P50", "P90", "P99"),
            _function_rows(found),
            "Nothing was measured in this time.",
        )
    return 0


def _function_rows(found: list[MetricSummary]) -> list[tuple[str, ...]]:
    functions: dict[str, dict[str, MetricSummary]] = {}
    for each in found:
        functions.setdefault(each.function, {})[each.metric] = each
    rows = []
    failed = {name: -_failures(metrics) for name, metrics in functions.items()}
    for name, metrics in sorted(functions.items(), key=lambda each: (failed[each[0]], each[0])):
        duration = metrics.get("Duration")
        rows.append(
            (
                name,
                *(_value(metrics, metric, "Sum") for metric in _SUMS),
                _value(metrics, "ConcurrentExecutions", "Maximum"),
                *(
                    f"{duration.values[p]:,.1f} ms" if duration and p in duration.values else ""
                    for p in ("p50", "p90", "p99")
                ),
            )
        )
    return rows


_SUMS = ("Invocations", "Errors", "Throttles")


def _failures(metrics: dict[str, MetricSummary]) -> float:
    return sum(metrics[each].values.get("Sum", 0.0) for each in _SUMS[1:] if each in metrics)


def _value(metrics: dict[str, MetricSummary], metric: str, statistic: str) -> str:
    return f"{metrics[metric].values.get(statistic, 0):,.0f}" if metric in metrics else "0"


def _metric_row(each: MetricSummary) -> tuple[str, ...]:
    from workbench.aws.metrics.metrics import STATISTICS

    timed = each.metric in _MILLISECONDS
    figures = []
    for statistic in STATISTICS:
        value = each.values.get(statistic)
        # Percentiles of what is counted one by one say nothing.
        if value is None or (statistic.startswith("p") and not timed):
            figures.append("")
        else:
            figures.append(f"{value:,.2f}".removesuffix(".00"))
    return (f"{each.metric}, ms" if timed else each.metric, *figures)
