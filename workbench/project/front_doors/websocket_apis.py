"""The WebSocket APIs of a project: which message goes to which function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.project.front_doors.apis import Authorizer

CONNECT, DISCONNECT, DEFAULT = "$connect", "$disconnect", "$default"
SECONDS = 29.0


@dataclass(frozen=True, slots=True)
class WebSocketRoute:
    """A route key and its function. With `responds` (a route response) the function's body is
    sent to the client. `authorizer` is a name among the API's, only on `$connect`."""

    key: str
    function: str
    qualifier: str | None = None
    responds: bool = False
    seconds: float = SECONDS
    authorizer: str | None = None


@dataclass(frozen=True, slots=True)
class WebSocketApi:
    """A WebSocket API with its one stage. `name` is its logical id, `selection` the route
    selection expression, such as `$request.body.action`."""

    name: str
    stage: str
    selection: str = "$request.body.action"
    routes: tuple[WebSocketRoute, ...] = ()
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["WEBSOCKET"] = "WEBSOCKET"
