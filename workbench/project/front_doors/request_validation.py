"""What a REST API looks at before a function is invoked: required parameters and models of bodies.

As OpenAPI documents with API Gateway's extensions say it, and as SAM does (API Gateway's guide,
"Request validation for REST APIs").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.project.front_doors.apis import Source, Validation
from workbench.project.loose_values import flag, mapping, text, texts

Document = Mapping[str, Any]

VALIDATORS = "x-amazon-apigateway-request-validators"
VALIDATOR = "x-amazon-apigateway-request-validator"
_PLACES = {"query": "querystring", "header": "header", "path": "path"}
_JSON = "application/json"


def of_openapi(document: Document, operation: Document) -> Validation | None:
    """The validation of an operation, None when there is nothing to look at."""
    name = text(operation.get(VALIDATOR, document.get(VALIDATOR)))
    validator = mapping(mapping(document.get(VALIDATORS)).get(name))
    parameters: tuple[Source, ...] = ()
    if flag(validator.get("validateRequestParameters")):
        parameters = tuple(_required(operation.get("parameters")))
    schemas: dict[str, Any] = {}
    if flag(validator.get("validateRequestBody")):
        schemas = _schemas(document, operation)
    models = {
        **mapping(document.get("definitions")),
        **mapping(mapping(document.get("components")).get("schemas")),
    }
    return _validation(parameters, schemas, models)


def of_sam(event: Document, models: Document) -> Validation | None:
    """The validation of a function's Api event, whose API has these `models`."""
    model = mapping(event.get("RequestModel"))
    parameters: list[Source] = []
    if flag(model.get("ValidateParameters")):
        given = event.get("RequestParameters")
        for each in given if isinstance(given, list) else ():
            for name, settings in mapping(each).items():
                if flag(mapping(settings).get("Required")):
                    parameters += _source(name)
    schemas = {}
    if flag(model.get("ValidateBody")):
        schemas = {_JSON: models.get(text(model.get("Model")), {})}
    return _validation(tuple(parameters), schemas, models)


def required_of_method(parameters: object) -> list[dict[str, Any]]:
    """RequestParameters of AWS::ApiGateway::Method as OpenAPI's parameters."""
    found = [(source, flag(value)) for name, value in mapping(parameters).items()
             for source in _source(name)]  # fmt: skip
    places = {place: name for name, place in _PLACES.items()}
    return [
        {"name": source.name, "in": places[source.place], "required": required}
        for source, required in found
    ]


def _validation(
    parameters: tuple[Source, ...], schemas: Document, models: Document
) -> Validation | None:
    if not parameters and not schemas:
        return None
    known = {name: _local(model) for name, model in models.items()}
    complete = {
        kind: {**mapping(_local(schema)), "definitions": known} for kind, schema in schemas.items()
    }
    return Validation(parameters, complete)


def _source(name: str) -> Iterator[Source]:
    """`method.request.querystring.page`"""
    parts = name.split(".", 3)
    if len(parts) == 4 and parts[2] in _PLACES.values():
        yield Source(parts[2], parts[3])


def _required(parameters: object) -> Iterator[Source]:
    for each in parameters if isinstance(parameters, list) else ():
        given = mapping(each)
        place = _PLACES.get(text(given.get("in")))
        if place is not None and flag(given.get("required")):
            yield Source(place, text(given.get("name")))


def _schemas(document: Document, operation: Document) -> dict[str, Any]:
    """The schemas of the body by content type, in OpenAPI 3 or Swagger 2."""
    content = mapping(mapping(operation.get("requestBody")).get("content"))
    schemas = {kind: mapping(each).get("schema") for kind, each in content.items()}
    parameters = operation.get("parameters")
    for each in parameters if isinstance(parameters, list) else ():
        if mapping(each).get("in") == "body":
            kinds = texts(operation.get("consumes", document.get("consumes"))) or (_JSON,)
            schemas |= dict.fromkeys(kinds, mapping(each).get("schema"))
    return {kind: schema for kind, schema in schemas.items() if isinstance(schema, dict)}


def _local(schema: Any) -> Any:
    """A schema whose references to other models, however written, lead to `definitions`."""
    if isinstance(schema, list):
        return [_local(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: f"#/definitions/{value.rpartition('/')[2]}"
        if name == "$ref" and isinstance(value, str) and "/" in value
        else _local(value)
        for name, value in schema.items()
    }
