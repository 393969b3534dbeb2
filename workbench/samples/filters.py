"""The filters of placeholders: how AWS encodes a value before it is part of an event.

A filter takes the value on its left. That value is the text a person typed or, after a filter
such as `json`, any JSON value. Filters raise ValueError when the value cannot be encoded.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus

Filter = Callable[[Any], Any]


class Omitted:
    """Stands for a member or list element that AWS leaves out when it has no value."""


OMITTED = Omitted()


def text_of(value: Any) -> str:
    """Return the value as text: a text as it is, anything else as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def bytes_of(value: Any) -> bytes:
    """Return bytes as they are and any other value as UTF-8, see `text_of`."""
    return value if isinstance(value, bytes) else text_of(value).encode()


def url(value: Any) -> str:
    """Encode an object key the way S3 notifications do: `+` for spaces, `/` stays."""
    return quote_plus(text_of(value), safe="/")


def query_last(value: Any) -> dict[str, str]:
    """Return a query string as a map in which the last value of a name wins."""
    return dict(parse_qsl(text_of(value), keep_blank_values=True))


def query_multi(value: Any) -> dict[str, list[str]]:
    """Return a query string as a map of lists."""
    values: dict[str, list[str]] = {}
    for name, each in parse_qsl(text_of(value), keep_blank_values=True):
        values.setdefault(name, []).append(each)
    return values


def query_raw(value: Any) -> dict[str, str]:
    """Return a query string as a map whose values are left encoded, as load balancers do."""
    return {name: values[-1] for name, values in query_raw_multi(value).items()}


def query_raw_multi(value: Any) -> dict[str, list[str]]:
    """Return a query string as a map of lists whose values are left encoded."""
    values: dict[str, list[str]] = {}
    for pair in filter(None, text_of(value).split("&")):
        name, _, each = pair.partition("=")
        values.setdefault(name, []).append(each)
    return values


def query_comma(value: Any) -> dict[str, str]:
    """Return a query string as a map in which the values of a name are joined by commas."""
    return {name: ",".join(values) for name, values in query_multi(value).items()}


def attribute_value(value: Any) -> dict[str, Any]:
    """Return a JSON value as a DynamoDB attribute value: numbers are text (lambda-facts §8.1)."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float():
            return {"N": json.dumps(value)}
        case list():
            return {"L": [attribute_value(each) for each in value]}
        case dict():
            return {"M": dynamodb_item(value)}
    raise ValueError(f"{value!r} has no DynamoDB attribute value")


def dynamodb_item(value: Any) -> dict[str, Any]:
    """Return a JSON object as a DynamoDB item: a map of attribute values."""
    return {name: attribute_value(each) for name, each in _object(value).items()}


def sqs_attributes(value: Any) -> dict[str, Any]:
    """Return {"name": "text" or number} as the messageAttributes of an SQS record."""
    return {
        name: {
            "stringValue": text,
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": kind,
        }
        for name, text, kind in _message_attributes(value)
    }


def sqs_attributes_md5(value: Any) -> str:
    """Return the true md5OfMessageAttributes, or "" when there are none.

    By name: length and bytes of name, type and value, with a transport byte 1 for text
    (SQS developer guide, "Calculating the MD5 message digest for message attributes").
    """
    encoded = b""
    for name, text, kind in sorted(_message_attributes(value)):
        encoded += _sized(name) + _sized(kind) + b"\x01" + _sized(text)
    return md5(encoded) if encoded else ""


def sns_attributes(value: Any) -> dict[str, Any]:
    """Return {"name": "text" or number} as the MessageAttributes of an SNS record."""
    return {name: {"Type": kind, "Value": text} for name, text, kind in _message_attributes(value)}


def md5(value: Any) -> str:
    """Return the MD5 digest in hex (SQS bodies, S3 eTags)."""
    return hashlib.md5(bytes_of(value), usedforsecurity=False).hexdigest()


def kpl(value: Any) -> bytes:
    """Return a text as the only record in an aggregate of the Kinesis Producer Library.

    Four magic bytes, a protobuf message (1: partition key, 3: record with 1: index of its key,
    3: data), and the message's MD5 (aggregation format of amazon-kinesis-producer).
    """
    data = bytes_of(value)
    record = b"\x08\x00" + _protobuf(3, data)
    message = _protobuf(1, b"key") + _protobuf(3, record)
    digest = hashlib.md5(message, usedforsecurity=False).digest()
    return b"\xf3\x89\x9a\xc2" + message + digest


def _protobuf(number: int, data: bytes) -> bytes:
    size = len(data)
    varint = b""
    while size > 127:
        varint += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + varint + bytes([size]) + data


def _message_attributes(value: Any) -> list[tuple[str, str, str]]:
    found = []
    for name, each in _object(value).items():
        if isinstance(each, bool) or not isinstance(each, str | int | float):
            raise ValueError(f"message attribute {name} must be a text or a number")
        found.append((name, text_of(each), "String" if isinstance(each, str) else "Number"))
    return found


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    return value


def _sized(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


FILTERS: Mapping[str, Filter] = {
    "json_text": text_of,
    "base64": lambda value: _base64(bytes_of(value)),
    "gzip_base64": lambda value: _base64(gzip.compress(bytes_of(value), mtime=0)),
    "kpl": kpl,
    "url": url,
    "md5": md5,
    "byte_length": lambda value: len(bytes_of(value)),
    "content_length": lambda value: str(len(bytes_of(value))) if value else "",
    "signed_bytes": lambda value: [b - 256 if b > 127 else b for b in bytes_of(value)],
    "as_query": lambda value: f"?{value}" if value else "",
    "no_dash": lambda value: text_of(value).replace("-", ""),
    "no_slash": lambda value: text_of(value).lstrip("/"),
    "query_last": query_last,
    "query_multi": query_multi,
    "query_comma": query_comma,
    "query_raw": query_raw,
    "query_raw_multi": query_raw_multi,
    "dynamodb_item": dynamodb_item,
    "sqs_attributes": sqs_attributes,
    "sqs_attributes_md5": sqs_attributes_md5,
    "sns_attributes": sns_attributes,
    "list": lambda value: [value] if value else [],
    "or_null": lambda value: value or None,
    "or_omit": lambda value: value or OMITTED,
}
"""Every filter but `json`, which needs the parameter's name for its error (render.py)."""
