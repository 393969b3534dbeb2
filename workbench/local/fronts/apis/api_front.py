"""What HTTP APIs and REST APIs have in common: from a request to its function and back."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from workbench.local.api.protocols.serialise import encode
from workbench.local.arns import partition
from workbench.local.errors import ApiError
from workbench.local.fronts.apis.api_access import ApiAccess
from workbench.local.fronts.apis.api_call import ApiCall, Gateway
from workbench.local.fronts.apis.api_routes import RouteTable
from workbench.local.fronts.authorizers.lambda_authorizers import Answer as AuthorizerAnswer
from workbench.local.fronts.front import failure, route_document
from workbench.local.fronts.function_caller import checked
from workbench.local.fronts.payload_v2 import JSON_TYPE, MalformedResult
from workbench.local.fronts.place import Place
from workbench.local.fronts.refusals import Refusal
from workbench.local.gate import Caller
from workbench.local.http.messages import Answer, Deferred, Request, Response
from workbench.local.runtime.records import InvokeResult
from workbench.project.front_doors.apis import Api, Authorizer

Respond = Callable[[Response], None]


class ApiFront(ABC):
    """Answers the requests to one API. `port` is the one it listens at."""

    kind: str

    def __init__(self, api: Api, port: int, place: Place) -> None:
        self.api = api
        self.port = port
        self.config = place.config
        api_id = api.name.lower()  # as Ref gives it in the template
        domain = f"{api_id}.execute-api.{self.config.region}.amazonaws.com"
        self.gateway = Gateway(self.config.account, api_id, domain, port)
        self.stages = api.stages
        self.routes = {stage: RouteTable(api.routes_of(stage)) for stage in api.stages}
        self._caller = place.caller
        self._tell = place.tell
        self._access = ApiAccess(api, place.caller, place.key_sets, self)

    def handle(self, request: Request) -> Answer:
        """The answer to one request; refusals are responses too."""
        try:
            call = self.routed(request)
        except Refusal as refusal:
            return self._refused(request, None, refusal)
        if isinstance(call, Response):
            return call
        try:
            if not self._access.granted(call):
                return self._authorized(call)
        except Refusal as refusal:
            return self._refused(request, call, refusal)
        answer = Deferred()
        self._begin(call, answer.resolve)
        return answer

    def error_response(self, request: Request | None, error: ApiError) -> Response:
        """The response to what is no proper HTTP request, or comes to another host."""
        body = encode({"message": error.message})
        return Response(error.status, body, [("Content-Type", JSON_TYPE)])

    def describe(self) -> dict[str, object]:
        """The API as `GET /_workbench/fronts` lists it."""
        stage = "" if self.api.stage == "$default" else f"{self.api.stage}/"
        return {
            "Kind": self.kind,
            "Name": self.api.name,
            "Url": f"http://{self.config.host}:{self.port}/{stage}",
            "Routes": [
                route_document(
                    route.method, route.path, route.function, route.qualifier, route.authorizer
                )
                for route in self.api.routes_of(self.api.stage)
                if route.function
            ],
        }

    def redeclared(self, declared: object) -> bool:
        """See `front.Front`."""
        return False

    def call_back(self, request: Request) -> Answer | None:
        return None

    def close(self) -> None:  # noqa: B027 - it is whole
        """Nothing of it outlives its connections."""

    def method_arn(self, call: ApiCall) -> str:
        """See `api_access.Shapes`."""
        config, method = self.config, call.request.method
        place = f"{partition(config.region)}:execute-api:{config.region}:{config.account}"
        return f"arn:{place}:{self.gateway.api_id}/{call.stage}/{method}{call.resource_path}"

    # -- what differs

    @abstractmethod
    def routed(self, request: Request) -> ApiCall | Response:
        """The request with its route, or what API Gateway answers by itself. Raises Refusal."""

    def validate(self, call: ApiCall) -> None:  # noqa: B027 - HTTP APIs have no validators
        """Raise Refusal for a request that may pass but is not what the route asks for."""

    @abstractmethod
    def event(self, call: ApiCall) -> dict[str, Any]:
        """The function's event."""

    @abstractmethod
    def response(self, call: ApiCall, payload: bytes) -> Response:
        """What a function's result stands for. Raises MalformedResult."""

    @abstractmethod
    def refusal(self, call: ApiCall | None, refusal: Refusal) -> Response:
        """How this kind of API words a refusal."""

    @abstractmethod
    def finished(self, request: Request, response: Response) -> Response:
        """The response as it is sent."""

    @abstractmethod
    def authorizer_event(
        self, call: ApiCall, authorizer: Authorizer, identity: tuple[str, ...]
    ) -> dict[str, Any]:
        """See `api_access.Shapes`, also for those that follow."""

    @abstractmethod
    def iam_member(self, signer: Caller) -> Any: ...

    @abstractmethod
    def token_member(self, call: ApiCall, claims: dict[str, Any]) -> Any: ...

    @abstractmethod
    def lambda_member(
        self, call: ApiCall, name: str, answer: AuthorizerAnswer, milliseconds: int
    ) -> Any: ...

    # -- the way of a request

    async def _authorized(self, call: ApiCall) -> Response:
        try:
            await self._access.grant(call)
        except Refusal as refusal:
            return self._refused(call.request, call, refusal)
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def respond(response: Response) -> None:
            if not future.done():  # by a client that went away
                future.set_result(response)

        self._begin(call, respond)
        return await future

    def _begin(self, call: ApiCall, respond: Respond) -> None:
        """Invoke the route's function; `respond` gets the response."""
        route = call.route
        if route.mock is not None:
            headers = [("Content-Type", JSON_TYPE), *route.mock.headers.items()]
            body = b"" if route.mock.status == 204 else b"{}\n"
            respond(self.finished(call.request, Response(route.mock.status, body, headers)))
            return

        def done(result: InvokeResult | None) -> None:
            respond(self._answered(call, result))

        try:
            self.validate(call)
            target = self._caller.target(route.function, route.qualifier)
            if route.needs_permission:
                sources = self._sources(call)
                service = "apigateway.amazonaws.com"
                self._caller.check_permission(route.function, route.qualifier, service, sources)
            call.trace = self._caller.trace(target, call.request.headers.get("x-amzn-trace-id"))
            self._caller.invoke(target, self.event(call), call.trace, route.seconds, done)
        except Refusal as refusal:
            respond(self._refused(call.request, call, refusal))

    def _sources(self, call: ApiCall) -> tuple[str, ...]:
        """The ARNs by which a function's policy may know the route."""
        arn = self.method_arn(call)
        base, route = f"{arn.partition('/')[0]}/{call.stage}", call.route
        by_route = "$default" if route.path == "$default" else f"{route.method}{route.path}"
        return (arn, f"{base}/{by_route}")

    def _answered(self, call: ApiCall, result: InvokeResult | None) -> Response:
        function = call.route.function
        try:
            payload = checked(function, result, call.route.seconds).payload
            response = self.finished(call.request, self.response(call, payload))
        except Refusal as refusal:
            return self._refused(call.request, call, refusal)
        except MalformedResult as problem:
            reason = f"The result of {function} is no response: {problem}."
            return self._refused(call.request, call, Refusal("malformed result", reason))
        if response.status >= 400:
            reason = f"{function} answered with status {response.status}."
            self._told(call.request, call, response.status, reason)
        return response

    def _refused(self, request: Request, call: ApiCall | None, refusal: Refusal) -> Response:
        response = self.refusal(call, refusal)
        response.headers = [*response.headers, *refusal.headers]
        self._told(request, call, response.status, refusal.reason)
        return self.finished(request, response)

    def _told(self, request: Request, call: ApiCall | None, status: int, reason: str) -> None:
        function = (call.route.function or None) if call is not None else None
        self._tell(failure(self.kind, self.api.name, request, status, reason, function))
