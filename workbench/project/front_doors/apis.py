"""The API Gateway APIs of a project: which request goes to which function, and who may make it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from workbench.project.front_doors.gateway_responses import GatewayResponse

ApiKind = Literal["HTTP", "REST"]
AuthorizerKind = Literal["AWS_IAM", "COGNITO", "JWT", "REQUEST", "TOKEN"]
PayloadVersion = Literal["1.0", "2.0"]

IAM = "AWS_IAM"
"""What a route's `authorizer` says when its requests must be signed."""

DEFAULT_PATH = "$default"
HTTP_SECONDS = 30.0
REST_SECONDS = 29.0

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ANY = "ANY"

_ROUTE = re.compile(
    rf"(?:({ANY}|{'|'.join(METHODS)})\s+(/\S*)|(\$default))=([a-zA-Z0-9-_]{{1,64}})(?::(\S+))?"
)
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part of the caller's identity is: `place` is "header", "querystring",
    "stageVariables" or "context", `name` the name there."""

    place: str
    name: str


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Who decides whether a request may pass.

    `function` is a Lambda authorizer's, `ttl` (seconds) how long its answers are remembered,
    `pattern` what a token must look like. `issuer` and `audience` are those of JSON web tokens.
    `simple` says that the function answers {"isAuthorized": …} rather than a policy.
    `needs_permission`: the function's policy has to allow API Gateway to invoke it.
    """

    kind: AuthorizerKind
    function: str = ""
    qualifier: str | None = None
    sources: tuple[Source, ...] = ()
    ttl: int = 300
    pattern: str | None = None
    issuer: str = ""
    audience: tuple[str, ...] = ()
    payload_version: PayloadVersion = "1.0"
    simple: bool = False
    needs_permission: bool = False


@dataclass(frozen=True, slots=True)
class Mock:
    """What an OPTIONS method without a function answers: an integration of type MOCK."""

    headers: Mapping[str, str]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Validation:
    """What requests of a REST API are validated by: parameters that have to be there, with places
    "querystring", "header" and "path", and JSON schemas of the body by content type ("$default":
    any other)."""

    parameters: tuple[Source, ...] = ()
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A method (or ANY) and path (`/orders/{id}`, `/{proxy+}`, `$default`), and its function.

    `authorizer` is a name among the API's authorizers, or `IAM`. `seconds` is the integration's
    timeout. A route with `mock` has no function. `needs_permission`: the function's policy has to
    allow API Gateway to invoke it; SAM adds that for routes of a function's Events.
    """

    method: str
    path: str
    function: str = ""
    qualifier: str | None = None
    payload_version: PayloadVersion = "1.0"
    seconds: float = HTTP_SECONDS
    authorizer: str | None = None
    scopes: tuple[str, ...] = ()
    needs_api_key: bool = False
    mock: Mock | None = None
    needs_permission: bool = False
    validation: Validation | None = None

    @property
    def key(self) -> str:
        """The route key: `GET /orders/{id}` or `$default`."""
        return self.path if self.path == DEFAULT_PATH else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class CorsConfiguration:
    """An HTTP API's. `max_age` is in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None
    allow_credentials: bool = False


@dataclass(frozen=True, slots=True)
class Api:
    """An HTTP API or a REST API. `name` is its logical id, `stage` the one that its address shows;
    `other_stages` are more of them, with their variables."""

    kind: ApiKind
    name: str
    stage: str
    routes: tuple[Route, ...] = ()
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    binary_media_types: tuple[str, ...] = ()
    cors: CorsConfiguration | None = None
    other_stages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)

    @property
    def stages(self) -> dict[str, Mapping[str, str]]:
        """The variables of each stage by its name."""
        return {**self.other_stages, self.stage: self.stage_variables}

    def routes_of(self, stage: str) -> tuple[Route, ...]:
        """The routes with the functions that a stage's variables name, as a whole or in part:
        `${stageVariables.name}` stands for them in the URI of an integration."""
        variables = self.stages[stage]

        def called(route: Route) -> Route:
            function, qualifier = named_by(variables, route.function, route.qualifier)
            return replace(route, function=function, qualifier=qualifier)

        return tuple(called(route) for route in self.routes)


def named_by(
    variables: Mapping[str, str], function: str, qualifier: str | None
) -> tuple[str, str | None]:
    """The function and qualifier with a stage's variables in them; unknown ones stay."""
    whole = f"{function}:{qualifier or ''}"
    if "${" not in whole:
        return function, qualifier
    named = _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), whole)
    function, qualifier = named.split(":")[:2]
    return function, qualifier or None


def parse_route(text: str) -> Route:
    """A route of an HTTP API from the command line: `GET /orders/{id}=Orders`, `ANY /=Site:live`,
    `$default=Site`. Raises ValueError with a sentence."""
    match = _ROUTE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text} is no route: write it like 'GET /orders/{{id}}=MyFunction'")
    method, path, default, function, qualifier = match.groups()
    return Route(method or ANY, path or default, function, qualifier, "2.0")
