"""A CloudFront distribution whose functions run at the edge (lambda-facts §8.4).

There is no cache: each request gets to the origin, and each event to its function.
"""

from __future__ import annotations

import asyncio
import hashlib
import html
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from workbench.local.errors import ApiError
from workbench.local.fronts.distributions import edge_events, edge_results
from workbench.local.fronts.distributions.edge_origin import OriginError, fetch
from workbench.local.fronts.distributions.edge_results import LIMIT, EdgeResponse
from workbench.local.fronts.front import failure, route_document
from workbench.local.fronts.function_caller import checked
from workbench.local.fronts.payload_v2 import MalformedResult
from workbench.local.fronts.place import Place
from workbench.local.fronts.refusals import Refusal
from workbench.local.fronts.wildcards import matches
from workbench.local.http.messages import Answer, Request, Response
from workbench.local.request_ids import new_request_id, new_segment_id
from workbench.project.front_doors import edge_limits
from workbench.project.front_doors.distributions import Behavior, Distribution, EdgeEvent
from workbench.project.front_doors.front_door import Declared

_REQUESTS_AT_ONCE = 16  # to origins
_SET_HERE = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "via"})


class _Failed(Exception):
    """The viewer gets an error page. `cache` is what its X-Cache says, `reason` is for the
    screen."""

    def __init__(self, status: int, cache: str, reason: str, function: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.cache = cache
        self.reason = reason
        self.function = function


@dataclass(slots=True)
class _Exchange:
    """One request on its way. `request` is the one of the events."""

    sent: Request
    behavior: Behavior
    request: dict[str, Any]
    body: bytes
    id: str
    trace: str | None


class EdgeFront:
    """Serves one distribution at `port`."""

    kind = "Edge"

    def __init__(self, distribution: Distribution, port: int, place: Place) -> None:
        self.port = port
        self._distribution = distribution
        self._config = place.config
        self._caller = place.caller
        self._tell = place.tell
        self._services = place.services
        digest = hashlib.sha256(distribution.name.encode()).hexdigest()
        self._names = (f"d{digest[:13]}.cloudfront.net", f"E{digest[:13].upper()}")
        self._via = f"1.1 {digest[13:45]}.cloudfront.net (CloudFront)"
        self._threads = ThreadPoolExecutor(_REQUESTS_AT_ONCE, "origin")

    def redeclared(self, declared: Declared) -> bool:
        return False

    def call_back(self, request: Request) -> Answer | None:
        return None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def describe(self) -> dict[str, object]:
        return {
            "Kind": self.kind,
            "Name": self._distribution.name,
            "Url": f"http://{self._config.host}:{self.port}/",
            "Routes": [
                route_document(event, "/" + behavior.pattern.lstrip("/"), association.function)
                for behavior in self._distribution.behaviors
                for event, association in behavior.associations.items()
            ],
        }

    def error_response(self, request: Request | None, error: ApiError) -> Response:
        return self._page(error.status, "Error from cloudfront", error.message or "Bad request.")

    def handle(self, request: Request) -> Answer:
        return self._answer(request)

    async def _answer(self, sent: Request) -> Response:
        behavior = self._behavior(sent.path)
        trace = sent.headers.get("x-amzn-trace-id")
        id_ = new_request_id().replace("-", "") + new_segment_id() + "=="
        exchange = _Exchange(sent, behavior, edge_events.request(sent), sent.body, id_, trace)
        try:
            response, cache = await self._exchanged(exchange)
        except _Failed as failed:
            self._told(sent, failed.status, failed.reason, failed.function)
            shown = failed.reason if failed.cache.startswith("LambdaV") else _EXCUSE
            return self._page(failed.status, f"{failed.cache} from cloudfront", shown)
        headers = [
            (line["key"], line["value"])
            for name, lines in response.headers.items()
            if name not in _SET_HERE
            for line in lines
        ]
        headers += [("X-Cache", f"{cache} from cloudfront"), ("Via", self._via)]
        headers.append(("X-Amz-Cf-Id", id_))
        if response.status >= 400:
            self._told(sent, response.status, f"The answer has status {response.status}.", None)
        return Response(response.status, response.body or b"", headers)

    def _behavior(self, path: str) -> Behavior:
        *others, default = self._distribution.behaviors
        for behavior in others:
            if matches("/" + behavior.pattern.lstrip("/"), path):
                return behavior
        return default

    async def _exchanged(self, exchange: _Exchange) -> tuple[EdgeResponse, str]:
        """The response to the viewer, and where it comes from."""
        generated = await self._request_event("viewer-request", exchange)
        if generated is not None:
            return generated, "LambdaGeneratedResponse"
        origin = self._distribution.origins.get(exchange.behavior.origin)
        if origin is None:
            reason = f"The origin {exchange.behavior.origin} is not reached from here."
            raise _Failed(502, "Error", reason)
        viewed = exchange.request
        exchange.request = edge_events.to_origin(viewed, origin, self._via, self._config.region)
        if viewed["uri"] == "/":
            exchange.request["uri"] += self._distribution.root_object
        generated = await self._request_event("origin-request", exchange)
        if generated is not None:
            response, cache = generated, "LambdaGeneratedResponse"
            came = response.status
        else:
            response = await self._fetched(exchange)
            came, cache = response.status, "Miss" if response.status < 400 else "Error"
            response = await self._response_event("origin-response", exchange, response)
        if came < 400:
            exchange.request = viewed
            response = await self._response_event("viewer-response", exchange, response)
        return response, cache

    async def _request_event(self, event: EdgeEvent, exchange: _Exchange) -> EdgeResponse | None:
        """Have the function of a request event change the request; a response if it made one."""
        association = exchange.behavior.associations.get(event)
        if association is None:
            return None
        request = exchange.request
        if association.include_body:
            request = edge_events.with_body(request, exchange.body, LIMIT[event])
        given = await self._invoked(event, exchange, request)
        try:
            if "status" in given:
                return edge_results.response(event, given)
            exchange.request, exchange.body = edge_results.request(
                event, given, exchange.request, exchange.body
            )
        except MalformedResult as problem:
            raise _invalid(association.function, problem) from None
        return None

    async def _response_event(
        self, event: EdgeEvent, exchange: _Exchange, response: EdgeResponse
    ) -> EdgeResponse:
        """The response as the function of a response event leaves it."""
        association = exchange.behavior.associations.get(event)
        if association is None:
            return response
        shown = {
            "headers": response.headers,
            "status": str(response.status),
            "statusDescription": response.description,
        }
        given = await self._invoked(event, exchange, exchange.request, shown)
        try:
            return edge_results.response(event, given, response)
        except MalformedResult as problem:
            raise _invalid(association.function, problem) from None

    async def _invoked(
        self,
        event: EdgeEvent,
        exchange: _Exchange,
        request: dict[str, Any],
        response: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        function = exchange.behavior.associations[event].function
        document = edge_events.event(event, self._names, exchange.id, request, response)
        seconds = float(edge_limits.seconds(event))
        try:
            target = self._caller.target(function, None)
            trace = self._caller.trace(target, exchange.trace)
            result = await self._caller.result(target, document, trace, seconds)
            payload = checked(function, result, seconds).payload
        except Refusal as refusal:
            cache = "LambdaExecutionError"
            if refusal.why == "unavailable" and "Rate Exceeded" in refusal.reason:
                cache = "LambdaLimitExceeded"
            raise _Failed(503, cache, f"{event}: {refusal.reason}", function) from None
        try:
            return edge_results.result(payload)
        except MalformedResult as problem:
            raise _invalid(function, problem) from None

    async def _fetched(self, exchange: _Exchange) -> EdgeResponse:
        loop = asyncio.get_running_loop()
        try:
            got = await loop.run_in_executor(
                self._threads, fetch, exchange.request, exchange.body, self._services().endpoint_url
            )
        except OriginError as error:
            raise _Failed(error.status, "Error", str(error)) from None
        via = [*got.headers, ("Via", self._via)]
        headers = edge_events.headers(via)
        return EdgeResponse(got.status, got.description, headers, got.body)

    def _told(self, sent: Request, status: int, reason: str, function: str | None) -> None:
        self._tell(failure(self.kind, self._distribution.name, sent, status, reason, function))

    def _page(self, status: int, cache: str, reason: str) -> Response:
        """An error as CloudFront itself words it."""
        phrase = HTTPStatus(status).phrase
        page = (
            "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>"
            f"<H1>{status} ERROR</H1><H2>The request could not be satisfied.</H2><HR>"
            f"{phrase}. {html.escape(reason)}</BODY></HTML>"
        )
        headers = [
            ("Server", "CloudFront"),
            ("Content-Type", "text/html"),
            ("X-Cache", cache),
            ("Via", self._via),
        ]
        return Response(status, page.encode(), headers)


_EXCUSE = (
    "We can't connect to the server for this app or website at this time. There might be too "
    "much traffic or a configuration error."
)


def _invalid(function: str, problem: MalformedResult) -> _Failed:
    reason = f"The Lambda function result failed validation: {problem}."
    return _Failed(502, "LambdaValidationError", reason, function)
