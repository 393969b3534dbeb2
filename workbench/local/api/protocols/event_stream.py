"""AWS's event stream encoding: one binary message an event."""

from __future__ import annotations

import struct
from binascii import crc32

CONTENT_TYPE = ("Content-Type", "application/vnd.amazon.eventstream")


def event(event_type: str, payload: bytes, content_type: str = "application/json") -> bytes:
    """A message of the kind `event`."""
    return message(
        {":message-type": "event", ":event-type": event_type, ":content-type": content_type},
        payload,
    )


def message(headers: dict[str, str], payload: bytes) -> bytes:
    """Prelude with lengths and checksum, headers (all strings), payload, checksum."""
    encoded = b"".join(
        struct.pack(f"!B{len(name)}sBH", len(name), name.encode(), 7, len(value.encode()))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    prelude += struct.pack("!I", crc32(prelude))
    body = prelude + encoded + payload
    return body + struct.pack("!I", crc32(body))
