"""Ids and trace headers of new requests. Random bytes come many at a time: one system call for
each id would cost more than all the rest of it."""

from __future__ import annotations

import os
import time

_STOCK = 16 * 1024
_digits = ""
_at = 0


def _take(count: int) -> str:
    """`count` random hexadecimal digits, never given out before."""
    global _digits, _at
    if _at + count > len(_digits):
        _digits, _at = os.urandom(_STOCK).hex(), 0
    start, _at = _at, _at + count
    return _digits[start:_at]


def new_request_id() -> str:
    """A version 4 UUID."""
    d = _take(31)
    return f"{d[:8]}-{d[8:12]}-4{d[12:15]}-{_VARIANT[d[15]]}{d[16:19]}-{d[19:]}"


def new_segment_id() -> str:
    """An X-Ray segment's id."""
    return _take(16)


def new_root() -> str:
    """An X-Ray trace's id."""
    return f"1-{int(time.time()):08x}-{_take(24)}"


def new_trace() -> str:
    """A trace header for a request that brought none; not sampled."""
    d = _take(40)
    return f"Root=1-{int(time.time()):08x}-{d[:24]};Parent={d[24:]};Sampled=0"


_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
