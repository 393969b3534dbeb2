"""The three ways in which SDKs may speak to one service: JSON 1.0, CBOR, and query with XML. A
request tells which it is.

Of CloudWatch the newest SDKs ask in CBOR, boto3 and the AWS CLI of 2026 in JSON, older ones by a
form.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from workbench.local.api.protocols import cbor, parse, query_protocol, serialise
from workbench.local.api.protocols.model import Operation, Shape
from workbench.local.errors import ApiError
from workbench.local.http.messages import Request, Response

_CBOR_PATH = re.compile(r"/service/[^/]+/operation/(\w+)")
_CBOR_HEADERS = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]


class Wire(Protocol):
    """How one request and its answer are written. `name` is the operation's."""

    name: str

    def input(self, operation: Operation) -> dict[str, Any]:
        """The request's input. Raises ApiError."""

    def response(self, operation: Operation, output: dict[str, Any], id: str) -> Response:
        """A successful answer; `id` is the request's."""

    def error(self, fault: ApiError, id: str) -> Response:
        """An error."""


def wire_of(request: Request, namespace: str = "") -> Wire:
    """The protocol that `request` uses. `namespace` is that of the service's XML, if it has one."""
    if "x-amz-target" in request.headers:
        return _Json(request)
    found = _CBOR_PATH.fullmatch(request.path)
    if found is not None:
        return _Cbor(request, found[1])
    return _Query(request, namespace)


class _Json:
    def __init__(self, request: Request) -> None:
        self._request = request
        self.name = request.headers["x-amz-target"].partition(".")[2]

    def input(self, operation: Operation) -> dict[str, Any]:
        return parse.json_1_1(operation, self._request)

    def response(self, operation: Operation, output: dict[str, Any], id: str) -> Response:
        shape = operation.output
        body = b"" if shape is None else serialise.encode(serialise.to_json(shape, output))
        return Response(200, body, self._headers(id))

    def error(self, fault: ApiError, id: str) -> Response:
        query_error = ("x-amzn-query-error", f"{fault.code};Sender")
        return Response(fault.status, fault.json_1_1(), [*self._headers(id), query_error])

    def _headers(self, id: str) -> list[tuple[str, str]]:
        return [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", id)]


class _Cbor:
    def __init__(self, request: Request, name: str) -> None:
        self._body = request.body
        self.name = name

    def input(self, operation: Operation) -> dict[str, Any]:
        try:
            values = cbor.decode(self._body) if self._body else {}
        except cbor.BadCbor as error:
            raise ApiError("SerializationException", f"The body is not CBOR: {error}.") from None
        if operation.input is None:
            return {}
        parsed: dict[str, Any] = parse.from_json(operation.input, values)
        return parsed

    def response(self, operation: Operation, output: dict[str, Any], id: str) -> Response:
        shape = operation.output
        body = b"" if shape is None else cbor.encode(_tagged(shape, output))
        return Response(200, body, [*_CBOR_HEADERS, ("x-amzn-RequestId", id)])

    def error(self, fault: ApiError, id: str) -> Response:
        body = cbor.encode({"__type": fault.code, "message": fault.message})
        headers = [*_CBOR_HEADERS, ("x-amzn-RequestId", id)]
        return Response(
            fault.status, body, [*headers, ("x-amzn-query-error", f"{fault.code};Sender")]
        )


def _tagged(shape: Shape, value: Any) -> Any:
    """`value` with its times marked as such."""
    if shape.type == "structure":
        return {
            member.wire_name: _tagged(member.shape, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if shape.type == "list" and shape.item is not None:
        return [_tagged(shape.item, item) for item in value]
    if shape.type == "map" and shape.item is not None:
        return {key: _tagged(shape.item, item) for key, item in value.items()}
    if shape.type == "timestamp":
        return cbor.Timestamp(value)
    return float(value) if shape.type in ("double", "float") else value


class _Query:
    def __init__(self, request: Request, namespace: str) -> None:
        self._namespace = namespace
        self._form = query_protocol.parameters(request.body or request.query.encode())
        self.name = self._form.get("Action", "")

    def input(self, operation: Operation) -> dict[str, Any]:
        return query_protocol.parse(operation, self._form)

    def response(self, operation: Operation, output: dict[str, Any], id: str) -> Response:
        body = query_protocol.serialise(operation, output, self._namespace, id)
        return Response(200, body, [query_protocol.XML, ("x-amzn-RequestId", id)])

    def error(self, fault: ApiError, id: str) -> Response:
        body = query_protocol.error(fault, self._namespace, id)
        return Response(fault.status, body, [query_protocol.XML, ("x-amzn-RequestId", id)])
