"""Cross-origin resource sharing as a function URL's Cors configures it. No I/O.

On preflights the configuration alone answers. On all other responses its headers come in addition
to those of the function, even twice, as on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.local.http.messages import Request, Response

Headers = list[tuple[str, str]]


def preflight(cors: Mapping[str, Any] | None, request: Request) -> Response | None:
    """The answer to a preflight; None for another request, or when nothing is configured."""
    if (
        not cors
        or request.method != "OPTIONS"
        or "origin" not in request.headers
        or "access-control-request-method" not in request.headers
    ):
        return None
    headers = _origin_headers(cors, request)
    if headers:
        for name, member in (("Methods", "AllowMethods"), ("Headers", "AllowHeaders")):
            if cors.get(member):
                headers.append((f"Access-Control-Allow-{name}", ",".join(cors[member])))
        if cors.get("MaxAge") is not None:
            headers.append(("Access-Control-Max-Age", str(cors["MaxAge"])))
    return Response(200, b"", [("Content-Type", "application/json"), *headers])


def response_headers(cors: Mapping[str, Any] | None, request: Request) -> Headers:
    """What is added to the response to `request`; nothing for an origin that is not allowed."""
    if not cors:
        return []
    headers = _origin_headers(cors, request)
    if headers and cors.get("ExposeHeaders"):
        headers.append(("Access-Control-Expose-Headers", ",".join(cors["ExposeHeaders"])))
    return headers


def _origin_headers(cors: Mapping[str, Any], request: Request) -> Headers:
    origin = request.headers.get("origin")
    allowed = cors.get("AllowOrigins") or ()
    if origin is None or not ("*" in allowed or origin in allowed):
        return []
    headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    if cors.get("AllowCredentials"):
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return headers
