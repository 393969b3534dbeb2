"""One request to an API of API Gateway, while it is answered, and what events say of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.local.http.messages import Request
from workbench.local.request_ids import new_request_id, new_segment_id
from workbench.project.front_doors.apis import Route


@dataclass(frozen=True, slots=True)
class Gateway:
    """What events say of the API, whichever request they are about. `account` is its owner's,
    `port` the one that requests come to."""

    account: str
    api_id: str
    domain: str
    port: int


@dataclass(slots=True)
class ApiCall:
    """The request, its route and what is known of it.

    `path` is the one that was asked for, `resource_path` that without the stage; `parameters` are
    those of the path, `variables` those of the `stage`. `authorizer` is for the event's
    `requestContext`. `trace` is the header.
    """

    request: Request
    route: Route
    parameters: dict[str, str]
    path: str
    resource_path: str
    began: float
    stage: str
    variables: Mapping[str, str]
    request_id: str = field(default_factory=new_request_id)
    extended_id: str = field(default_factory=lambda: f"{new_segment_id()[:15]}=")
    authorizer: Any = None
    trace: str = ""
