"""What is counted, and how it is summed up and found again."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workbench.local.broadcast import Broadcaster
from workbench.local.metrics.catalogue import Series, dimension_sets
from workbench.local.metrics.database import KEPT_SECONDS, MetricsDatabase
from workbench.local.metrics.datapoints import Datapoint, packed_buckets, unpacked_buckets
from workbench.local.metrics.embedded_format import metric_data
from workbench.local.recording.invocations import invocation_record, metric_values
from workbench.local.recording.recorder import Recorder
from workbench.local.runtime.records import (
    Completion,
    FunctionSpec,
    InvokeRequest,
    InvokeResult,
    Levels,
    Report,
)

MINUTE = 1_700_000_040

_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["a", "Name"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Namespace", "Dimensions", "Metrics", "Name", "Unit"]), inner
        )
    ),
    max_leaves=8,
)


def _point(*values: float) -> Datapoint:
    point = Datapoint()
    point.add(values)
    return point


@given(st.lists(st.floats(0.01, 900_000), min_size=1, max_size=200), st.floats(0.1, 100))
def test_percentiles_are_within_two_percent(values: list[float], percent: float) -> None:
    point = _point(*values)
    restored = Datapoint(point.count, point.sum, point.minimum, point.maximum)
    restored.buckets = unpacked_buckets(packed_buckets(point.buckets))
    exact = sorted(values)[max(1, -(-len(values) * percent // 100).__int__()) - 1]
    assert abs(restored.percentile(percent) - exact) <= 0.02 * exact


def test_datapoints_add_up_by_dimensions_and_period(tmp_path: Path) -> None:
    database = MetricsDatabase(tmp_path / "metrics.db")
    for minute in (MINUTE, MINUTE + 60):
        for number in (1.0, 2.0):  # a second batch of the same minute is added to the first
            database.add(
                minute,
                {
                    Series("Duration", "a", "a", "$LATEST"): _point(number),
                    Series("Duration", "a", "a:live", "1"): _point(10 * number, 100),
                    Series("Duration", "b", "b", "$LATEST"): _point(1000),
                    Series("ConcurrentExecutions", "a"): _point(number),
                    Series("ConcurrentExecutions"): _point(3),
                },
            )

    def found(period: int = 60, metric: str = "Duration", **dimensions: str) -> list[list[float]]:
        points = database.datapoints(metric, dimensions, MINUTE, MINUTE + 120, period)
        return [[at - MINUTE, p.count, p.sum, p.minimum, p.maximum] for at, p in points.items()]

    assert found(FunctionName="a", Resource="a") == [[0, 2, 3, 1, 2], [60, 2, 3, 1, 2]]
    assert found(120, FunctionName="a", Resource="a:live", ExecutedVersion="1") == [
        [0, 8, 460, 10, 100]
    ]
    assert found(120, FunctionName="a") == [[0, 12, 466, 1, 100]]
    assert found(120) == [[0, 16, 4466, 1, 1000]]
    assert found(120, FunctionName="none") == found(120, Colour="blue") == []
    # How many ran at once is known of functions and of the account: nothing is added up.
    assert found(120, "ConcurrentExecutions", FunctionName="a") == [[0, 4, 6, 1, 2]]
    assert found(120, "ConcurrentExecutions") == [[0, 4, 12, 3, 3]]
    database.add(MINUTE + 60 + KEPT_SECONDS, {Series("Errors", "a"): _point(1)})
    assert found() == [[60, 8, 2233, 1, 1000]]
    database.close()


def test_dimension_sets() -> None:
    function = {"FunctionName": "a"}
    assert dimension_sets(Series("Errors", "a", "a", "$LATEST")) == [
        {},
        function,
        {**function, "Resource": "a"},
    ]
    assert dimension_sets(Series("Errors", "a", "a:1", "1"))[2:] == [
        {**function, "Resource": "a:1"}
    ]
    assert dimension_sets(Series("Errors", "a", "a:live", "1"))[3:] == [
        {**function, "Resource": "a:live", "ExecutedVersion": "1"}
    ]
    assert dimension_sets(Series("ConcurrentExecutions", "a")) == [function]
    assert dimension_sets(Series("PolledEventCount", mapping="m")) == [
        {"EventSourceMappingUUID": "m"}
    ]


def test_what_is_measured_of_an_invocation() -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:fn"
    spec = FunctionSpec("fn", arn, "1", "id", "python3.11", "a.b", Path("/"))
    completion = Completion(
        spec,
        InvokeRequest("r", b"{}", f"{arn}:live", ""),
        InvokeResult(b"{}", "Unhandled"),
        Report(2.5, 3, 128, 30, post_runtime_extensions_ms=1.5),
        "",
        "stream",
        MINUTE + 59.9,
        provisioned=True,
        levels=Levels(2, 5, 3, 13, 1, 4),
    )
    of = ("fn", "fn:live", "1")
    assert metric_values([invocation_record(completion)] * 2) == {
        MINUTE: {
            Series("Invocations", *of): [1, 1],
            Series("Errors", *of): [1, 1],
            Series("Throttles", *of): [0, 0],
            Series("Duration", *of): [2.5, 2.5],
            Series("PostRuntimeExtensionsDuration", *of): [1.5, 1.5],
            Series("ConcurrentExecutions", "fn"): [2, 2],
            Series("ConcurrentExecutions"): [5, 5],
            Series("UnreservedConcurrentExecutions"): [3, 3],
            Series("ClaimedAccountConcurrency"): [13, 13],
            Series("ProvisionedConcurrencyInvocations", *of): [1, 1],
            Series("ProvisionedConcurrentExecutions", *of[:2]): [1, 1],
            Series("ProvisionedConcurrencyUtilization", *of[:2]): [0.25, 0.25],
        }
    }


def test_metrics_in_a_log() -> None:
    line: dict[str, Any] = {
        "_aws": {
            "Timestamp": 1_700_000_000_500,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Shop",
                    "Dimensions": [["service"], ["service", "missing"]],
                    "Metrics": [{"Name": "Orders", "Unit": "Count"}, {"Name": "none"}],
                },
                {"Namespace": "AWS/Lambda", "Metrics": [{"Name": "Orders"}]},
                {"Namespace": "Bare", "Metrics": [{"Name": "Orders"}]},
            ],
        },
        "service": "pay",
        "Orders": [1, 2.5, "x", True],
    }
    text = f'START\n{{"CloudWatchMetrics" rubbish\n{json.dumps(line)}\n["CloudWatchMetrics"]\nEND\n'
    datum = {
        "MetricName": "Orders",
        "Dimensions": [{"Name": "service", "Value": "pay"}],
        "Timestamp": 1_700_000_000.5,
        "Values": [1, 2.5],
        "Unit": "Count",
    }
    bare = {**datum, "Dimensions": [], "Unit": "None"}
    assert list(metric_data(text)) == [("Shop", datum), ("Bare", bare)]


@given(_ODD)
def test_any_json_in_a_log_is_read_or_passed_over(odd: Any) -> None:
    line = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": odd}, "Name": odd, "a": 1}
    list(metric_data(json.dumps(line)))


async def test_what_was_counted_is_on_disk_after_a_sync(tmp_path: Path) -> None:
    recorder = Recorder(Broadcaster(), tmp_path)
    await recorder.start()
    ages = [random.uniform(1, 1000) for _ in range(5000)]
    for age in ages:
        recorder.metrics.count("AsyncEventAge", "a", age, qualifier="live")
    recorder.metrics.count("AsyncEventsReceived", "a", 3)
    recorder.metrics.count("ProvisionedConcurrentExecutions", "a", 3, qualifier="live")
    await recorder.sync()
    database = MetricsDatabase(tmp_path / "metrics.db")
    assert database.series() == [
        Series("AsyncEventAge", "a", "a:live"),
        Series("AsyncEventsReceived", "a", "a"),
        Series("ProvisionedConcurrentExecutions", "a", "a:live"),
    ]
    [age] = database.datapoints("AsyncEventAge", {"FunctionName": "a"}, 0, 2**40, 60).values()
    assert age.count == 5000 and age.maximum == max(ages)
    database.close()
    await recorder.close()
