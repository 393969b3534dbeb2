"""Lambda's metrics as CloudWatch gives them, by boto3 and in each protocol that SDKs speak."""

from __future__ import annotations

import datetime
import http.client
import time
from typing import Any

import pytest
from botocore import parsers, serialize
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from endpoint_lab import LocalEndpoint
from hypothesis import given
from hypothesis import strategies as st

from workbench.local.api.cloudwatch.metric_math import BadExpression, evaluate
from workbench.local.api.protocols import cbor

FAILS_ON_DEMAND = "def handler(event, context):\n    if event.get('fail'): 1 / 0\n"


@pytest.fixture(scope="module")
def counted(shared_endpoint: LocalEndpoint) -> str:
    """A function, invoked four times: twice by its name, once failing, and twice by an alias."""
    name = shared_endpoint.create(FAILS_ON_DEMAND, Publish=True)
    client = shared_endpoint.client()
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.invoke(FunctionName=name)
    client.invoke(FunctionName=name, Payload=b'{"fail": 1}')
    for _ in range(2):
        client.invoke(FunctionName=name, Qualifier="live", LogType="Tail")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError):
        client.invoke(FunctionName=name)
    return name


def _range() -> dict[str, Any]:
    # Two hours, so that nothing falls between minutes or periods.
    now = int(time.time()) // 3600 * 3600
    return {
        "StartTime": datetime.datetime.fromtimestamp(now - 3600, datetime.UTC),
        "EndTime": datetime.datetime.fromtimestamp(now + 3600, datetime.UTC),
        "Period": 7200,
    }


def _of(name: str, metric: str, **dimensions: str) -> dict[str, Any]:
    pairs = {"FunctionName": name, **dimensions}
    return {
        "Namespace": "AWS/Lambda",
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in pairs.items()],
    }


def test_statistics(shared_endpoint: LocalEndpoint, counted: str) -> None:
    cloudwatch = shared_endpoint.client("cloudwatch")

    def one(metric: str, **dimensions: str) -> dict[str, Any]:
        answer = cloudwatch.get_metric_statistics(
            **_of(counted, metric, **dimensions),
            **_range(),
            Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
            ExtendedStatistics=["p50", "p99.9"],
        )
        assert answer["Label"] == metric
        [point] = answer["Datapoints"]
        return dict(point)

    errors = one("Errors")
    assert (errors["SampleCount"], errors["Sum"], errors["Average"]) == (4, 1, 0.25)
    assert one("Invocations", Resource=f"{counted}:live")["Sum"] == 2
    assert one("Invocations", Resource=f"{counted}:live", ExecutedVersion="1")["SampleCount"] == 2
    assert one("Throttles")["Sum"] == 1
    assert one("ConcurrentExecutions")["Maximum"] == 1
    everything = cloudwatch.get_metric_statistics(
        **{**_of(counted, "UnreservedConcurrentExecutions"), "Dimensions": []},
        **_range(),
        Statistics=["Maximum"],
    )
    assert everything["Datapoints"][0]["Maximum"] >= 1
    duration = one("Duration")
    assert duration["Unit"] == "Milliseconds"
    assert 0 < duration["Minimum"] <= duration["ExtendedStatistics"]["p50"]
    assert duration["ExtendedStatistics"]["p99.9"] <= duration["Maximum"]


def test_metric_data(shared_endpoint: LocalEndpoint, counted: str) -> None:
    cloudwatch = shared_endpoint.client("cloudwatch")
    times = _range()
    period = times.pop("Period")
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {"Metric": _of(counted, metric), "Period": 3600, "Stat": stat},
        }
        for number, (metric, stat) in enumerate([("Invocations", "Sum"), ("Duration", "p90")])
    ]
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, **times)
    invocations, duration = answer["MetricDataResults"]
    assert (invocations["Id"], invocations["Label"], invocations["Values"]) == (
        "m0",
        "Invocations",
        [4],
    )
    assert invocations["Timestamps"][0].timestamp() % 3600 == 0 and period
    assert duration["StatusCode"] == "Complete" and duration["Values"][0] > 0


def test_list_metrics(shared_endpoint: LocalEndpoint, counted: str) -> None:
    cloudwatch = shared_endpoint.client("cloudwatch")
    pages = cloudwatch.get_paginator("list_metrics").paginate(
        Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": counted}]
    )
    metrics = [metric for page in pages for metric in page["Metrics"]]
    assert {metric["MetricName"] for metric in metrics} == {
        "Invocations",
        "Errors",
        "Throttles",
        "Duration",
        "ConcurrentExecutions",
    }
    dimensions = [
        {d["Name"]: d["Value"] for d in metric["Dimensions"]}
        for metric in metrics
        if metric["MetricName"] == "Errors"
    ]
    function = {"FunctionName": counted}
    live = {**function, "Resource": f"{counted}:live"}
    assert dimensions == [
        function,
        {**function, "Resource": counted},
        live,
        {**live, "ExecutedVersion": "1"},
    ]


@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor", "query"])
def test_protocols(shared_endpoint: LocalEndpoint, counted: str, protocol: str) -> None:
    description = Loader().load_service_model("cloudwatch", "service-2")
    description["metadata"]["protocol"] = protocol
    model = ServiceModel(description, "cloudwatch")
    operation = model.operation_model("GetMetricStatistics")

    def call(**changes: Any) -> Any:
        values = {**_of(counted, "Errors"), **_range(), "Statistics": ["Sum", "Average"]}
        serializer = serialize.create_serializer(protocol, include_validation=False)
        request = serializer.serialize_to_request({**values, **changes}, operation)
        body = request["body"]
        if isinstance(body, dict):
            from urllib.parse import urlencode

            body = urlencode(body).encode()
        scope = "Credential=A/20260101/us-east-1/monitoring/aws4_request"
        headers = {**request["headers"], "Authorization": f"AWS4-HMAC-SHA256 {scope}, Signature=s"}
        connection = http.client.HTTPConnection("127.0.0.1", shared_endpoint.port, timeout=30)
        connection.request(request["method"], request["url_path"], body, headers)
        response = connection.getresponse()
        answer = {
            "status_code": response.status,
            "headers": {key.lower(): value for key, value in response.getheaders()},
            "body": response.read(),
        }
        connection.close()
        return parsers.create_parser(protocol).parse(answer, operation.output_shape)

    [point] = call()["Datapoints"]
    assert (point["Sum"], point["Average"], point["Unit"]) == (1, 0.25, "Count")
    assert point["Timestamp"].timestamp() == _range()["StartTime"].timestamp()
    for changes, code in (
        ({"Statistics": []}, "ValidationError" if protocol != "query" else None),
        ({"Period": 61}, "InvalidParameterValue"),
        ({"Statistics": ["Median"]}, "ValidationError"),
        ({"EndTime": datetime.datetime(2020, 1, 1)}, "InvalidParameterValue"),
        ({"StartTime": datetime.datetime(2020, 1, 1)}, "InvalidParameterCombination"),
    ):
        if code is not None:
            error = call(**({"Period": 60} | changes))
            assert error["Error"]["Code"] == code, error
            assert error["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_expressions(shared_endpoint: LocalEndpoint, counted: str) -> None:
    cloudwatch = shared_endpoint.client("cloudwatch")
    times = {key: value for key, value in _range().items() if key != "Period"}
    queries: list[dict[str, Any]] = [
        {"Id": "rate", "Expression": "100 * share", "Label": "error rate"},
        {"Id": "share", "Expression": "errors / invocations", "ReturnData": False},
    ]
    for id in ("Errors", "Invocations"):
        stat = {"Metric": _of(counted, id), "Period": 7200, "Stat": "Sum"}
        queries.append({"Id": id.lower(), "MetricStat": stat, "ReturnData": False})
    [rate] = cloudwatch.get_metric_data(MetricDataQueries=queries, **times)["MetricDataResults"]
    assert (rate["Id"], rate["Label"], rate["Values"]) == ("rate", "error rate", [25])
    queries[1]["Expression"] = "rate + 1"
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_metric_data(MetricDataQueries=queries, **times)
    assert "leads back to itself" in caught.value.response["Error"]["Message"]
    chain = [{"Id": f"q{n}", "Expression": f"q{n + 1} + 1"} for n in range(499)]
    chain.append({**queries[2], "Id": "q499"})
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_metric_data(MetricDataQueries=chain, **times)
    assert "too deeply" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a", {1: 2.0, 2: 4.0}),
        ("a + b * 2 - -1", {2: 15.0}),
        ("(a + FILL(b, 1)) / 2", {1: 1.5, 2: 4.5, 3: None}),
        ("a / (b - 5)", {}),
        ("1 + 1", None),
        ("a +", None),
        ("SEARCH('x')", None),
        ("(" * 10_000, None),
        ("1 / 0 * a", None),
    ],
)
def test_metric_math(expression: str, values: dict[int, float | None] | None) -> None:
    metrics = {"a": {1: 2.0, 2: 4.0}, "b": {2: 5.0, 3: 0.0}}
    if values is None:
        with pytest.raises(BadExpression):
            evaluate(expression, lambda id: metrics.get(id, {}))
        return
    found = evaluate(expression, metrics.__getitem__)
    assert found == {at: value for at, value in values.items() if value is not None}


def test_other_metrics_beside_lambdas(shared_endpoint: LocalEndpoint, counted: str) -> None:
    cloudwatch = shared_endpoint.client("cloudwatch")
    cloudwatch.put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3, "Unit": "Count"}]
    )
    found = {each["Namespace"] for each in cloudwatch.list_metrics()["Metrics"]}
    assert {"AWS/Lambda", "Shop"} <= found
    metrics = {
        "own": _of(counted, "Errors"),
        "other": {"Namespace": "Shop", "MetricName": "Orders"},
    }
    times = {key: value for key, value in _range().items() if key != "Period"}
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            {"Id": id, "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}}
            for id, metric in metrics.items()
        ],
        **times,
    )
    values = {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}
    assert values == {"own": [1], "other": [3]}
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats(allow_nan=False)
        | st.text()
        | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_cbor_there_and_back(value: Any) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@given(st.binary(max_size=60))
def test_cbor_is_understood_or_refused(data: bytes) -> None:
    try:
        cbor.decode(data)
    except cbor.BadCbor:
        pass
