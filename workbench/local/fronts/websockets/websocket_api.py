"""A WebSocket API of API Gateway: connections, routes and their functions.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.local.api.functions.specs import Target
from workbench.local.api.protocols.serialise import encode
from workbench.local.arns import partition
from workbench.local.errors import ApiError
from workbench.local.fronts.authorizers import lambda_authorizers
from workbench.local.fronts.authorizers.lambda_authorizers import LambdaAuthorizers
from workbench.local.fronts.front import failure, route_document
from workbench.local.fronts.function_caller import checked
from workbench.local.fronts.payload_v2 import JSON_TYPE, MalformedResult
from workbench.local.fronts.place import Place
from workbench.local.fronts.refusals import Refusal, Why
from workbench.local.fronts.websockets import websocket_callbacks, websocket_events
from workbench.local.fronts.websockets.websocket_connection import WebSocketConnection
from workbench.local.fronts.websockets.websocket_events import Gateway, Peer
from workbench.local.gate import Gate
from workbench.local.http.messages import Answer, Request, Response, Upgrade
from workbench.local.runtime.records import InvokeResult
from workbench.project.front_doors.apis import IAM, Authorizer
from workbench.project.front_doors.front_door import Declared
from workbench.project.front_doors.websocket_apis import (
    CONNECT,
    DEFAULT,
    DISCONNECT,
    WebSocketApi,
    WebSocketRoute,
)

_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
_ANSWERS: dict[Why, tuple[int, str]] = {
    "unsigned": (403, "Missing Authentication Token"),
    "unauthorized": (401, "Unauthorized"),
    "denied": (403, "User is not authorized to access this resource"),
    "explicitly denied": (
        403,
        "User is not authorized to access this resource with an explicit deny",
    ),
    "function failed": (502, "Internal server error"),
    "malformed result": (502, "Internal server error"),
    "timed out": (504, "Endpoint request timed out"),
}


@dataclass(frozen=True, slots=True)
class _Stage:
    """What the API is at one of its stages."""

    gateway: Gateway
    routes: Mapping[str, WebSocketRoute]
    authorizers: LambdaAuthorizers


@dataclass(slots=True)
class _Client:
    """A client that is connected to a stage, or on the way to be. `trace` is the header of its
    handshake."""

    peer: Peer
    request: Request
    stage: str
    trace: str = ""


class WebSocketFront:
    """Serves one API at `port`; it may be declared anew, which keeps its connections."""

    kind = "WebSocketApi"

    def __init__(self, api: WebSocketApi, port: int, place: Place) -> None:
        self.port = port
        self._config = place.config
        self._caller = place.caller
        self._tell = place.tell
        self._gate = Gate()
        self._closed = False
        self._connections: dict[str, WebSocketConnection] = {}
        self._clients: dict[str, _Client] = {}
        self._declare(api)

    def redeclared(self, declared: Declared) -> bool:
        """Its clients stay connected, but for those of a stage that is gone."""
        assert isinstance(declared, WebSocketApi)
        for id_, client in self._clients.items():
            if client.stage not in declared.stages:
                self._connections[id_].close(1001, "Going away")
        self._declare(declared)
        return True

    def _declare(self, api: WebSocketApi) -> None:
        self.api = api
        # Functions call back to the domain of the event: it has to be one that is here.
        self._domain = f"{self._config.host}:{self.port}"
        self._stages = {
            stage: _Stage(
                Gateway(api.name.lower(), self._domain, stage, variables),
                {route.key: route for route in api.routes_of(stage)},
                LambdaAuthorizers(self._caller),
            )
            for stage, variables in api.stages.items()
        }

    def close(self) -> None:
        self._closed = True

    def describe(self) -> dict[str, object]:
        return {
            "Kind": self.kind,
            "Name": self.api.name,
            "Url": f"ws://{self._domain}/{self.api.stage}",
            "Routes": [
                route_document("WS", route.key, route.function, route.qualifier, route.authorizer)
                for route in self.api.routes_of(self.api.stage)
            ],
        }

    def error_response(self, request: Request | None, error: ApiError) -> Response:
        return websocket_callbacks.error(error.status, error.code, error.message or "")

    def call_back(self, request: Request) -> Answer | None:
        id_ = websocket_callbacks.connection_id(request.path)
        if id_ is None or id_ not in self._connections:
            return None
        return websocket_callbacks.answer(self._connections, id_, request)

    def handle(self, request: Request) -> Answer:
        stage, slash, rest = request.path[1:].partition("/")
        id_ = websocket_callbacks.connection_id(slash + rest)
        if stage not in self._stages or (id_ is None and rest):
            urls = ", ".join(f"/{name}" for name in self._stages)
            reason = f"{self.api.name} has no URLs but those of its stages: {urls}."
            return self._refused(request, 403, "Forbidden", reason)
        if id_ is not None:
            self._gate.check(request)  # functions sign what they send; pages cannot
            client = self._clients.get(id_)
            there = self._connections if client is not None and client.stage == stage else {}
            return websocket_callbacks.answer(there, id_, request)
        problem = _handshake_problem(request)
        if problem is not None:
            status, reason = problem
            headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
            response = self._refused(request, status, "Bad Request", reason)
            response.headers = [*response.headers, *(headers if status == 426 else ())]
            return response
        return self._connect(request, stage)

    # -- connecting

    async def _connect(self, request: Request, stage: str) -> Response:
        id_ = base64.urlsafe_b64encode(os.urandom(11)).decode()
        agent = request.headers.get("user-agent", "")
        host = request.headers.get("host", "")
        client = _Client(Peer(id_, time.time(), host, agent), request, stage)
        route = self._stages[stage].routes.get(CONNECT)
        protocols = ""
        if route is not None:
            try:
                response, protocols = await self._ask_to_connect(client, route)
            except Refusal as refusal:
                status, message = _ANSWERS.get(refusal.why, (500, "Internal server error"))
                return self._refused(request, status, message, refusal.reason, route.function)
            if response is not None:
                return response
        connection = WebSocketConnection(id_, host, agent, self._message, self._ended)
        client.peer = Peer(id_, connection.connected_at, host, agent, client.peer.authorizer)
        self._connections[id_] = connection
        self._clients[id_] = client
        key = request.headers["sec-websocket-key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + _ACCEPT).digest()).decode()
        headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept),
        ]
        if protocols:
            headers.append(("Sec-WebSocket-Protocol", protocols))
        return Upgrade(connection, headers)

    async def _ask_to_connect(
        self, client: _Client, route: WebSocketRoute
    ) -> tuple[Response | None, str]:
        """The response of one who may not connect, or None and the chosen subprotocol. Raises
        Refusal."""
        request, stage = client.request, self._stages[client.stage]
        target = self._target(stage, route)
        client.trace = self._caller.trace(target, request.headers.get("x-amzn-trace-id"))
        if route.authorizer is not None:
            await self._authorize(client, stage, route.authorizer)
        event = websocket_events.connect(
            stage.gateway, client.peer, request, client.trace, self.port
        )
        result = await self._caller.result(target, event, client.trace, route.seconds)
        payload = checked(route.function, result, route.seconds).payload
        try:
            status, headers, body = websocket_events.handshake(payload)
        except MalformedResult as problem:
            reason = f"The result of {route.function} is no response: {problem}."
            raise Refusal("malformed result", reason) from None
        if 200 <= status < 300:
            return None, headers.get("sec-websocket-protocol", "")
        reason = f"{route.function} answered $connect with status {status}."
        self._tell(failure(self.kind, self.api.name, request, status, reason, route.function))
        type_ = headers.get("content-type", JSON_TYPE)
        return Response(status, body.encode(), [("Content-Type", type_)]), ""

    def _target(self, stage: _Stage, route: WebSocketRoute) -> Target:
        """The route's function. Raises Refusal, also when its policy does not let us invoke it."""
        target = self._caller.target(route.function, route.qualifier)
        if route.needs_permission:
            arn = f"{self._arn(stage)}/{stage.gateway.stage}/{route.key}"
            service = "apigateway.amazonaws.com"
            self._caller.check_permission(route.function, route.qualifier, service, (arn,))
        return target

    def _arn(self, stage: _Stage) -> str:
        """The API's ARN of execute-api."""
        region = self._config.region
        place = f"{partition(region)}:execute-api:{region}:{self._config.account}"
        return f"arn:{place}:{stage.gateway.api_id}"

    async def _authorize(self, client: _Client, stage: _Stage, name: str) -> None:
        """Return when the authorizer `name` lets the client in. Raises Refusal."""
        if name == IAM:
            query = client.request.query
            if not client.request.headers.get("authorization") and "X-Amz-Signature=" not in query:
                raise Refusal("unsigned", "$connect asks for a signed request (AWS_IAM).")
            return
        authorizer = self.api.authorizers.get(name)
        if authorizer is None:
            raise Refusal("authorizer failed", f"$connect: there is no authorizer {name}.")
        request = client.request
        identity = _identity(request, stage, name, authorizer)
        api_arn = self._arn(stage)
        arn = f"{api_arn}/{stage.gateway.stage}/{CONNECT}"
        target = self._caller.target(authorizer.function, authorizer.qualifier)
        trace = self._caller.trace(target, request.headers.get("x-amzn-trace-id"))
        event = websocket_events.connect(stage.gateway, client.peer, request, trace, self.port)
        asked = websocket_events.authorize(stage.gateway, arn, event)
        answer = await stage.authorizers.ask(name, authorizer, identity, asked, trace, api_arn)
        lambda_authorizers.check(name, authorizer, answer, arn)
        context = lambda_authorizers.scalar_context(name, answer)
        peer = client.peer
        member = {"principalId": answer["principalId"], **context}
        client.peer = Peer(
            peer.connection_id, peer.connected_at, peer.host, peer.user_agent, member
        )

    def _refused(
        self, request: Request, status: int, message: str, reason: str, function: str | None = None
    ) -> Response:
        self._tell(failure(self.kind, self.api.name, request, status, reason, function))
        body = encode({"message": message})
        return Response(status, body, [("Content-Type", JSON_TYPE)])

    # -- what a client says

    def _message(self, connection: WebSocketConnection, text: str) -> None:
        client = self._clients[connection.id]
        stage = self._stages.get(client.stage)
        if stage is None:  # it is closing
            return
        key = websocket_events.selected(self.api.selection, text) or DEFAULT
        route = stage.routes.get(key) if not key.startswith("$") else None
        route = route or stage.routes.get(DEFAULT)
        id_ = websocket_events.request_id()
        if route is None:
            self._sorry(connection, "Forbidden", id_, f"No route is called {key}, and no $default.")
            return
        event = websocket_events.message(stage.gateway, client.peer, route.key, text, id_)

        def done(result: InvokeResult | None) -> None:
            try:
                payload = checked(route.function, result, route.seconds).payload
                reply = websocket_events.reply(payload) if route.responds else None
            except (Refusal, MalformedResult) as problem:
                reason = f"{route.key}: {problem}"
                self._sorry(connection, "Internal server error", id_, reason, route.function)
            else:
                if reply is not None:
                    connection.send(reply)

        try:
            target = self._target(stage, route)
            trace = self._caller.trace(target, None)
            self._caller.invoke(target, event, trace, route.seconds, done)
        except Refusal as refusal:
            reason = f"{route.key}: {refusal}"
            self._sorry(connection, "Internal server error", id_, reason, route.function)

    def _sorry(
        self,
        connection: WebSocketConnection,
        message: str,
        id_: str,
        reason: str,
        function: str | None = None,
    ) -> None:
        document = {"message": message, "connectionId": connection.id, "requestId": id_}
        connection.send(encode(document).decode())
        request = self._clients[connection.id].request if connection.id in self._clients else None
        if request is not None:
            status = 403 if message == "Forbidden" else 500
            self._tell(failure(self.kind, self.api.name, request, status, reason, function))

    # -- the end

    def _ended(self, connection: WebSocketConnection, code: int, reason: str) -> None:
        del self._connections[connection.id]
        client = self._clients.pop(connection.id)
        stage = self._stages.get(client.stage)
        route = stage.routes.get(DISCONNECT) if stage is not None else None
        if stage is None or route is None or self._closed:
            return
        event = websocket_events.disconnect(stage.gateway, client.peer, code, reason)

        def done(result: InvokeResult | None) -> None:
            try:
                checked(route.function, result, route.seconds)
            except Refusal as refusal:
                self._disconnect_failed(client, route, refusal)

        try:
            target = self._target(stage, route)
            self._caller.invoke(
                target, event, self._caller.trace(target, None), route.seconds, done
            )
        except Refusal as refusal:
            self._disconnect_failed(client, route, refusal)

    def _disconnect_failed(self, client: _Client, route: WebSocketRoute, refusal: Refusal) -> None:
        reason = f"$disconnect: {refusal.reason}"
        self._tell(failure(self.kind, self.api.name, client.request, 500, reason, route.function))


def _handshake_problem(request: Request) -> tuple[int, str] | None:
    """The status and a sentence for what is no opening handshake (RFC 6455 §4.2.1)."""
    headers = request.headers
    upgrades = {part.strip().lower() for part in headers.get("connection", "").split(",")}
    if headers.get("upgrade", "").lower() != "websocket" or "upgrade" not in upgrades:
        return 426, "This URL is for WebSocket clients."
    if headers.get("sec-websocket-version") != "13":
        return 426, "Only version 13 of WebSocket is spoken."
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except ValueError:  # no base64, or no ASCII
        key = b""
    if request.method != "GET" or len(key) != 16:
        return 400, "The handshake has no Sec-WebSocket-Key of 16 bytes."
    return None


def _identity(
    request: Request, stage: _Stage, name: str, authorizer: Authorizer
) -> tuple[str, ...]:
    """The values of an authorizer's identity sources. Raises Refusal when one is missing."""
    query = dict(request.query_pairs())
    values: list[str] = []
    for source in authorizer.sources:
        match source.place:
            case "header":
                value = request.headers.get(source.name.lower())
            case "querystring":
                value = query.get(source.name)
            case _:
                value = stage.gateway.stage_variables.get(source.name)
        if not value:
            where = f"{source.place} {source.name}"
            reason = f"The authorizer {name} asks for the {where}: it is missing."
            raise Refusal("unauthorized", reason)
        values.append(value)
    return tuple(values)
