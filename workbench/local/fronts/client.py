"""The client of a front door, as events tell of it: whoever reaches a loopback port."""

from __future__ import annotations

SOURCE_IP = "127.0.0.1"


def added_headers(trace: str, port: int) -> list[tuple[str, str]]:
    """What API Gateway adds to the headers of a request that came to `port`; `trace` is the
    X-Amzn-Trace-Id that the function gets."""
    return [
        ("X-Amzn-Trace-Id", trace.partition(";")[0]),
        ("X-Forwarded-For", SOURCE_IP),
        ("X-Forwarded-Port", str(port)),
        ("X-Forwarded-Proto", "http"),
    ]
