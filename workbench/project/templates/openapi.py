"""OpenAPI documents with API Gateway's extensions, as an API's DefinitionBody has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.project.front_doors import authorizers as api_authorizers
from workbench.project.front_doors import gateway_responses
from workbench.project.front_doors.apis import (
    ANY,
    DEFAULT_PATH,
    HTTP_SECONDS,
    IAM,
    METHODS,
    REST_SECONDS,
    ApiKind,
    Authorizer,
    CorsConfiguration,
    Mock,
    Route,
)
from workbench.project.front_doors.authorizers import function_of
from workbench.project.front_doors.gateway_responses import GatewayResponse
from workbench.project.front_doors.request_validation import of_openapi
from workbench.project.loose_values import flag, mapping, member, text, texts, whole

Document = Mapping[str, Any]
_INTEGRATION = "x-amazon-apigateway-integration"
_ANY_METHOD = "x-amazon-apigateway-any-method"
_RESPONSE_HEADER = "method.response.header."


@dataclass(frozen=True, slots=True)
class Definition:
    """What a document says of an API."""

    routes: tuple[Route, ...] = ()
    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    binary_media_types: tuple[str, ...] = ()
    cors: CorsConfiguration | None = None
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)


def read(document: Document, kind: ApiKind, report: Callable[[str], None]) -> Definition:
    """The API that `document` (JSON values) defines. `report` is told, in a sentence, which
    operations are not answered here."""
    schemes = {
        **mapping(document.get("securityDefinitions")),
        **mapping(mapping(document.get("components")).get("securitySchemes")),
    }
    security = {name: api_authorizers.of_openapi(mapping(each)) for name, each in schemes.items()}
    reader = _Operations(document, kind, security, report)
    cors = document.get("x-amazon-apigateway-cors")
    return Definition(
        tuple(reader.routes()),
        {name: each for name, (_, each) in security.items() if each is not None},
        texts(document.get("x-amazon-apigateway-binary-media-types")),
        None if cors is None else cors_configuration(mapping(cors)),
        gateway_responses.read(document.get(gateway_responses.OPENAPI)),
    )


def cors_configuration(given: dict[str, Any]) -> CorsConfiguration:
    """CORS of an HTTP API; the members are named as in OpenAPI (allowOrigins) or in SAM."""
    return CorsConfiguration(
        allow_origins=texts(member(given, "allowOrigins")),
        allow_methods=texts(member(given, "allowMethods")),
        allow_headers=texts(member(given, "allowHeaders")),
        expose_headers=texts(member(given, "exposeHeaders")),
        max_age=whole(member(given, "maxAge")),
        allow_credentials=flag(member(given, "allowCredentials")),
    )


@dataclass(frozen=True, slots=True)
class _Operations:
    document: Document
    kind: ApiKind
    security: Mapping[str, tuple[str, Authorizer | None]]
    report: Callable[[str], None]

    def routes(self) -> Iterator[Route]:
        for path, item in mapping(self.document.get("paths")).items():
            for name, operation in mapping(item).items():
                method = ANY if name == _ANY_METHOD else name.upper()
                if method != ANY and method not in METHODS:
                    continue  # parameters, servers and the like
                route = self._route(method, path, mapping(operation))
                if route is None:
                    where = f"{method} {path}"
                    self.report(f"{where} is not answered here: it has no Lambda function.")
                else:
                    yield route

    def _route(self, method: str, path: str, operation: Document) -> Route | None:
        integration = self._integration(operation)
        if path == f"/{DEFAULT_PATH}":
            path = DEFAULT_PATH
        if method == "OPTIONS" and text(integration.get("type")).lower() == "mock":
            return Route(method, path, mock=_mock(integration))
        function = function_of(integration.get("uri"))
        if function is None:
            return None
        limit = HTTP_SECONDS if self.kind == "HTTP" else REST_SECONDS
        milliseconds = whole(integration.get("timeoutInMillis"))
        version = text(integration.get("payloadFormatVersion"))
        authorizer, scopes, needs_api_key = self._security(operation)
        return Route(
            method,
            path,
            *function,
            payload_version="2.0" if version == "2.0" else "1.0",
            seconds=limit if milliseconds is None else milliseconds / 1000,
            authorizer=authorizer,
            scopes=scopes,
            needs_api_key=needs_api_key,
            needs_permission=not integration.get("credentials"),  # a role needs none
            validation=of_openapi(self.document, operation) if self.kind == "REST" else None,
        )

    def _integration(self, operation: Document) -> dict[str, Any]:
        given = mapping(operation.get(_INTEGRATION))
        reference = text(given.get("$ref"))
        if reference.startswith("#/"):
            target: Any = self.document
            for part in reference[2:].split("/"):
                target = mapping(target).get(part)
            return mapping(target)
        return given

    def _security(self, operation: Document) -> tuple[str | None, tuple[str, ...], bool]:
        """Authorizer, scopes, and whether an API key is asked for."""
        authorizer: str | None = None
        scopes: tuple[str, ...] = ()
        needs_api_key = False
        asked = operation.get("security", self.document.get("security"))
        for requirement in asked if isinstance(asked, list) else ():
            for name, wanted in mapping(requirement).items():
                special, found = self.security.get(name, ("", None))
                if special == "api-key":
                    needs_api_key = True
                elif special == IAM:
                    authorizer = IAM
                elif found is not None:
                    authorizer, scopes = name, texts(wanted)
        return authorizer, scopes, needs_api_key


def _mock(integration: Document) -> Mock:
    """The status and fixed headers of a mock's default (or only) response."""
    responses = mapping(integration.get("responses"))
    first = mapping(responses.get("default", next(iter(responses.values()), None)))
    headers = {
        name.removeprefix(_RESPONSE_HEADER): text(value).strip("'")
        for name, value in mapping(first.get("responseParameters")).items()
        if name.startswith(_RESPONSE_HEADER)
    }
    status = whole(first.get("statusCode"))
    return Mock(headers, status if status is not None and 200 <= status <= 599 else 200)
