"""AWS's query protocol: parameters of a form in, XML out, after the service model."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from workbench.local.api.protocols.model import Operation, Shape
from workbench.local.errors import ApiError
from workbench.local.xml_text import escape

XML = ("Content-Type", "text/xml")


def parameters(body: bytes) -> dict[str, str]:
    """A form's names and values."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def parse(operation: Operation, form: dict[str, str]) -> dict[str, Any]:
    """The operation's input. Raises ApiError for a value that cannot be read."""
    if operation.input is None:
        return {}
    found: dict[str, Any] = _structure(operation.input, form, "")
    return found


def _structure(shape: Shape, form: dict[str, str], prefix: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = _value(member.shape, form, prefix + member.wire_name)
        if value is not None:
            values[name] = value
    return values


def _value(shape: Shape, form: dict[str, str], name: str) -> Any:
    """What the form has under `name`, None when there is nothing."""
    if shape.type == "structure":
        return _structure(shape, form, f"{name}.") or None
    if shape.type == "list":
        assert shape.item is not None
        items: list[Any] = []
        while (item := _value(shape.item, form, f"{name}.member.{len(items) + 1}")) is not None:
            items.append(item)
        return items or None
    text = form.get(name)
    return None if text is None else _scalar(shape.type, text)


def _scalar(kind: str, text: str) -> Any:
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "timestamp":
            return _epoch(text)
    except ValueError:
        raise ApiError("MalformedInput", f"{text} is no {kind}.") from None
    return text.lower() == "true" if kind == "boolean" else text


def _epoch(text: str) -> float:
    time = datetime.datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=datetime.UTC)
    return time.timestamp()


def serialise(operation: Operation, output: dict[str, Any], namespace: str, id: str) -> bytes:
    """The XML of a successful answer; `id` is the request's."""
    name = operation.name
    result = "".join(_members(operation.output, output)) if operation.output is not None else ""
    return (
        f'<{name}Response xmlns="{namespace}"><{name}Result>{result}</{name}Result>'
        f"<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{name}Response>"
    ).encode()


def error(fault: ApiError, namespace: str, id: str) -> bytes:
    """The XML of an error."""
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type>'
        f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message or '')}</Message>"
        f"</Error><RequestId>{id}</RequestId></ErrorResponse>"
    ).encode()


def _members(shape: Shape, value: dict[str, Any]) -> Iterator[str]:
    for name, member in shape.members.items():
        if value.get(name) is not None:
            inner = _xml(member.shape, value[name])
            yield f"<{member.wire_name}>{inner}</{member.wire_name}>"


def _xml(shape: Shape, value: Any) -> str:
    if shape.type == "structure":
        return "".join(_members(shape, value))
    if shape.type == "list":
        assert shape.item is not None
        item = shape.item
        return "".join(f"<member>{_xml(item, each)}</member>" for each in value)
    if shape.type == "map":
        assert shape.item is not None
        item = shape.item
        return "".join(
            f"<entry><key>{escape(key)}</key><value>{_xml(item, each)}</value></entry>"
            for key, each in value.items()
        )
    if shape.type == "timestamp":
        time = datetime.datetime.fromtimestamp(value, datetime.UTC)
        return time.isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
