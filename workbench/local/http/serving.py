"""What a connection needs of the listener that accepted it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from workbench.local.http.limits import Timeouts
from workbench.local.http.messages import ErrorResponse, Handler, Request, Successor

if TYPE_CHECKING:
    from workbench.local.http.connection import HttpConnection


class Serving(Protocol):
    """See `listener.Listener`, which is one, for its members. `buffered` counts the bytes of bodies
    in memory, `connections` and `tasks` are those that `Listener.close` has to end."""

    @property
    def handler(self) -> Handler: ...
    @property
    def on_error(self) -> ErrorResponse: ...
    @property
    def streams(self) -> Callable[[Request], bool]: ...

    max_body: int
    keeps_headers: bool
    timeouts: Timeouts
    buffered: int
    connections: set[HttpConnection | Successor]
    tasks: set[asyncio.Task[None]]
