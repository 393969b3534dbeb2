"""The front doors that a project or the command line declares, each on a port of its own.

They follow the template: an API that changes answers by its new routes at once, on the same port.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.local.api.context import Context
from workbench.local.api.functions.specs import Specs
from workbench.local.errors import ApiError
from workbench.local.fronts.authorizers.key_sets import KeySets
from workbench.local.fronts.front import Front
from workbench.local.fronts.function_caller import FunctionCaller
from workbench.local.fronts.place import Place, Tell
from workbench.local.fronts.ports import listening
from workbench.local.gate import check_host
from workbench.local.http.listener import Listener
from workbench.local.http.messages import Answer, Request, Successor
from workbench.project.front_doors.apis import Api
from workbench.project.front_doors.distributions import Distribution
from workbench.project.front_doors.front_door import Declared
from workbench.project.front_doors.load_balancers import LoadBalancer
from workbench.project.front_doors.websocket_apis import WebSocketApi

MAX_BODY = 10_485_760

Key = tuple[str, str]


@dataclass(slots=True)
class _Door:
    declared: Declared
    front: Front
    listener: Listener
    opening: asyncio.Task[None] | None = None


class DeclaredFronts:
    """Opens and closes them as they are declared. Belongs to the event loop's thread.

    `tell` gets an event for each request that fails (see `broadcast.py`), `notice` a sentence
    about a function ("" for none).
    """

    def __init__(
        self, context: Context, specs: Specs, tell: Tell, notice: Callable[[str, str], None]
    ) -> None:
        self._config = context.config
        self._ports = context.store.front_ports
        self._caller = FunctionCaller(context, specs)
        self._place = Place(
            context.config, self._caller, KeySets(), tell, context.services.settings
        )
        self._notice = notice
        self._doors: dict[Key, _Door] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.last_request = 0.0

    @property
    def in_flight(self) -> int:
        """How many invocations are running for them, and WebSocket clients connected."""
        clients = sum(
            isinstance(connection, Successor)
            for door in self._doors.values()
            if isinstance(door.declared, WebSocketApi)
            for connection in door.listener.connections
        )
        return self._caller.in_flight + clients

    def declare(self, fronts: Iterable[Declared]) -> None:
        """Serve these and no others."""
        wanted: dict[Key, Declared] = {(each.kind, each.name): each for each in fronts}
        for key in self._doors.keys() - wanted.keys():
            task = asyncio.get_running_loop().create_task(self._close(self._doors.pop(key)))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        for key, declared in wanted.items():
            door = self._doors.get(key)
            if door is None:
                self._doors[key] = self._open(declared)
            elif door.declared != declared:
                self._redeclare(door, declared)

    def describe(self) -> list[dict[str, object]]:
        """All of them, see `Front.describe`."""
        return [door.front.describe() for door in self._doors.values()]

    def call_back(self, request: Request) -> Answer:
        """PostToConnection and the like that came to the endpoint of all services, which is where
        SDKs in functions send them that are given no other. Raises ApiError (410)."""
        for door in self._doors.values():
            if isinstance(door.declared, WebSocketApi):
                answer = door.front.call_back(request)
                if answer is not None:
                    return answer
        raise ApiError("GoneException", "410", status=410)

    async def close(self) -> None:
        """Serve none any more."""
        doors, self._doors = list(self._doors.values()), {}
        await asyncio.gather(*map(self._close, doors), *self._closing)

    def _front(self, declared: Declared, port: int) -> Front:
        # Late: each takes some 10 ms, and many projects have none.
        match declared:
            case Api(kind="HTTP"):
                from workbench.local.fronts.apis.http_api import HttpApi

                return HttpApi(declared, port, self._place)
            case Api():
                from workbench.local.fronts.apis.rest_api import RestApi

                return RestApi(declared, port, self._place)
            case LoadBalancer():
                from workbench.local.fronts.load_balancers.alb import AlbFront

                return AlbFront(declared, port, self._place)
            case Distribution():
                from workbench.local.fronts.distributions.edge import EdgeFront

                return EdgeFront(declared, port, self._place)
            case WebSocketApi():
                from workbench.local.fronts.websockets.websocket_api import WebSocketFront

                return WebSocketFront(declared, port, self._place)

    def _redeclare(self, door: _Door, declared: Declared) -> None:
        door.declared = declared
        if not door.front.redeclared(declared):
            door.front.close()
            door.front = self._front(declared, door.front.port)

    def _open(self, declared: Declared) -> _Door:
        before = self._ports.get(declared.kind, declared.name)
        sock = listening(self._config.host, before)
        port: int = sock.getsockname()[1]
        if port != before:
            self._ports.put(declared.kind, declared.name, port)
            if before:
                self._notice("", f"Port {before} is taken: {declared.name} is now at port {port}.")
        front = self._front(declared, port)
        listener = Listener(
            lambda request: self._handle(door, request),
            lambda request, error: door.front.error_response(request, error),
            max_body=MAX_BODY,
            keeps_headers=True,
        )
        door = _Door(declared, front, listener)
        # The kernel takes connections already; nobody is turned away until the task runs.
        door.opening = asyncio.get_running_loop().create_task(listener.serve(sock))
        return door

    def _handle(self, door: _Door, request: Request) -> Answer:
        self.last_request = time.monotonic()
        check_host(request)
        return door.front.handle(request)

    @staticmethod
    async def _close(door: _Door) -> None:
        if door.opening is not None:
            await door.opening
        door.front.close()
        await door.listener.close()
