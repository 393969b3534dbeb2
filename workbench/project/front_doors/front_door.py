"""What a front door can be that a template or the command line declares: each has a `kind` and,
within it, a `name`."""

from __future__ import annotations

from workbench.project.front_doors.apis import Api
from workbench.project.front_doors.distributions import Distribution
from workbench.project.front_doors.load_balancers import LoadBalancer
from workbench.project.front_doors.websocket_apis import WebSocketApi

Declared = Api | Distribution | LoadBalancer | WebSocketApi
