"""InvokeWithResponseStream: a function's answer as an event stream, while it comes
(lambda-facts §1.9, §2.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from workbench.local.api.context import Context
from workbench.local.api.functions.specs import Specs
from workbench.local.api.invoking import recursion
from workbench.local.api.invoking.invoke import (
    checked_client_context,
    checked_payload,
    log_result,
    response_headers,
    started,
)
from workbench.local.api.protocols.event_stream import CONTENT_TYPE, event
from workbench.local.api.protocols.model import Route
from workbench.local.api.protocols.parse import rest_json
from workbench.local.api.protocols.serialise import encode
from workbench.local.api.protocols.validate import validate
from workbench.local.http.messages import Request, Response
from workbench.local.request_ids import new_request_id
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.records import InvokeRequest
from workbench.local.runtime.response_stream import ResponseStream


class StreamInvoker:
    """Answers InvokeWithResponseStream requests. `in_flight` counts those being answered."""

    def __init__(self, context: Context, specs: Specs) -> None:
        self._context = context
        self._specs = specs
        self.in_flight = 0

    async def handle(self, route: Route, request: Request) -> Response:
        """The answer to one request. Raises ApiError for what happens before the function runs
        (lambda-facts §2.3); all later errors are in the stream."""
        input = rest_json(route, request, request.query_pairs())
        validate(route.operation.input, input)
        target = self._specs.find(input["FunctionName"], input.get("Qualifier"))
        payload = checked_payload(request.body)
        request_id = new_request_id()
        if input.get("InvocationType") == "DryRun":
            return Response(204, b"", [("x-amzn-RequestId", request_id)])
        incoming = request.headers.get("x-amzn-trace-id")
        trace = recursion.trace_header(self._context, target, incoming)
        client_context = input.get("ClientContext")
        stream = ResponseStream()
        invocation = InvokeRequest(
            request_id,
            payload,
            target.invoked_arn,
            trace,
            client_context=client_context and checked_client_context(client_context),
            token=request.headers.get("x-workbench-invocation"),
            stream=stream,
        )
        spec = target.choose()
        execution = started(lambda: self._context.runtime.invoke(spec, invocation))
        self.in_flight += 1
        execution.on_result(lambda result: self._answered(stream))
        headers = response_headers(request_id, trace, CONTENT_TYPE[1])
        headers.append(("X-Amz-Executed-Version", spec.version))
        return Response(200, _events(execution, stream, input.get("LogType") == "Tail"), headers)

    def _answered(self, stream: ResponseStream) -> None:
        self.in_flight -= 1
        stream.end()


async def _events(execution: Execution, stream: ResponseStream, tail: bool) -> AsyncIterator[bytes]:
    """PayloadChunk as bytes arrive, one for an answer that was not streamed; InvokeComplete."""
    try:
        sent = False
        while piece := await stream.read():
            sent = True
            yield _chunk(piece)
        result = execution.result
        assert result is not None
        complete: dict[str, str] = {}
        if not sent and not (result.streamed and result.function_error is None):
            yield _chunk(result.payload)
        if result.function_error is not None:
            complete["ErrorCode"] = result.function_error
            complete["ErrorDetails"] = result.payload.decode("utf-8", "replace")
        if tail:
            complete["LogResult"] = log_result((await execution.completed()).log_text)
        yield event("InvokeComplete", encode(complete))
    finally:
        stream.abandon()


def _chunk(piece: bytes) -> bytes:
    return event("PayloadChunk", piece, "application/octet-stream")
