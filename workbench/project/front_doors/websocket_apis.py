"""The WebSocket APIs of a project: which message goes to which function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from workbench.project.front_doors.apis import Authorizer, named_by

CONNECT, DISCONNECT, DEFAULT = "$connect", "$disconnect", "$default"
SECONDS = 29.0


@dataclass(frozen=True, slots=True)
class WebSocketRoute:
    """A route key and its function. With `responds` (a route response) the function's body is
    sent to the client. `authorizer` is a name among the API's, only on `$connect`.
    `needs_permission`: the function's policy has to allow API Gateway to invoke it."""

    key: str
    function: str
    qualifier: str | None = None
    responds: bool = False
    seconds: float = SECONDS
    authorizer: str | None = None
    needs_permission: bool = False


@dataclass(frozen=True, slots=True)
class WebSocketApi:
    """A WebSocket API. `name` is its logical id, `stage` the one that its address shows,
    `other_stages` are more of them, with their variables. `selection` is the route selection
    expression, such as `$request.body.action`."""

    name: str
    stage: str
    selection: str = "$request.body.action"
    routes: tuple[WebSocketRoute, ...] = ()
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    other_stages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kind: Literal["WEBSOCKET"] = "WEBSOCKET"

    @property
    def stages(self) -> dict[str, Mapping[str, str]]:
        """The variables of each stage by its name."""
        return {**self.other_stages, self.stage: self.stage_variables}

    def routes_of(self, stage: str) -> tuple[WebSocketRoute, ...]:
        """The routes with the functions that a stage's variables name (see `apis.Api`)."""
        variables = self.stages[stage]

        def called(route: WebSocketRoute) -> WebSocketRoute:
            function, qualifier = named_by(variables, route.function, route.qualifier)
            return replace(route, function=function, qualifier=qualifier)

        return tuple(called(route) for route in self.routes)
