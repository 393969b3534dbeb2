"""X-Ray's API as far as one program has it: put segments, read traces, ask about sampling."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from workbench.local.api.protocols import parse, serialise
from workbench.local.api.protocols.model import ServiceModel, service_model
from workbench.local.api.protocols.validate import validate
from workbench.local.api.xray.trace_summaries import matching, summary
from workbench.local.errors import ApiError
from workbench.local.http.messages import Request, Response
from workbench.local.xray import documents
from workbench.local.xray.daemon import RULE
from workbench.local.xray.documents import BadSegment
from workbench.local.xray.reader import TracesReader

MAX_TRACES = 5  # in a BatchGetTraces
MAX_HOURS = 24  # between StartTime and EndTime of GetTraceSummaries
PAGE = 100

Input = dict[str, Any]
Output = dict[str, Any]


class XRay:
    """Answers requests signed for `xray`. `take` gets each segment document that was put."""

    def __init__(self, traces: TracesReader, take: Callable[[bytes], None]) -> None:
        self._traces = traces
        self._take = take
        self._model: ServiceModel | None = None
        self._operations: dict[str, Callable[[Input], Awaitable[Output]]] = {
            "PutTraceSegments": self._put_trace_segments,
            "PutTelemetryRecords": _put_telemetry_records,
            "BatchGetTraces": self._batch_get_traces,
            "GetTraceSummaries": self._get_trace_summaries,
            "GetSamplingRules": _get_sampling_rules,
            "GetSamplingTargets": _get_sampling_targets,
        }

    async def handle(self, request: Request) -> Response:
        """The answer to one request. Raises ApiError."""
        if self._model is None:
            self._model = await asyncio.to_thread(service_model, "xray", "2016-04-12")
        query = request.query_pairs()
        route = self._model.route(request.method, request.path, query)
        if route is None:
            raise ApiError(
                "UnknownOperationException",
                f"X-Ray has no operation {request.method} {request.path}.",
                status=404,
            )
        implementation = self._operations.get(route.operation.name)
        if implementation is None:
            raise ApiError(
                "NotImplementedException",
                f"The local Lambda does not offer {route.operation.name} of X-Ray.",
                status=501,
            )
        values = parse.rest_json(route, request, query)
        try:
            validate(route.operation.input, values)
        except ApiError as error:
            raise _invalid(error.message or "") from None
        return serialise.rest_json(route.operation, await implementation(values), str(uuid.uuid4()))

    async def _put_trace_segments(self, input: Input) -> Output:
        unprocessed: list[Output] = []
        for text in input["TraceSegmentDocuments"]:
            try:
                documents.parse(text or "")
            except BadSegment as error:
                unprocessed.append(
                    {"Id": error.id, "ErrorCode": error.code, "Message": f"{error.code}."}
                )
            else:
                self._take(text.encode("utf-8", "replace"))
        return {"UnprocessedTraceSegments": unprocessed}

    async def _batch_get_traces(self, input: Input) -> Output:
        wanted = input["TraceIds"]
        if len(wanted) > MAX_TRACES:
            raise _invalid(f"At most {MAX_TRACES} traces can be got at a time.")
        found = await self._traces.traces([trace_id for trace_id in wanted if trace_id])
        return {
            "Traces": [
                {
                    "Id": trace_id,
                    "Duration": summary(trace_id, segments)["Duration"],
                    "LimitExceeded": False,
                    "Segments": [
                        {"Id": segment["id"], "Document": json.dumps(segment)}
                        for segment in segments
                    ],
                }
                for trace_id, segments in found.items()
            ],
            "UnprocessedTraceIds": [],
        }

    async def _get_trace_summaries(self, input: Input) -> Output:
        start, end = float(input["StartTime"]), float(input["EndTime"])
        if start >= end:
            raise _invalid("StartTime must be before EndTime.")
        if end - start > MAX_HOURS * 3600:
            raise _invalid(f"Time range cannot be longer than {MAX_HOURS} hours.")
        wanted = matching(input.get("FilterExpression") or "")
        token = input.get("NextToken") or "0"
        if not (token.isdecimal() and len(token) < 12):
            raise _invalid("The NextToken is invalid.")
        found = await self._traces.between(start, end, PAGE, int(token))
        summaries = [summary(trace_id, segments) for trace_id, segments in found.items()]
        output: Output = {
            "TraceSummaries": [each for each in summaries if wanted(each)],
            "ApproximateTime": time.time(),
            "TracesProcessedCount": len(found),
        }
        if len(found) == PAGE:
            output["NextToken"] = str(int(token) + PAGE)
        return output


async def _put_telemetry_records(input: Input) -> Output:
    return {}


async def _get_sampling_rules(input: Input) -> Output:
    return {"SamplingRuleRecords": [{"SamplingRule": RULE, "CreatedAt": 0, "ModifiedAt": 0}]}


async def _get_sampling_targets(input: Input) -> Output:
    return {
        "SamplingTargetDocuments": [{"RuleName": "Default", "FixedRate": 1.0, "Interval": 10}],
        "LastRuleModification": 0,
        "UnprocessedStatistics": [],
    }


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidRequestException", message)
