"""The APIs a CloudFormation template declares resource by resource, as the CDK writes them.

AWS::ApiGatewayV2::Api (HTTP) with its routes, and AWS::ApiGateway::RestApi with its methods, become
the OpenAPI documents that API Gateway would export for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.project.front_doors import gateway_responses
from workbench.project.front_doors.apis import ANY, Api, ApiKind
from workbench.project.front_doors.request_validation import (
    VALIDATOR,
    VALIDATORS,
    required_of_method,
)
from workbench.project.loose_values import flag, mapping, text, texts
from workbench.project.templates import openapi
from workbench.project.templates.intrinsics import Resolver
from workbench.project.tree import Node

Report = Callable[[Node, str], None]

_V2 = "AWS::ApiGatewayV2::"
_V1 = "AWS::ApiGateway::"
_APIS: dict[str, ApiKind] = {f"{_V2}Api": "HTTP", f"{_V1}RestApi": "REST"}
_INTEGRATION = "x-amazon-apigateway-integration"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_SIGNED = "sigv4"
_KEY = "api-key"
_SCHEMES = {
    _SIGNED: {"x-amazon-apigateway-authtype": "awsSigv4"},
    _KEY: {"type": "apiKey", "name": "x-api-key", "in": "header"},
}


@dataclass(frozen=True, slots=True)
class _Resource:
    logical_id: str
    type: str
    node: Node
    properties: dict[str, Any]


class GatewayReader:
    """Reads them; what cannot be answered here is reported."""

    def __init__(self, resolver: Resolver, report: Report) -> None:
        self._resolver = resolver
        self._report = report

    def read(self, resources: Node | None) -> tuple[Api, ...]:
        """All HTTP and REST APIs that have routes, in the template's order."""
        found = list(self._found(resources))
        apis = (self._api(resource, found) for resource in found if resource.type in _APIS)
        return tuple(api for api in apis if api is not None and api.routes)

    def _found(self, resources: Node | None) -> Iterator[_Resource]:
        for logical_id, node in (resources.mapping if resources is not None else {}).items():
            type_ = node.mapping.get("Type")
            kind = text(type_.value) if type_ is not None else ""
            given = node.mapping.get("Properties")
            if not kind.startswith((_V1, _V2)) or given is None or not self._is_made(node):
                continue
            try:
                yield _Resource(logical_id, kind, node, mapping(self._resolver.value(given)))
            except RecursionError:
                self._report(node, f"{logical_id} is nested too deeply.")

    def _is_made(self, node: Node) -> bool:
        condition = node.mapping.get("Condition")
        return condition is None or self._resolver.condition(str(condition.value), condition)

    def _api(self, api: _Resource, found: list[_Resource]) -> Api | None:
        kind, given = _APIS[api.type], api.properties
        if kind == "HTTP" and text(given.get("ProtocolType")) == "WEBSOCKET":
            return None
        reference, prefix = api.logical_id.lower(), _V2 if kind == "HTTP" else _V1
        member = "ApiId" if kind == "HTTP" else "RestApiId"
        parts: dict[str, dict[str, dict[str, Any]]] = {}
        for part in found:
            if part.type.startswith(prefix) and text(part.properties.get(member)) == reference:
                type_ = part.type.removeprefix(prefix)
                parts.setdefault(type_, {})[part.logical_id] = part.properties
        document = mapping(given.get("Body")) or {
            "paths": _routes(given, parts) if kind == "HTTP" else _methods(parts),
            "components": {
                "securitySchemes": {**_SCHEMES, **_authorizers(parts)},
                "schemas": _models(parts),
            },
            VALIDATORS: _validators(parts),
        }
        definition = openapi.read(
            document, kind, lambda what: self._report(api.node, f"{api.logical_id}: {what}")
        )
        declared = parts.get("GatewayResponse", {}).values()
        responses = {text(each.get("ResponseType")): each for each in declared}
        stages = _stages(kind, parts)
        stage = next(iter(stages))
        cors = mapping(given.get("CorsConfiguration"))
        return Api(
            kind,
            api.logical_id,
            stage,
            definition.routes,
            definition.authorizers,
            stages.pop(stage),
            (*definition.binary_media_types, *texts(given.get("BinaryMediaTypes"))),
            openapi.cors_configuration(cors) if cors else definition.cors,
            stages,
            {**definition.gateway_responses, **gateway_responses.read(responses)},
        )


Parts = Mapping[str, Mapping[str, dict[str, Any]]]
Paths = dict[str, dict[str, Any]]


def _stages(kind: ApiKind, parts: Parts) -> dict[str, dict[str, str]]:
    """The stages and their variables, at least one; a deployment may have made one too."""
    default = "$default" if kind == "HTTP" else "prod"
    member = "StageVariables" if kind == "HTTP" else "Variables"
    stages: dict[str, dict[str, str]] = {}
    for stage in (*parts.get("Stage", {}).values(), *parts.get("Deployment", {}).values()):
        name = text(stage.get("StageName"))
        if name and name not in stages:
            variables = mapping(stage.get(member))
            stages[name] = {variable: text(value) for variable, value in variables.items()}
    return stages or {default: {}}


def _routes(api: dict[str, Any], parts: Parts) -> Paths:
    """The paths of an HTTP API."""
    paths: Paths = {}
    if "Target" in api:  # the quick way to an API: all goes to one function
        integration = {
            "uri": api["Target"],
            "payloadFormatVersion": "2.0",
            "credentials": api.get("CredentialsArn"),
        }
        paths["/$default"] = {"x-amazon-apigateway-any-method": {_INTEGRATION: integration}}
    integrations = parts.get("Integration", {})
    for route in parts.get("Route", {}).values():
        method, _, path = text(route.get("RouteKey")).partition(" ")
        if method == "$default":
            method, path = ANY, "/$default"
        target = integrations.get(text(route.get("Target")).removeprefix("integrations/"), {})
        integration = {
            "uri": target.get("IntegrationUri"),
            "payloadFormatVersion": target.get("PayloadFormatVersion"),
            "timeoutInMillis": target.get("TimeoutInMillis"),
            "credentials": target.get("CredentialsArn"),
        }
        operation = {_INTEGRATION: integration, "security": _security(route)}
        paths.setdefault(path, {})[_operation_name(method)] = operation
    return paths


def _methods(parts: Parts) -> Paths:
    """The paths of a REST API."""
    resources = parts.get("Resource", {})
    paths: Paths = {}
    for method in parts.get("Method", {}).values():
        given = mapping(method.get("Integration"))
        responses = given.get("IntegrationResponses")
        first = mapping(responses[0]) if isinstance(responses, list) and responses else {}
        integration = {
            "type": given.get("Type"),
            "uri": given.get("Uri"),
            "timeoutInMillis": given.get("TimeoutInMillis"),
            "credentials": given.get("Credentials"),
            "responses": {
                "default": {
                    "statusCode": first.get("StatusCode"),
                    "responseParameters": first.get("ResponseParameters"),
                }
            },
        }
        operation = {
            _INTEGRATION: integration,
            "security": _security(method),
            VALIDATOR: method.get("RequestValidatorId"),
            "parameters": required_of_method(method.get("RequestParameters")),
            "requestBody": {
                "content": {
                    kind: {"schema": {"$ref": f"#/components/schemas/{text(model)}"}}
                    for kind, model in mapping(method.get("RequestModels")).items()
                }
            },
        }
        path = _path(text(method.get("ResourceId")), resources)
        paths.setdefault(path, {})[_operation_name(text(method.get("HttpMethod")))] = operation
    return paths


def _path(resource: str, resources: Mapping[str, dict[str, Any]]) -> str:
    """The path of a REST API's resource, by its parents up to the root, which is none of them."""
    pieces: list[str] = []
    while resource in resources and len(pieces) <= len(resources):
        pieces.insert(0, text(resources[resource].get("PathPart")))
        resource = text(resources[resource].get("ParentId"))
    return "/" + "/".join(pieces)


def _operation_name(method: str) -> str:
    return "x-amazon-apigateway-any-method" if method.upper() == ANY else method.lower()


def _security(given: dict[str, Any]) -> list[dict[str, list[str]]]:
    asked: dict[str, list[str]] = {}
    kind = text(given.get("AuthorizationType"))
    if kind == "AWS_IAM":
        asked[_SIGNED] = []
    elif kind not in ("", "NONE"):
        asked[text(given.get("AuthorizerId"))] = list(texts(given.get("AuthorizationScopes")))
    if flag(given.get("ApiKeyRequired")):
        asked[_KEY] = []
    return [asked]


def _validators(parts: Parts) -> dict[str, dict[str, Any]]:
    return {
        logical_id: {
            "validateRequestBody": given.get("ValidateRequestBody"),
            "validateRequestParameters": given.get("ValidateRequestParameters"),
        }
        for logical_id, given in parts.get("RequestValidator", {}).items()
    }


def _models(parts: Parts) -> dict[str, Any]:
    """The models by the names that Ref and other models have for them."""
    models: dict[str, Any] = {}
    for logical_id, given in parts.get("Model", {}).items():
        for name in {logical_id, text(given.get("Name")) or logical_id}:
            models[name] = mapping(given.get("Schema"))
    return models


def _authorizers(parts: Parts) -> dict[str, dict[str, Any]]:
    schemes: dict[str, dict[str, Any]] = {}
    for logical_id, given in parts.get("Authorizer", {}).items():
        schemes[logical_id] = {
            _AUTHORIZER: {
                "type": given.get("AuthorizerType", given.get("Type")),
                "authorizerUri": given.get("AuthorizerUri"),
                "authorizerCredentials": given.get(
                    "AuthorizerCredentialsArn", given.get("AuthorizerCredentials")
                ),
                "identitySource": given.get("IdentitySource"),
                "jwtConfiguration": given.get("JwtConfiguration"),
                "authorizerResultTtlInSeconds": given.get("AuthorizerResultTtlInSeconds"),
                "identityValidationExpression": given.get("IdentityValidationExpression"),
                "authorizerPayloadFormatVersion": given.get("AuthorizerPayloadFormatVersion"),
                "enableSimpleResponses": given.get("EnableSimpleResponses"),
                "providerARNs": given.get("ProviderARNs"),
            }
        }
    return schemes
