"""Requests to typed input: REST-JSON and JSON 1.1, after the service model.

Values of the wrong JSON type are refused with the wording of AWS's own parser; constraints are
`validate`'s matter.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Any

from workbench.local.api.protocols.model import Operation, Route, Shape
from workbench.local.api.protocols.payload import jackson_error
from workbench.local.errors import ApiError
from workbench.local.http.messages import Request

INT_LIMIT = {"integer": 2**31, "long": 2**63}


def rest_json(route: Route, request: Request, query: list[tuple[str, str]]) -> dict[str, Any]:
    """The operation's input. Raises ApiError for what cannot be read."""
    shape = route.operation.input
    if shape is None:
        return {}
    values: dict[str, Any] = {}
    in_body = False
    for name, member in shape.members.items():
        if member.location == "uri":
            values[name] = _from_text(member.shape, route.labels[member.wire_name])
        elif member.location == "querystring":
            found = [value for key, value in query if key == member.wire_name]
            if found and member.shape.type == "list":
                values[name] = found
            elif found:
                values[name] = _from_text(member.shape, found[0])
        elif member.location == "header":
            text = request.headers.get(member.wire_name.lower())
            if text is not None:
                values[name] = _from_text(member.shape, text)
        elif shape.payload == name and member.shape.type == "blob":
            values[name] = request.body
        else:
            in_body = True
    if in_body and request.body:
        body = _json_object(request.body)
        if shape.payload is not None:
            payload = shape.members[shape.payload]
            values[shape.payload] = from_json(payload.shape, body)
        else:
            for name, member in shape.members.items():
                if member.location is None and body.get(member.wire_name) is not None:
                    values[name] = from_json(member.shape, body[member.wire_name])
    return values


def json_1_1(operation: Operation, request: Request) -> dict[str, Any]:
    """The input of an operation of a JSON service: its whole body."""
    body = _json_object(request.body or b"{}")
    if operation.input is None:
        return {}
    parsed: dict[str, Any] = from_json(operation.input, body)
    return parsed


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {jackson_error(body)}",
        ) from None
    if not isinstance(value, dict):
        raise _serialisation("Unexpected list element termination or value at the top level")
    return value


def from_json(shape: Shape, value: Any) -> Any:
    """A JSON value as the Python value of `shape`; null members are absent."""
    kind = shape.type
    if kind == "structure":
        if not isinstance(value, dict):
            raise _not_expected(value, "a structure")
        return {
            name: from_json(member.shape, value[member.wire_name])
            for name, member in shape.members.items()
            if value.get(member.wire_name) is not None
        }
    if kind == "map":
        assert shape.item is not None
        if not isinstance(value, dict):
            raise _not_expected(value, "a map")
        return {
            _encodable(key): None if item is None else from_json(shape.item, item)
            for key, item in value.items()
        }
    if kind == "list":
        assert shape.item is not None
        if not isinstance(value, list):
            raise _not_expected(value, "a list")
        return [None if item is None else from_json(shape.item, item) for item in value]
    return _scalar(shape, value)


def _scalar(shape: Shape, value: Any) -> Any:
    kind = shape.type
    if isinstance(value, dict | list):
        raise _serialisation("Start of structure or map found where not expected.")
    if kind in ("string", "character"):
        if not isinstance(value, str):
            raise _not_expected(value, "a String")
        return _encodable(value)
    if kind == "boolean":
        if not isinstance(value, bool):
            raise _not_expected(value, "a Boolean")
        return value
    if kind == "blob":
        if not isinstance(value, str):
            raise _not_expected(value, "a Blob")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise _serialisation("The value of a blob is not Base64.") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _not_expected(value, "a Number" if kind != "integer" else "an Integer")
    if isinstance(value, float) and not math.isfinite(value):
        raise _not_expected(value, "a finite number")
    if kind in INT_LIMIT:
        if value != int(value) or abs(value) >= INT_LIMIT[kind]:
            raise _not_expected(value, "an Integer" if kind == "integer" else "a Long")
        return int(value)
    return value if kind == "timestamp" else float(value)


def _encodable(text: str) -> str:
    """`text`, unless it has half of a surrogate pair, which no UTF-8 can carry."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _serialisation("A string has half of a surrogate pair.") from None
    return text


def _from_text(shape: Shape, text: str) -> Any:
    kind = shape.type
    if kind in INT_LIMIT:
        try:
            return _scalar(shape, int(text))
        except ValueError:
            raise _not_expected(text, "an Integer") from None
    if kind == "boolean":
        return text.lower() == "true"
    return text


def _not_expected(value: Any, wanted: str) -> ApiError:
    if isinstance(value, dict):
        return _serialisation("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return _serialisation("Start of list found where not expected")
    if isinstance(value, bool):
        token = f"{str(value).upper()}_VALUE"
    else:
        token = "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
    return _serialisation(f"{token} can not be converted to {wanted}")


def _serialisation(message: str) -> ApiError:
    return ApiError("SerializationException", message)
