"""Invoke: the hot path. No generic parsing once a function is known (lambda-facts §2)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from urllib.parse import parse_qs, unquote

from workbench.local.api.context import Context
from workbench.local.api.functions.specs import Specs, Target
from workbench.local.api.invoking import recursion
from workbench.local.api.protocols.model import Operation, Route
from workbench.local.api.protocols.parse import rest_json
from workbench.local.api.protocols.payload import is_json, jackson_error
from workbench.local.api.protocols.validate import validate
from workbench.local.delivery.async_invocations import MAX_EVENT
from workbench.local.delivery.async_queue import AsyncQueue
from workbench.local.errors import ApiError
from workbench.local.http.messages import Answer, Deferred, Request, Response
from workbench.local.request_ids import new_request_id
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.records import (
    FunctionSpec,
    InvokeRequest,
    InvokeResult,
    Throttled,
    UnsupportedRuntime,
)

PREFIX = "/2015-03-31/functions/"
SUFFIX = "/invocations"

MAX_PAYLOAD = 6_291_456
MAX_CLIENT_CONTEXT = 3_583
LOG_TAIL = 4_096


class Invoker:
    """Answers Invoke requests. `in_flight` counts the synchronous ones being answered."""

    def __init__(
        self, context: Context, operation: Operation, specs: Specs, queue: AsyncQueue
    ) -> None:
        self._context = context
        self._operation = operation
        self._specs = specs
        self._queue = queue
        self._known: set[tuple[str, str]] = set()
        self.in_flight = 0

    def handle(self, request: Request) -> Answer:
        """The answer to one Invoke. Raises ApiError (lambda-facts §2.3)."""
        headers = request.headers
        kind = headers.get("x-amz-invocation-type", "RequestResponse")
        tail = headers.get("x-amz-log-type", "None")
        target = self._target(request, kind, tail)
        payload = checked_payload(request.body, kind)
        if kind == "DryRun":
            return Response(204, b"", [("x-amzn-RequestId", new_request_id())])
        request_id = new_request_id()
        trace = headers.get("x-amzn-trace-id")
        if kind == "Event":
            return self._accept(target, payload, request_id, trace)
        trace = recursion.trace_header(self._context, target, trace)
        context = headers.get("x-amz-client-context")
        invocation = InvokeRequest(
            request_id,
            payload,
            target.invoked_arn,
            trace,
            client_context=None if context is None else checked_client_context(context),
            token=headers.get("x-workbench-invocation"),
        )
        spec = target.choose()
        execution = started(lambda: self._context.runtime.invoke(spec, invocation))
        self.in_flight += 1
        answer = Deferred()
        if tail == "Tail":
            execution.on_completion(
                lambda done: self._answer(answer, spec, invocation, done.result, done.log_text)
            )
        else:
            execution.on_result(lambda result: self._answer(answer, spec, invocation, result, None))
        return answer

    def invoke_async(self, route: Route, request: Request) -> Response:
        """The answer to an InvokeAsync, Invoke's predecessor. Raises ApiError."""
        input = rest_json(route, request, request.query_pairs())
        validate(route.operation.input, input)
        target = self._specs.find(input["FunctionName"], None)
        payload = checked_payload(request.body, "Event")
        trace = request.headers.get("x-amzn-trace-id")
        accepted = self._accept(target, payload, new_request_id(), trace)
        return Response(202, b"{}", accepted.headers)

    def _accept(
        self, target: Target, payload: bytes, request_id: str, trace: str | None
    ) -> Response:
        trace = self._context.sampler.header(target.spec, trace)
        self._queue.accept(request_id, target.spec.name, _qualifier(target), payload, trace)
        return Response(202, b"", response_headers(request_id, trace))

    def _answer(
        self,
        answer: Deferred,
        spec: FunctionSpec,
        invocation: InvokeRequest,
        result: InvokeResult,
        log_text: str | None,
    ) -> None:
        self.in_flight -= 1
        if result.refusal is not None:
            answer.resolve(_refused(ApiError(*result.refusal), invocation.request_id))
            return
        headers = response_headers(invocation.request_id, invocation.trace_header)
        headers.append(("X-Amz-Executed-Version", spec.version))
        if result.function_error is not None:
            headers.append(("X-Amz-Function-Error", result.function_error))
        if log_text is not None:
            headers.append(("X-Amz-Log-Result", log_result(log_text)))
        answer.resolve(Response(200, result.payload, headers))

    def _target(self, request: Request, kind: str, tail: str) -> Target:
        path, query = request.path, request.query
        name = path[len(PREFIX) : -len(SUFFIX)]
        plain = (path, query) in self._known
        if not plain or kind not in _KINDS or tail not in ("None", "Tail"):
            # The model's checks, once for each way of naming a function.
            route = Route(self._operation, {"FunctionName": unquote(name)})
            validate(self._operation.input, rest_json(route, request, request.query_pairs()))
        if "%" in name:
            name = unquote(name)
        qualifier = parse_qs(query).get("Qualifier", [None])[0] if query else None
        target = self._specs.find(name, qualifier)
        if not plain:
            if len(self._known) > 20_000:
                self._known.clear()
            self._known.add((path, query))
        return target


def _refused(error: ApiError, request_id: str) -> Response:
    """The response to an invocation that was accepted and could not run after all."""
    headers = [("Content-Type", "application/json"), ("x-amzn-RequestId", request_id)]
    headers.append(("x-amzn-ErrorType", error.code))
    return Response(error.status, error.rest_json(), headers)


_KINDS = ("RequestResponse", "Event", "DryRun")


def started(invoke: Callable[[], Execution]) -> Execution:
    """Begin an invocation; what the runtime refuses becomes AWS's error."""
    try:
        return invoke()
    except Throttled as throttled:
        raise ApiError(
            "TooManyRequestsException",
            "Rate Exceeded.",
            extra={"Reason": throttled.reason},
            headers={"Retry-After": "1"},
        ) from None
    except UnsupportedRuntime as reason:
        raise ApiError("InvalidRuntimeException", str(reason)) from None


def checked_payload(body: bytes, kind: str = "RequestResponse") -> bytes:
    """The payload the handler gets; nothing is `{}`. Raises ApiError (lambda-facts §2.2)."""
    check_size(body, MAX_EVENT if kind == "Event" else MAX_PAYLOAD)
    if not body:
        return b"{}"
    if not is_json(body):
        raise ApiError(
            "InvalidRequestContentException",
            "Could not parse request body into json: Could not parse payload into json: "
            + jackson_error(body),
        )
    return body


def check_size(payload: bytes, limit: int = MAX_PAYLOAD) -> None:
    """Raise ApiError for a payload of more than `limit` bytes (lambda-facts §2.2)."""
    if len(payload) > limit:
        raise ApiError(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
        )


def checked_client_context(header: str) -> str:
    """The client context as JSON text. Raises ApiError for what is none."""
    try:
        decoded = base64.b64decode(header, validate=True)
        if len(header) > MAX_CLIENT_CONTEXT or not isinstance(json.loads(decoded), dict):
            raise ValueError
        return decoded.decode()
    except (binascii.Error, ValueError):
        raise ApiError(
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
        ) from None


def _qualifier(target: Target) -> str:
    return target.invoked_arn.partition(f":function:{target.spec.name}")[2][1:]


def log_result(log_text: str) -> str:
    """The end of an invocation's log as X-Amz-Log-Result has it."""
    return base64.b64encode(log_text.encode("utf-8", "replace")[-LOG_TAIL:]).decode()


def response_headers(
    request_id: str, trace: str, content_type: str = "application/json"
) -> list[tuple[str, str]]:
    """The headers of every answer to an invocation (lambda-facts §2.1)."""
    root = trace.partition(";")[0].removeprefix("Root=")
    sampled = "1" if "Sampled=1" in trace else "0"
    return [
        ("Content-Type", content_type),
        ("x-amzn-RequestId", request_id),
        ("x-amzn-Remapped-Content-Length", "0"),
        ("X-Amzn-Trace-Id", f"root={root};sampled={sampled}"),
    ]
