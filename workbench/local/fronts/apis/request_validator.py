"""Validating requests to a REST API: required parameters first, then the body (API Gateway's
guide, "Request validation for REST APIs")."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.local.fronts.apis.api_call import ApiCall
from workbench.local.fronts.refusals import Refusal
from workbench.project.front_doors.apis import Validation

_JSON = "application/json"
_ANY_TYPE = "$default"

Check = Callable[[Any], object]


class RequestValidator:
    """Checks requests to one route. Models that are no JSON schema let every body pass."""

    def __init__(self, validation: Validation) -> None:
        self._parameters = validation.parameters
        self._checks = {kind: _compiled(schema) for kind, schema in validation.models.items()}

    def check(self, call: ApiCall) -> None:
        """Raises Refusal for a request that the function is not invoked with."""
        request = call.request
        query = dict(request.query_pairs())
        values: Mapping[str, Mapping[str, str]] = {
            "querystring": query, "header": request.headers, "path": call.parameters,
        }  # fmt: skip
        missing = sorted(
            source.name
            for source in self._parameters
            if not values[source.place].get(
                source.name.lower() if source.place == "header" else source.name
            )
        )
        if missing:
            names = ", ".join(missing)
            reason = f"{call.route.key} asks for the parameters {names}."
            raise Refusal("missing parameters", reason, detail=names)
        kind = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
        check = self._checks.get(kind, self._checks.get(_ANY_TYPE))
        if check is None:
            return
        try:
            check(json.loads(request.body or b"{}"))
        except (ValueError, RecursionError) as error:  # also fastjsonschema's own
            reason = f"The body is not what {call.route.key} asks for: {error}."
            raise Refusal("invalid body", reason) from None


def _compiled(schema: Mapping[str, Any]) -> Check:
    import fastjsonschema  # Late: 15 ms, and few APIs have models.

    try:
        check: Check = fastjsonschema.compile(
            {"$schema": "http://json-schema.org/draft-04/schema#", **schema},
            handlers=dict.fromkeys(("http", "https", "file", "ftp", ""), _refuse),
            use_default=False,
        )
    except (fastjsonschema.JsonSchemaDefinitionException, ValueError, TypeError, KeyError):
        return lambda body: None
    return check


def _refuse(uri: str) -> Any:
    raise ValueError(f"models are not fetched: {uri}")
