"""One request to a function URL: its event, the invocation, the response (lambda-facts §8.3)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from workbench.local.api.context import Context
from workbench.local.api.functions.specs import Specs
from workbench.local.api.invoking.invoke import check_size, started
from workbench.local.api.protocols.serialise import encode
from workbench.local.errors import ApiError
from workbench.local.fronts import payload_v2
from workbench.local.fronts.client import SOURCE_IP, added_headers
from workbench.local.fronts.front import failure
from workbench.local.fronts.function_caller import error_message
from workbench.local.fronts.function_urls import cors
from workbench.local.fronts.function_urls.url_access import forbidden
from workbench.local.fronts.iam import iam_identity, signed_by
from workbench.local.fronts.place import Tell
from workbench.local.gate import Caller
from workbench.local.http.messages import (
    Answer,
    BrokenOff,
    Deferred,
    Request,
    Response,
    plain_error,
)
from workbench.local.request_ids import new_request_id
from workbench.local.runtime.execution import Execution
from workbench.local.runtime.records import InvokeRequest, InvokeResult
from workbench.local.runtime.response_stream import STREAM_TYPE, ResponseStream
from workbench.local.store.records import LATEST

# The content type of a streamed response that begins with its status and headers (§1.9).
INTEGRATION_RESPONSE = "application/vnd.awslambda.http-integration-response"
_PRELUDE_END = b"\0" * 8
_MAX_PRELUDE = 1024 * 1024
_SLASHES = re.compile("/{2,}")  # AWS makes one of them


@dataclass(frozen=True, slots=True)
class UrlSettings:
    """How one URL is configured. `public` is whether its policy lets everybody in."""

    id: str
    function: str
    qualifier: str
    port: int
    iam: bool
    public: bool
    cors: Mapping[str, Any] | None
    streams: bool


class UrlInvocations:
    """Answers requests to URLs. `in_flight` counts the invocations that run for them,
    `last_request` is when the last one came (`time.monotonic`); `tell` hears of those that
    fail."""

    def __init__(self, context: Context, specs: Specs, tell: Tell) -> None:
        self._context = context
        self._specs = specs
        self._tell = tell
        self.in_flight = 0
        self.last_request = 0.0

    def answer(self, url: UrlSettings, request: Request) -> Answer:
        """The answer to one request; errors are responses too."""
        began = self.last_request = time.monotonic()
        if url.streams:
            return self._streamed(url, request, began)
        answer = Deferred()

        def answered(result: InvokeResult) -> None:
            self.in_flight -= 1
            response = _buffered(result, execution.request)
            answer.resolve(self._finished(url, request, response, began, _why(result)))

        try:
            execution = self._invoke(url, request, None)
        except ApiError as error:
            response = plain_error(request, error)
            return self._finished(url, request, response, began, _refused(url, error))
        execution.on_result(answered)
        return answer

    async def _streamed(self, url: UrlSettings, request: Request, began: float) -> Response:
        stream, why = ResponseStream(), ""

        def answered(result: InvokeResult) -> None:
            nonlocal why
            self.in_flight -= 1
            why = _why(result)
            stream.end()

        try:
            execution = self._invoke(url, request, stream)
        except ApiError as error:
            response, why = plain_error(request, error), _refused(url, error)
        else:
            execution.on_result(answered)
            response = await _begun(execution, stream)
        if request.method == "HEAD":  # nobody reads the body
            stream.abandon()
            response.body = b""
        return self._finished(url, request, response, began, why)

    def _finished(
        self, url: UrlSettings, request: Request, response: Response, began: float, why: str = ""
    ) -> Response:
        """The response with CORS headers, counted; `why` it failed, if that is known."""
        response.headers = [*response.headers, *cors.response_headers(url.cors, request)]
        count, qualifier = self._context.metrics.count, url.qualifier
        qualifier = "" if qualifier == LATEST else qualifier
        count("UrlRequestCount", url.function, qualifier=qualifier)
        latency = (time.monotonic() - began) * 1000
        count("UrlRequestLatency", url.function, latency, qualifier=qualifier)
        if response.status >= 400:
            name = "Url4xxCount" if response.status < 500 else "Url5xxCount"
            count(name, url.function, qualifier=qualifier)
            door = f"{url.function}:{qualifier}" if qualifier else url.function
            reason = why or f"{url.function} answered with status {response.status}."
            status = response.status
            self._tell(failure("FunctionUrl", door, request, status, reason, url.function))
        return response

    def _invoke(
        self, url: UrlSettings, request: Request, stream: ResponseStream | None
    ) -> Execution:
        """Begin the invocation. Raises ApiError when it may not be, or cannot."""
        if not url.iam and not url.public:
            raise forbidden()
        signer = signed_by(request, "lambda") if url.iam else None
        if url.iam and signer is None:
            raise forbidden()
        qualifier = None if url.qualifier == LATEST else url.qualifier
        target = self._specs.find(url.function, qualifier)
        request_id = new_request_id()
        # Function URLs have no part in the detection of loops.
        trace = self._context.sampler.header(target.spec, request.headers.get("x-amzn-trace-id"))
        event = self._event(url, request, request_id, trace, signer)
        payload = encode(event)
        check_size(payload)
        invocation = InvokeRequest(request_id, payload, target.invoked_arn, trace, stream=stream)
        spec = target.choose()
        execution = started(lambda: self._context.runtime.invoke(spec, invocation))
        self.in_flight += 1
        return execution

    def _event(
        self, url: UrlSettings, request: Request, request_id: str, trace: str, signer: Caller | None
    ) -> dict[str, Any]:
        config = self._context.config
        path = _SLASHES.sub("/", request.path)
        context: dict[str, Any] = {
            "accountId": config.account if signer else "anonymous",
            "apiId": url.id,
        }
        if signer is not None:
            context["authorizer"] = {"iam": iam_identity(config.account, signer)}
        context |= {
            "domainName": request.headers["host"],  # AWS: <id>.lambda-url.<region>.on.aws
            "domainPrefix": url.id,
            "http": {**payload_v2.http_member(request, SOURCE_IP), "path": unquote(path)},
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            **payload_v2.time_members(time.time()),
        }
        # The port and protocol are the true ones: with them and Host a program makes links to
        # itself. The TLS that AWS would have used is shown because programs look at it.
        added = {
            "x-amzn-tls-cipher-suite": "TLS_AES_128_GCM_SHA256",
            "x-amzn-tls-version": "TLSv1.3",
            **{name.lower(): value for name, value in added_headers(trace, url.port)},
        }
        return {
            "version": "2.0",
            "routeKey": "$default",
            **payload_v2.request_members(request, added),
            "rawPath": path,
            "requestContext": context,
            **payload_v2.body_members(request),
        }


def _refused(url: UrlSettings, error: ApiError) -> str:
    """Why a request did not get to the function."""
    if error.code != "AccessDeniedException":
        return f"{url.function}: {error.message}"
    if url.iam:
        return f"The URL of {url.function} takes signed requests only (AuthType AWS_IAM)."
    return f"The policy of {url.function} does not open its URL to everybody."


def _why(result: InvokeResult) -> str:
    """Why an invocation failed; "" when it did not."""
    if result.refusal is not None:
        return str(result.refusal[1])
    return error_message(result) if result.function_error is not None else ""


def _headers(invocation: InvokeRequest) -> list[tuple[str, str]]:
    return [
        ("x-amzn-RequestId", invocation.request_id),
        ("X-Amzn-Trace-Id", invocation.trace_header.partition(";")[0]),
    ]


def _failed(invocation: InvokeRequest) -> Response:
    """A function's error, or a result that is no response: the client learns no more than that."""
    headers = [("Content-Type", payload_v2.JSON_TYPE), *_headers(invocation)]
    return Response(502, b"Internal Server Error", headers)


def _buffered(result: InvokeResult, invocation: InvokeRequest) -> Response:
    """The response to a whole result, interpreted by payload format 2.0."""
    if result.streamed or result.function_error is not None:
        return _whole(result, invocation)
    try:
        response = payload_v2.response(result.payload)
    except payload_v2.MalformedResult:
        return _failed(invocation)
    response.headers = [*response.headers, *_headers(invocation)]
    return response


def _whole(result: InvokeResult, invocation: InvokeRequest) -> Response:
    """The response to a whole result as streaming takes it: as it is, or after a prelude."""
    if result.function_error is not None:
        return _failed(invocation)
    if result.streamed and result.content_type == INTEGRATION_RESPONSE:
        prelude, _, body = result.payload.partition(_PRELUDE_END)
        return _with_prelude(prelude, body, invocation)
    headers = [("Content-Type", result.content_type), *_headers(invocation)]
    return Response(200, result.payload, headers)


def _with_prelude(
    prelude: bytes, body: bytes | AsyncIterator[bytes], invocation: InvokeRequest
) -> Response:
    try:
        metadata = json.loads(prelude)
        if not isinstance(metadata, dict):
            raise payload_v2.MalformedResult
        status, headers = payload_v2.head(metadata, STREAM_TYPE)
    except (ValueError, payload_v2.MalformedResult):
        return _failed(invocation)
    if status in (204, 304):
        body = b""
    return Response(status, body, [*headers, *_headers(invocation)])


async def _begun(execution: Execution, stream: ResponseStream) -> Response:
    """The response as soon as its beginning is there; the rest follows as it comes."""
    try:
        response = await _beginning(execution, stream)
    except BaseException:
        stream.abandon()
        raise
    if isinstance(response.body, bytes):
        stream.abandon()
    return response


async def _beginning(execution: Execution, stream: ResponseStream) -> Response:
    invocation = execution.request
    first = await stream.read()
    if stream.content_type == INTEGRATION_RESPONSE:
        while first and _PRELUDE_END not in first and len(first) < _MAX_PRELUDE:
            more = await stream.read()
            if not more:
                return _failed(invocation)
            first += more
        prelude, _, first = first.partition(_PRELUDE_END)
        return _with_prelude(prelude, _rest(first, execution, stream), invocation)
    if not first:
        assert execution.result is not None
        return _whole(execution.result, invocation)
    headers = [("Content-Type", stream.content_type or ""), *_headers(invocation)]
    return Response(200, _rest(first, execution, stream), headers)


async def _rest(first: bytes, execution: Execution, stream: ResponseStream) -> AsyncIterator[bytes]:
    """What was read already and all that follows. Raises BrokenOff when the function fails."""
    try:
        yield first
        while piece := await stream.read():
            yield piece
        if execution.result is not None and execution.result.function_error is not None:
            raise BrokenOff
    finally:
        stream.abandon()
