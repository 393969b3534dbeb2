"""RabbitMQ messages as Lambda's event has them (lambda-facts §8.1)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

# Names in the event, and of pika's BasicProperties.
_PROPERTIES = {
    "contentType": "content_type",
    "contentEncoding": "content_encoding",
    "headers": "headers",
    "deliveryMode": "delivery_mode",
    "priority": "priority",
    "correlationId": "correlation_id",
    "replyTo": "reply_to",
    "expiration": "expiration",
    "messageId": "message_id",
    "timestamp": "timestamp",
    "type": "type",
    "userId": "user_id",
    "appId": "app_id",
    "clusterId": "cluster_id",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rabbitmq_record(properties: Any, redelivered: bool, body: bytes) -> dict[str, Any]:
    """One message: pika's BasicProperties, and what was sent."""
    basic = {name: getattr(properties, attribute) for name, attribute in _PROPERTIES.items()}
    basic["headers"] = _value(basic["headers"] or {})
    if basic["timestamp"] is not None:
        basic["timestamp"] = _date(datetime.fromtimestamp(basic["timestamp"], UTC))
    return {
        "basicProperties": {**basic, "bodySize": len(body)},
        "redelivered": redelivered,
        "data": base64.b64encode(body).decode(),
    }


def _value(value: Any) -> Any:
    """A header's value as Java's client of RabbitMQ has it: texts are bytes, which have a sign."""
    match value:
        case str() | bytes():
            data = value.encode() if isinstance(value, str) else value
            return {"bytes": [byte - 256 if byte > 127 else byte for byte in data]}
        case dict():
            return {name: _value(inner) for name, inner in value.items()}
        case list():
            return [_value(inner) for inner in value]
        case datetime():
            return _date(value)
        case Decimal():
            return float(value)
    return value


def _date(moment: datetime) -> str:
    """As Java writes it: `Jan 1, 1970, 12:33:41 AM`."""
    half = "AM" if moment.hour < 12 else "PM"
    day = f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"
    return f"{day}, {moment.hour % 12 or 12}:{moment:%M:%S} {half}"
