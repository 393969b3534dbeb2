"""Gateway responses: how a REST API words what it answers by itself, as templates declare it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.project.loose_values import mapping, member, text, whole

OPENAPI = "x-amazon-apigateway-gateway-responses"
"""Where an OpenAPI document has them."""

_HEADER = "gatewayresponse.header."


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """What differs from AWS's own response: `status` where it is not None; `headers` by name, with
    expressions for values ('text' in quotes, or method.request.header.NAME and the like); `bodies`,
    templates by content type."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, str] = field(default_factory=dict)


def read(given: object) -> dict[str, GatewayResponse]:
    """By response type (`UNAUTHORIZED`, `DEFAULT_4XX`): of a document's member `OPENAPI`, of SAM's
    `GatewayResponses`, or of the properties of resources."""
    return {name: _response(mapping(each)) for name, each in mapping(given).items()}


def _response(given: dict[str, Any]) -> GatewayResponse:
    # Resources and SAM begin names with a capital, and SAM has the headers one level deeper.
    parameters = mapping(member(given, "responseParameters"))
    headers = {
        name.removeprefix(_HEADER): text(value)
        for name, value in {**parameters, **mapping(parameters.get("Headers"))}.items()
        if text(value)
    }
    status = whole(member(given, "statusCode"))
    templates = mapping(member(given, "responseTemplates"))
    return GatewayResponse(
        status if status is not None and 200 <= status <= 599 else None,
        headers,
        {kind: text(template) for kind, template in templates.items()},
    )
