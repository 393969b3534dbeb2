"""The WebSocket APIs a template declares: AWS::ApiGatewayV2::Api and what belongs to it, and SAM's
AWS::Serverless::WebSocketApi."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.project.front_doors.apis import IAM, Authorizer
from workbench.project.front_doors.authorizers import function_of, sources
from workbench.project.front_doors.websocket_apis import (
    CONNECT,
    SECONDS,
    WebSocketApi,
    WebSocketRoute,
)
from workbench.project.loose_values import mapping, text, texts, whole
from workbench.project.templates.declared import Declared, DeclaredResources
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

_KIND = "AWS::ApiGatewayV2::"
_SAM = "AWS::Serverless::WebSocketApi"
_SAM_AUTHORIZER = "Auth"  # the one that SAM's Auth declares
_SELECTION = "$request.body.action"


class WebSocketReader:
    """Reads them. `report` is told of routes that cannot be served."""

    def __init__(self, declared: DeclaredResources, report: Report) -> None:
        self._declared = declared
        self._report = report

    def read(self) -> tuple[WebSocketApi, ...]:
        """All of them that have routes, in the template's order."""
        apis = self._declared.of(f"{_KIND}Api")
        plain = [
            self._api(logical_id, properties)
            for logical_id, (_, properties) in apis.items()
            if text(properties.get("ProtocolType")) == "WEBSOCKET"
        ]
        of_sam = [
            self._sam(logical_id, node, properties)
            for logical_id, (node, properties) in self._declared.of(_SAM).items()
        ]
        return tuple(api for api in (*plain, *of_sam) if api.routes)

    def _of(self, api: str, kind: str) -> Declared:
        """The resources of a kind that belong to an API, which Ref names in lower case."""
        declared = self._declared.of(_KIND + kind)
        return {
            logical_id: each
            for logical_id, each in declared.items()
            if text(each[1].get("ApiId")).lower() == api.lower()
        }

    def _api(self, name: str, given: Mapping[str, Any]) -> WebSocketApi:
        integrations = {
            logical_id: properties
            for logical_id, (_, properties) in self._of(name, "Integration").items()
        }
        responding = {
            text(properties.get("RouteId"))
            for _, properties in self._of(name, "RouteResponse").values()
        }
        stages = {
            text(each.get("StageName")): _variables(each.get("StageVariables"))
            for _, each in self._of(name, "Stage").values()
        } or {"prod": {}}
        stage = next(iter(stages))
        routes = [
            replace(route, responds=route.responds and logical_id in responding)
            for logical_id, (node, properties) in self._of(name, "Route").items()
            for route in self._route(node, properties, integrations)
        ]
        return WebSocketApi(
            name,
            stage,
            text(given.get("RouteSelectionExpression")) or _SELECTION,
            tuple(routes),
            {
                logical_id: authorizer
                for logical_id, (_, each) in self._of(name, "Authorizer").items()
                if (authorizer := _authorizer(each)) is not None
            },
            stages.pop(stage),
            stages,
        )

    def _route(
        self, node: Node, given: Mapping[str, Any], integrations: Mapping[str, Any]
    ) -> Iterator[WebSocketRoute]:
        key = text(given.get("RouteKey"))
        integration = mapping(integrations.get(text(given.get("Target")).rpartition("/")[2]))
        function = function_of(integration.get("IntegrationUri"))
        if not key or function is None:
            self._report(node, f"The route {key or 'without a key'} leads to no function.")
            return
        milliseconds = whole(integration.get("TimeoutInMillis"))
        yield WebSocketRoute(
            key,
            *function,
            responds=text(given.get("RouteResponseSelectionExpression")) == "$default",
            seconds=SECONDS if milliseconds is None else milliseconds / 1000,
            authorizer=_authorization(given),
            needs_permission=not integration.get("CredentialsArn"),  # a role needs none
        )

    def _sam(self, name: str, node: Node, given: Mapping[str, Any]) -> WebSocketApi:
        routes: list[WebSocketRoute] = []
        auth = mapping(given.get("Auth"))
        guard = function_of(auth.get("AuthArn"))
        named = [source.removeprefix("route.") for source in texts(auth.get("IdentitySource"))]
        guards: dict[str, str | None] = {"CUSTOM": _SAM_AUTHORIZER, "AWS_IAM": IAM}
        for key, value in mapping(given.get("Routes")).items():
            route = mapping(value)
            function = function_of(route.get("FunctionArn"))
            if function is None:
                self._report(node, f"The route {key} leads to no function.")
                continue
            responds = text(route.get("RouteResponseSelectionExpression")) == "$default"
            milliseconds = whole(route.get("IntegrationTimeout"))
            seconds = SECONDS if milliseconds is None else milliseconds / 1000
            authorizer = guards.get(text(auth.get("AuthType"))) if key == CONNECT else None
            routes.append(
                WebSocketRoute(
                    key, *function, responds=responds, seconds=seconds, authorizer=authorizer
                )
            )
        return WebSocketApi(
            name,
            text(given.get("StageName")) or "default",
            text(given.get("RouteSelectionExpression")) or _SELECTION,
            tuple(routes),
            {_SAM_AUTHORIZER: Authorizer("REQUEST", *guard, sources=sources(named), ttl=0)}
            if guard is not None
            else {},
            _variables(given.get("StageVariables")),
        )


def _authorization(given: Mapping[str, Any]) -> str | None:
    match text(given.get("AuthorizationType")):
        case "CUSTOM":
            return text(given.get("AuthorizerId"))
        case "AWS_IAM":
            return IAM
    return None


def _variables(value: object) -> dict[str, str]:
    return {name: text(each) for name, each in mapping(value).items()}


def _authorizer(given: Mapping[str, Any]) -> Authorizer | None:
    function = function_of(given.get("AuthorizerUri"))
    if function is None:
        return None
    named = [name.removeprefix("route.") for name in texts(given.get("IdentitySource"))]
    needs_permission = not given.get("AuthorizerCredentialsArn")
    return Authorizer(
        "REQUEST", *function, sources=sources(named), ttl=0, needs_permission=needs_permission
    )
