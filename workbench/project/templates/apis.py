"""The APIs a SAM template declares: its Api and HttpApi resources, and the events of functions.

Events that name no API belong to the one that SAM makes for them (ServerlessRestApi,
ServerlessHttpApi).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from workbench.project.front_doors import authorizers as api_authorizers
from workbench.project.front_doors import gateway_responses
from workbench.project.front_doors.apis import (
    ANY,
    DEFAULT_PATH,
    HTTP_SECONDS,
    METHODS,
    REST_SECONDS,
    Api,
    ApiKind,
    CorsConfiguration,
    Mock,
    PayloadVersion,
    Route,
)
from workbench.project.front_doors.authorizers import Auth
from workbench.project.front_doors.request_validation import of_sam
from workbench.project.loose_values import flag, mapping, text, texts, whole
from workbench.project.templates import openapi
from workbench.project.templates.globals import merged
from workbench.project.templates.intrinsics import Resolver
from workbench.project.templates.local_values import Place, physical_name
from workbench.project.tree import Node, read

Report = Callable[[Node, str], None]

_KINDS: dict[str, ApiKind] = {"AWS::Serverless::HttpApi": "HTTP", "AWS::Serverless::Api": "REST"}
_EVENTS: dict[str, ApiKind] = {"HttpApi": "HTTP", "Api": "REST"}
_IMPLICIT: dict[ApiKind, tuple[str, str]] = {
    "HTTP": ("ServerlessHttpApi", "$default"),
    "REST": ("ServerlessRestApi", "Prod"),
}
_GLOBALS: dict[ApiKind, str] = {"HTTP": "HttpApi", "REST": "Api"}
_REFERENCE: dict[ApiKind, str] = {"HTTP": "ApiId", "REST": "RestApiId"}
_GATEWAY_RESPONSE = "AWS::ApiGateway::GatewayResponse"
_NOTHING = Node({}, 0, 0)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function that could be read, and its properties with SAM's Globals in them."""

    name: str
    properties: Mapping[str, Node]


@dataclass(slots=True)
class _Draft:
    """An API while its routes are gathered. `preflight` makes a REST API's OPTIONS methods."""

    api: Api
    auth: Auth
    routes: dict[tuple[str, str], Route] = field(default_factory=dict)
    preflight: Mapping[str, str] | None = None
    models: Mapping[str, Any] = field(default_factory=dict)

    def add(self, route: Route) -> None:
        self.routes[route.method, route.path] = route


class ApiReader:
    """Reads them. `folder` is where relative paths begin, `report` is told what cannot be used."""

    def __init__(self, resolver: Resolver, report: Report, place: Place, folder: Path) -> None:
        self._resolver = resolver
        self._report = report
        self._place = place
        self._folder = folder
        self._drafts: dict[str, _Draft] = {}  # by what Ref gives for the API

    def read(
        self, template: Node, resources: Node | None, functions: Iterable[Deployed]
    ) -> tuple[Api, ...]:
        """All APIs with routes, in the template's order, those that SAM adds last."""
        shared = template.mapping.get("Globals", _NOTHING)
        for logical_id, node in (resources.mapping if resources is not None else {}).items():
            type_ = node.mapping.get("Type")
            kind = _KINDS.get(str(type_.value)) if type_ is not None else None
            if kind is not None and self._is_made(node):
                given = node.mapping.get("Properties", _NOTHING)
                try:
                    self._api(kind, logical_id, _with_globals(shared, kind, given))
                except RecursionError:
                    self._report(node, f"{logical_id} is nested too deeply.")
        for function in functions:
            events = self._resolver.select(function.properties.get("Events"))
            for name, node in (events.mapping if events is not None else {}).items():
                chosen = self._resolver.select(node)
                if chosen is None:
                    continue
                try:
                    self._event(function.name, name, chosen, shared)
                except RecursionError:
                    self._report(node, f"The event {name} is nested too deeply.")
        for node in (resources.mapping if resources is not None else {}).values():
            try:
                self._gateway_response(node)
            except RecursionError:
                self._report(node, "A gateway response is nested too deeply.")
        drafts = self._drafts.values()
        return tuple(_finished(draft) for draft in drafts if draft.routes)

    def _is_made(self, node: Node) -> bool:
        condition = node.mapping.get("Condition")
        return condition is None or self._resolver.condition(str(condition.value), condition)

    def _api(self, kind: ApiKind, logical_id: str, properties: Node) -> _Draft:
        bodies = ("DefinitionBody", "DefinitionUri")
        others = {name: node for name, node in properties.mapping.items() if name not in bodies}
        given = mapping(self._resolver.value(replace(properties, value=others)))
        definition = self._definition(kind, logical_id, properties)
        auth = api_authorizers.of_sam(kind, given.get("Auth"))
        stage = text(given.get("StageName")) or _IMPLICIT[kind][1]
        variables = mapping(given.get("StageVariables" if kind == "HTTP" else "Variables"))
        binary = (value.replace("~1", "/") for value in texts(given.get("BinaryMediaTypes")))
        api = Api(
            kind,
            logical_id,
            stage,
            authorizers={**definition.authorizers, **auth.authorizers},
            stage_variables={name: text(value) for name, value in variables.items()},
            binary_media_types=(*definition.binary_media_types, *binary),
            cors=_cors(given.get("CorsConfiguration")) or definition.cors,
            gateway_responses={
                **definition.gateway_responses,
                **gateway_responses.read(given.get("GatewayResponses")),
            },
        )
        preflight = _preflight(given.get("Cors")) if kind == "REST" else None
        draft = _Draft(api, auth, preflight=preflight, models=mapping(given.get("Models")))
        for route in definition.routes:
            draft.add(_guarded(route, auth) if route.mock is None else route)
        reference = physical_name("AWS::Serverless::Api", logical_id, self._place)
        self._drafts[reference] = draft
        return draft

    def _definition(self, kind: ApiKind, name: str, properties: Node) -> openapi.Definition:
        body = self._resolver.select(properties.mapping.get("DefinitionBody"))
        file = self._resolver.select(properties.mapping.get("DefinitionUri"))
        at = body or file
        if at is None:
            return openapi.Definition()
        include = body.mapping.get("Fn::Transform", _NOTHING) if body is not None else _NOTHING
        if include is not _NOTHING:
            file = include.mapping.get("Parameters", _NOTHING).mapping.get("Location")
        if file is not None and (body is None or include is not _NOTHING):
            body = self._file(at, file)
            if body is None:
                return openapi.Definition()
        document = mapping(self._resolver.value(body)) if body is not None else {}
        return openapi.read(document, kind, lambda what: self._report(at, f"{name}: {what}"))

    def _file(self, at: Node, where: Node) -> Node | None:
        location = self._resolver.value(where)
        if not isinstance(location, str) or location.startswith("s3://"):
            self._report(at, "The API's definition lies in S3; give a local file to have it here.")
            return None
        tree, mistakes = read(self._folder / location)
        for mistake in mistakes:
            self._report(at, f"{location}: {mistake.message}")
        return tree

    def _gateway_response(self, node: Node) -> None:
        """One that is a resource of its own, and belongs to an API of SAM."""
        type_ = node.mapping.get("Type")
        if type_ is None or type_.value != _GATEWAY_RESPONSE or not self._is_made(node):
            return
        given = mapping(self._resolver.value(node.mapping.get("Properties", _NOTHING)))
        draft = self._drafts.get(text(given.get("RestApiId")))
        if draft is not None:
            found = gateway_responses.read({text(given.get("ResponseType")): given})
            known = draft.api.gateway_responses
            draft.api = replace(draft.api, gateway_responses={**known, **found})

    def _event(self, function: str, name: str, node: Node, shared: Node) -> None:
        event = mapping(self._resolver.value(node))
        kind = _EVENTS.get(text(event.get("Type")))
        if kind is None:
            return
        given = mapping(event.get("Properties"))
        reference = text(given.get(_REFERENCE[kind]))
        draft = self._drafts.get(reference)
        if draft is None:
            implicit = _IMPLICIT[kind][0]
            if reference not in ("", implicit.lower()):
                self._report(node, f"The event {name} is of an API that is not in this template.")
                return
            draft = self._drafts.get(implicit.lower()) or self._api(
                kind, implicit, _with_globals(shared, kind, _NOTHING)
            )
        route = _route(kind, function, given, draft.auth)
        if route is not None and kind == "REST":
            route = replace(route, validation=of_sam(given, draft.models))
        if route is None:
            self._report(node, f"The event {name} has no Path that begins with / and no Method.")
        else:
            draft.add(route)


def _with_globals(shared: Node, kind: ApiKind, own: Node) -> Node:
    given = shared.mapping.get(_GLOBALS[kind])
    return own if given is None else merged(given, own)


def _route(kind: ApiKind, function: str, given: dict[str, Any], auth: Auth) -> Route | None:
    path, method = text(given.get("Path")), text(given.get("Method")).upper()
    if kind == "HTTP" and not path and not method:
        path, method = DEFAULT_PATH, ANY
    method = ANY if method == "X-AMAZON-APIGATEWAY-ANY-METHOD" else method
    if (path != DEFAULT_PATH and path[:1] != "/") or method not in (ANY, *METHODS):
        return None
    own = mapping(given.get("Auth"))
    chosen = text(own.get("Authorizer")) or None
    milliseconds = whole(given.get("TimeoutInMillis"))
    version = "1.0" if kind == "REST" or text(given.get("PayloadFormatVersion")) == "1.0" else "2.0"
    limit = HTTP_SECONDS if kind == "HTTP" else REST_SECONDS
    route = Route(
        method,
        path,
        function,
        payload_version=cast("PayloadVersion", version),
        seconds=limit if milliseconds is None else milliseconds / 1000,
        authorizer=chosen,
        scopes=texts(own.get("AuthorizationScopes")),
        needs_api_key=flag(own.get("ApiKeyRequired", auth.needs_api_key)),
    )
    route = _guarded(route, auth)
    return replace(route, authorizer=None) if route.authorizer == "NONE" else route


def _guarded(route: Route, auth: Auth) -> Route:
    """The route with the API's own authorizer and scopes where it says nothing of them."""
    authorizer = route.authorizer or auth.default
    scopes = route.scopes or auth.scopes.get(authorizer or "", ())
    return replace(route, authorizer=authorizer, scopes=scopes)


def _cors(value: object) -> CorsConfiguration | None:
    if flag(value):
        return CorsConfiguration(allow_origins=("*",))
    given = mapping(value)
    return openapi.cors_configuration(given) if given else None


def _preflight(value: object) -> dict[str, str] | None:
    """The headers of the OPTIONS methods that SAM adds for `Cors`; without a method's own."""
    given = mapping(value) if isinstance(value, dict) else {"AllowOrigin": value}
    names = (
        ("AllowOrigin", "Origin"),
        ("AllowHeaders", "Headers"),
        ("AllowMethods", "Methods"),
        ("MaxAge", "Max-Age"),
        ("AllowCredentials", "Credentials"),
    )
    headers: dict[str, str] = {}
    for name, suffix in names:
        if written := text(given.get(name)).strip("'"):
            allow = "" if suffix == "Max-Age" else "Allow-"
            headers[f"Access-Control-{allow}{suffix}"] = written
    return headers or None


def _finished(draft: _Draft) -> Api:
    routes = list(draft.routes.values())
    if draft.preflight is not None:
        by_path: dict[str, list[str]] = {}
        for route in routes:
            by_path.setdefault(route.path, []).append(route.method)
        guard = draft.auth.default if draft.auth.guards_preflight else None
        for path, methods in by_path.items():
            if not {"OPTIONS", ANY}.isdisjoint(methods):
                continue
            allowed = {"Access-Control-Allow-Methods": ",".join(sorted([*methods, "OPTIONS"]))}
            mock = Mock({**allowed, **draft.preflight})
            routes.append(Route("OPTIONS", path, authorizer=guard, mock=mock))
    return replace(draft.api, routes=tuple(routes))
