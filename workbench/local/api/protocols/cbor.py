"""CBOR (RFC 8949) as far as smithy-rpc-v2-cbor uses it."""

from __future__ import annotations

import struct
from typing import Any

_DEPTH = 64
_TIMESTAMP = 1  # the tag of epoch seconds
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
_INDEFINITE = 31
_BREAK = b"\xff"


class BadCbor(ValueError):
    """What was to be decoded is not CBOR of the kinds that are used."""


class Timestamp(float):
    """Epoch seconds that travel with the tag of a time."""


def encode(value: Any) -> bytes:
    """`value` (None, bool, int, float, str, bytes, Timestamp, list, dict) as CBOR."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, Timestamp):
        return _head(6, _TIMESTAMP) + struct.pack(">Bd", 0xFB, value)
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xFB, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode("utf-8", "replace")
        return _head(3, len(text)) + text
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        items = b"".join(encode(key) + encode(item) for key, item in value.items())
        return _head(5, len(value)) + items
    raise TypeError(f"CBOR has no {type(value).__name__} here")


def decode(data: bytes) -> Any:
    """The one value in `data`; times become epoch seconds. Raises BadCbor."""
    decoder = _Decoder(data)
    value = decoder.value(0)
    if decoder.at != len(data):
        raise BadCbor("there is something after the value")
    return value


def _head(major: int, number: int) -> bytes:
    kind = major << 5
    if number < 24:
        return bytes([kind | number])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([kind | code]) + number.to_bytes(size, "big")
    raise OverflowError(f"{number} is too large for CBOR")


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self, depth: int) -> Any:
        if depth > _DEPTH:
            raise BadCbor("values are nested too deeply")
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self._simple(info)
        if major in (2, 3):
            found = self._string(major, info)
            try:
                return found if major == 2 else found.decode()
            except UnicodeDecodeError:
                raise BadCbor("a string is not UTF-8") from None
        if major == 4:
            return [self.value(depth + 1) for _ in self._items(info)]
        if major == 5:
            return self._map(info, depth)
        number = self._number(info)
        if major == 6:
            if number != _TIMESTAMP:
                raise BadCbor(f"tag {number} is not used")
            return self.value(depth + 1)
        return number if major == 0 else -1 - number

    def _map(self, info: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in self._items(info):
            key = self.value(depth + 1)
            if not isinstance(key, str):
                raise BadCbor("a key is not a string")
            found[key] = self.value(depth + 1)
        return found

    def _items(self, info: int) -> Any:
        """As many turns as there are items."""
        if info != _INDEFINITE:
            yield from range(self._number(info))
            return
        while not self._broken():
            yield None

    def _string(self, major: int, info: int) -> bytes:
        if info != _INDEFINITE:
            return self._take(self._number(info))
        chunks: list[bytes] = []
        while not self._broken():
            first = self._take(1)[0]
            if first >> 5 != major:
                raise BadCbor("a piece of a string is no string")
            chunks.append(self._take(self._number(first & 31)))
        return b"".join(chunks)

    def _broken(self) -> bool:
        if self._data[self.at : self.at + 1] != _BREAK:
            return False
        self.at += 1
        return True

    def _simple(self, info: int) -> Any:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info not in _FLOATS:
            raise BadCbor(f"simple value {info} is not used")
        layout = _FLOATS[info]
        return struct.unpack(layout, self._take(struct.calcsize(layout)))[0]

    def _number(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise BadCbor("a length is missing")
        return int.from_bytes(self._take(1 << info - 24), "big")

    def _take(self, count: int) -> bytes:
        taken = self._data[self.at : self.at + count]
        if len(taken) < count:
            raise BadCbor("it ends too early")
        self.at += count
        return taken
