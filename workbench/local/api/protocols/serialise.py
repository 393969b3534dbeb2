"""Typed output to responses, after the service model: members in its order, unset ones left out."""

from __future__ import annotations

import base64
import json
from typing import Any

from workbench.local.api.protocols.model import Operation, Shape
from workbench.local.http.messages import Response

JSON = ("Content-Type", "application/json")
JSON_1_1 = ("Content-Type", "application/x-amz-json-1.1")


def rest_json(operation: Operation, output: dict[str, Any], request_id: str) -> Response:
    """The response of a REST-JSON operation."""
    headers = [JSON, ("x-amzn-RequestId", request_id)]
    shape = operation.output
    if shape is None or operation.status == 204:
        return Response(operation.status, b"", headers)
    body: dict[str, Any] = {}
    payload: bytes | None = None
    status = operation.status
    for name, member in shape.members.items():
        value = output.get(name)
        if value is None:
            continue
        if member.location == "header":
            headers.append((member.wire_name, str(value)))
        elif member.location == "statusCode":
            status = value
        elif shape.payload == name:
            blob = member.shape.type == "blob"
            payload = value if blob else encode(to_json(member.shape, value))
        else:
            body[member.wire_name] = to_json(member.shape, value)
    return Response(status, encode(body) if payload is None else payload, headers)


def json_1_1(operation: Operation, output: dict[str, Any], request_id: str) -> Response:
    """The response of a JSON 1.1 operation; one without output has an empty body."""
    headers = [JSON_1_1, ("x-amzn-RequestId", request_id)]
    if operation.output is None:
        return Response(200, b"", headers)
    return Response(200, encode(to_json(operation.output, output)), headers)


def to_json(shape: Shape, value: Any) -> Any:
    """A Python value of `shape` as JSON: timestamps are epoch seconds, blobs Base64."""
    kind = shape.type
    if kind == "structure":
        return {
            member.wire_name: to_json(member.shape, item) if member.shape.type in _NESTED else item
            for name, member in shape.members.items()
            if (item := value.get(name)) is not None
        }
    if kind == "list" and shape.item is not None and shape.item.type in _NESTED:
        return [to_json(shape.item, item) for item in value]
    if kind == "map" and shape.item is not None and shape.item.type in _NESTED:
        return {key: to_json(shape.item, item) for key, item in value.items()}
    if kind == "blob":
        return base64.b64encode(value).decode()
    return value


_NESTED = ("structure", "list", "map", "blob")


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8; a lone surrogate becomes its escape."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
