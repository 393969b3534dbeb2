"""CloudWatch for namespace AWS/Lambda: ListMetrics, GetMetricStatistics, GetMetricData.

Requests about anything else go to the services beside the local Lambda; an answer about both is
put together here.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from workbench.local.api.cloudwatch.metric_math import BadExpression, Series, evaluate
from workbench.local.api.protocols.model import ServiceModel, service_model
from workbench.local.api.protocols.validate import validate
from workbench.local.api.protocols.wire import Wire, wire_of
from workbench.local.errors import ApiError
from workbench.local.http.messages import Answer, Request, Response
from workbench.local.metrics.catalogue import NAMESPACE, dimension_sets, unit
from workbench.local.metrics.database import KEPT_SECONDS
from workbench.local.metrics.datapoints import Datapoint
from workbench.local.metrics.reader import MetricsReader, Wanted
from workbench.local.services.services import Services
from workbench.local.services.settings import OWN_CALLS, ServiceError

MAX_STATISTICS = 1_440  # datapoints in an answer of GetMetricStatistics
MAX_DATA = 100_800  # values in an answer of GetMetricData
PAGE = 500  # metrics in an answer of ListMetrics
RECENT_SECONDS = 3 * 3600  # RecentlyActive=PT3H
_XML_NAMESPACE = "http://monitoring.amazonaws.com/doc/2010-08-01/"
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

Input = dict[str, Any]
Output = dict[str, Any]


class CloudWatch:
    """Answers requests signed for `monitoring`; `services` has the metrics of all others."""

    def __init__(self, metrics: MetricsReader, services: Services) -> None:
        self._metrics = metrics
        self._services = services
        self._model: ServiceModel | None = None
        self._operations: dict[str, Callable[[Input], Awaitable[Output]]] = {
            "ListMetrics": self._list_metrics,
            "GetMetricStatistics": self._get_metric_statistics,
            "GetMetricData": self._get_metric_data,
        }

    def handle(self, request: Request) -> Answer:
        """The answer, an error's too, in the protocol of the request."""
        wire = wire_of(request, _XML_NAMESPACE)
        if wire.name in self._operations and _concerns_lambda(wire.name, request):
            return self._handle(wire)
        return self._services.handle(request)

    async def _handle(self, wire: Wire) -> Response:
        request_id = str(uuid.uuid4())
        try:
            return await self._answer(wire, request_id)
        except ApiError as error:
            return wire.error(error, request_id)

    async def _answer(self, wire: Wire, request_id: str) -> Response:
        if self._model is None:
            self._model = await asyncio.to_thread(service_model, "cloudwatch", "2010-08-01")
        operation = self._model.operations[wire.name]
        values = _without_nulls(wire.input(operation))
        try:
            validate(operation.input, values)
        except ApiError as error:
            raise ApiError("ValidationError", error.message) from None
        output = await self._operations[wire.name](values)
        return wire.response(operation, output, request_id)

    async def _list_metrics(self, input: Input) -> Output:
        since = 0 if "RecentlyActive" not in input else int(time.time()) - RECENT_SECONDS
        filters = [(d["Name"], d.get("Value")) for d in input.get("Dimensions") or ()]
        found: dict[str, Output] = {}  # by what identifies it, in order
        for series in await self._metrics.series(input.get("MetricName"), since):
            for dimensions in dimension_sets(series):
                if all(
                    name in dimensions and value in (None, dimensions[name])
                    for name, value in filters
                ):
                    metric = _metric(series.metric, dimensions)
                    found.setdefault(repr(metric), metric)
        start = _page(input.get("NextToken"))
        metrics = list(found.values())
        if "Namespace" not in input:
            metrics += await self._other_metrics(input)
        output: Output = {"Metrics": metrics[start : start + PAGE]}
        if len(metrics) > start + PAGE:
            output["NextToken"] = str(start + PAGE)
        return output

    async def _other_metrics(self, input: Input) -> list[Output]:
        asked = {key: value for key, value in input.items() if key != "NextToken"}
        metrics: list[Output] = []
        while True:
            answer = await self._other("ListMetrics", asked)
            metrics += answer["Metrics"]
            if not answer.get("NextToken"):
                return metrics
            asked["NextToken"] = answer["NextToken"]

    async def _other(self, operation: str, input: Input) -> Output:
        try:
            return await self._services.call("cloudwatch", operation, input)
        except ServiceError as error:
            raise ApiError(error.code, error.message) from None

    async def _get_metric_statistics(self, input: Input) -> Output:
        statistics = input.get("Statistics") or []
        extended = input.get("ExtendedStatistics") or []
        if not statistics and not extended:
            raise ApiError(
                "InvalidParameterCombination",
                "At least one of the parameters Statistics and ExtendedStatistics must be "
                "specified.",
            )
        for name in (*statistics, *extended):
            _check_statistic(name)
        metric, period = input["MetricName"], _period(input["Period"])
        start, end = _range(input)
        if (wanted := -(-(end - start) // period)) > MAX_STATISTICS:
            raise ApiError(
                "InvalidParameterCombination",
                f"You have requested up to {wanted:,} datapoints, which exceeds the limit of "
                f"{MAX_STATISTICS:,}. You may reduce the datapoints requested by increasing "
                "Period, or decreasing the time range.",
            )
        wanted_points = _wanted(input, metric, start, end, period)
        points = (await self._points([wanted_points]))[wanted_points]
        datapoints = []
        for at, point in sorted(points.items()):
            datapoint: Output = {name: _statistic(name, point) for name in statistics}
            if extended:
                datapoint["ExtendedStatistics"] = {
                    name: _statistic(name, point) for name in extended
                }
            datapoints.append({"Timestamp": at, **datapoint, "Unit": unit(metric)})
        return {"Label": metric, "Datapoints": datapoints}

    async def _get_metric_data(self, input: Input) -> Output:
        queries = {query["Id"]: query for query in input["MetricDataQueries"]}
        found = await self._series_of(input, queries)
        running: set[str] = set()

        def series(id: str) -> Series:
            """A query's values, those of an expression computed when they are first asked for."""
            if id not in found:
                if id not in queries or id in running:
                    raise BadExpression(f"{id} is no id of a metric, or leads back to itself.")
                running.add(id)
                found[id] = evaluate(queries[id].get("Expression") or "", series)
            return found[id]

        newest_first = input.get("ScanBy") != "TimestampAscending"
        results: list[Output] = []
        for id, query in queries.items():
            if query.get("ReturnData") is False:
                continue
            try:
                values = series(id)
            except BadExpression as error:
                raise ApiError("ValidationError", str(error)) from None
            except RecursionError:
                message = "The expressions refer to each other too deeply."
                raise ApiError("ValidationError", message) from None
            times = sorted(values, reverse=newest_first)[: input.get("MaxDatapoints") or MAX_DATA]
            metric = ((query.get("MetricStat") or {}).get("Metric") or {}).get("MetricName")
            results.append(
                {
                    "Id": id,
                    "Label": query.get("Label") or metric or id,
                    "Timestamps": times,
                    "Values": [values[at] for at in times],
                    "StatusCode": "Complete",
                }
            )
        return {"MetricDataResults": results, "Messages": []}

    async def _series_of(self, input: Input, queries: dict[str, Input]) -> dict[str, Series]:
        """The values of all queries that are no expressions, by id."""
        start, end = _range(input)
        found: dict[str, Series] = {}
        ours: list[tuple[str, str, Wanted | None]] = []  # id and statistic of queries
        others: list[Input] = []
        for id, query in queries.items():
            stat = query.get("MetricStat")
            if stat is None:
                continue
            if stat["Metric"].get("Namespace") != NAMESPACE:
                others.append({**query, "ReturnData": True})
                continue
            _check_statistic(stat["Stat"])
            metric, period = stat["Metric"].get("MetricName", ""), _period(stat["Period"])
            of = {**stat["Metric"], "Unit": stat.get("Unit")}
            ours.append((id, stat["Stat"], _wanted(of, metric, start, end, period)))
        # Read at once: statistics of one metric are one thing to read, and there may be hundreds.
        points = await self._points(wanted for _, _, wanted in ours)
        for id, name, wanted in ours:
            found[id] = {at: _statistic(name, point) for at, point in points[wanted].items()}
        if others:
            asked = {"StartTime": input["StartTime"], "EndTime": input["EndTime"]}
            answer = await self._other("GetMetricData", {**asked, "MetricDataQueries": others})
            for result in answer["MetricDataResults"]:
                times = [int(time.timestamp()) for time in result["Timestamps"]]
                found[result["Id"]] = dict(zip(times, result["Values"], strict=False))
        return found

    async def _points(
        self, wanted: Iterable[Wanted | None]
    ) -> dict[Wanted | None, dict[int, Datapoint]]:
        """The datapoints of each of `wanted`, by the beginning of their period; none for None."""
        asked = list(dict.fromkeys(each for each in wanted if each is not None))
        found = await self._metrics.datapoints(asked) if asked else []
        return {None: {}, **dict(zip(asked, found, strict=True))}


def _wanted(of: Input, metric: str, start: int, end: int, period: int) -> Wanted | None:
    """What a request for a metric with the Dimensions and Unit in `of` reads; None for nothing."""
    if of.get("Unit") not in (None, unit(metric)):
        return None
    dimensions = tuple((d["Name"], d["Value"]) for d in of.get("Dimensions") or ())
    start = start // 60 * 60
    start = max(start, start + (int(time.time()) - KEPT_SECONDS - start) // period * period)
    return Wanted(metric, dimensions, start, end, period)


def _concerns_lambda(operation: str, request: Request) -> bool:
    """Whether a request has to do with our namespace, in whatever protocol it is written."""
    body = request.body
    if b"AWS/Lambda" in body or b"AWS%2FLambda" in body:
        return True
    of_any = operation == "ListMetrics" and b"Namespace" not in body
    return of_any and OWN_CALLS not in request.headers.get("user-agent", "")


def _without_nulls(value: Any) -> Any:
    """A value whose lists have no null in them: it stands for nothing there."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items()}
    return value


def _metric(name: str, dimensions: dict[str, str]) -> Output:
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": pairs}


def _statistic(name: str, point: Datapoint) -> float:
    match name:
        case "SampleCount":
            return float(point.count)
        case "Sum":
            return point.sum
        case "Average":
            return point.sum / point.count
        case "Minimum":
            return point.minimum
        case "Maximum":
            return point.maximum
    return point.percentile(float(name[1:]))


def _check_statistic(name: str) -> None:
    if name not in ("SampleCount", "Sum", "Average", "Minimum", "Maximum") and (
        _PERCENTILE.fullmatch(name) is None
    ):
        raise ApiError("InvalidParameterValue", f"The value {name} for parameter Stat is invalid.")


def _period(seconds: int) -> int:
    if seconds % 60:
        raise ApiError(
            "InvalidParameterValue", "The parameter Period must be a multiple of 60 seconds."
        )
    return seconds


def _range(input: Input) -> tuple[int, int]:
    start, end = int(input["StartTime"]), int(input["EndTime"])
    if start >= end:
        raise ApiError(
            "InvalidParameterValue",
            "The parameter StartTime must be less than the parameter EndTime.",
        )
    return start, end


def _page(token: str | None) -> int:
    if token and not (token.isdecimal() and len(token) < 12):
        raise ApiError("InvalidNextToken", "The NextToken is invalid.")
    return int(token or 0)
