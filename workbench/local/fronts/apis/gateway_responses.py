"""What a REST API answers by itself, in the words of its template."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from workbench.local.fronts.apis.api_call import ApiCall
from workbench.local.fronts.refusals import Why
from workbench.local.http.messages import Response
from workbench.project.front_doors.gateway_responses import GatewayResponse

# A path of a stage that is not there belongs to no API, so nothing can be said of it. Of results
# that fail only the class can: AWS has no type for them.
_TYPES: dict[Why, str] = {
    "no route": "MISSING_AUTHENTICATION_TOKEN",
    "unsigned": "MISSING_AUTHENTICATION_TOKEN",
    "no API key": "INVALID_API_KEY",
    "unauthorized": "UNAUTHORIZED",
    "denied": "ACCESS_DENIED",
    "explicitly denied": "ACCESS_DENIED",
    "authorizer failed": "AUTHORIZER_CONFIGURATION_ERROR",
    "missing parameters": "BAD_REQUEST_PARAMETERS",
    "invalid body": "BAD_REQUEST_BODY",
    "too large": "REQUEST_TOO_LARGE",
    "unavailable": "API_CONFIGURATION_ERROR",
    "timed out": "INTEGRATION_TIMEOUT",
}
_JSON = "application/json"
_VARIABLE = re.compile(r"\$(?:\{context\.([\w.]+)\}|context\.(\w+(?:\.\w+)*))")


def worded(
    declared: Mapping[str, GatewayResponse],
    why: Why,
    message: str | None,
    call: ApiCall | None,
    response: Response,
) -> Response:
    """AWS's `response` to what was refused, or what the API declares instead of it.

    `call` is None where no route was found: what is of the request is left out then.
    """
    if why == "no stage" or not declared:
        return response
    of_class = f"DEFAULT_{response.status // 100}XX"
    found = declared.get(_TYPES.get(why, of_class)) or declared.get(of_class)
    if found is None:
        return response
    context = _context(call, message, _TYPES.get(why, of_class))
    values = {name: _value(each, call, context) for name, each in found.headers.items()}
    headers = {name: value for name, value in values.items() if value is not None}
    body = response.body
    if found.bodies:
        kind = _JSON if _JSON in found.bodies else next(iter(found.bodies))
        headers["Content-Type"] = kind
        body = _VARIABLE.sub(_filling(context), found.bodies[kind]).encode()
    replaced = {name.lower() for name in headers}
    kept = (each for each in response.headers if each[0].lower() not in replaced)
    return Response(found.status or response.status, body, [*kept, *headers.items()])


def _context(call: ApiCall | None, message: str | None, type_: str) -> dict[str, str]:
    said = message or ""
    context = {
        "error.message": said,
        "error.messageString": json.dumps(said),
        "error.responseType": type_,
    }
    if call is not None:
        context |= {
            "requestId": call.request_id,
            "extendedRequestId": call.extended_id,
            "httpMethod": call.request.method,
            "path": call.path,
            "resourcePath": call.route.path,
            "stage": call.stage,
        }
    return context


def _value(expression: str, call: ApiCall | None, context: Mapping[str, str]) -> str | None:
    """What a header's expression stands for; None when there is nothing."""
    if expression.startswith("'"):
        return expression.strip("'")
    if expression.startswith("context."):
        return context.get(expression.removeprefix("context."))
    if call is None:
        return None
    place, _, name = expression.removeprefix("method.request.").partition(".")
    if place == "header":
        return call.request.headers.get(name.lower())
    return dict(call.request.query_pairs()).get(name) if place == "querystring" else None


def _filling(context: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    """What replaces variables in a template; those that are not known here stay."""

    def filled(match: re.Match[str]) -> str:
        return context.get(match[1] or match[2], match[0])

    return filled
