"""CORS of an HTTP API: what is configured counts, and not what functions say. No I/O.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from workbench.local.http.messages import Request, Response
from workbench.project.front_doors.apis import CorsConfiguration

_PREFIX = "access-control-"


def preflight(cors: CorsConfiguration, request: Request) -> Response | None:
    """The answer to a preflight, None for any other request."""
    headers = request.headers
    if (
        request.method != "OPTIONS"
        or "origin" not in headers
        or "access-control-request-method" not in headers
    ):
        return None
    answer = _origin(cors, request)
    if answer:
        for name, values in (("methods", cors.allow_methods), ("headers", cors.allow_headers)):
            if values:
                answer.append((f"{_PREFIX}allow-{name}", ",".join(values)))
        if cors.max_age is not None:
            answer.append((f"{_PREFIX}max-age", str(cors.max_age)))
    return Response(204, b"", answer)


def apply(cors: CorsConfiguration, request: Request, response: Response) -> None:
    """Replace the CORS headers of a response."""
    kept = [pair for pair in response.headers if not pair[0].lower().startswith(_PREFIX)]
    added = _origin(cors, request)
    if added and cors.expose_headers:
        added.append((f"{_PREFIX}expose-headers", ",".join(cors.expose_headers)))
    response.headers = [*kept, *added]


def _origin(cors: CorsConfiguration, request: Request) -> list[tuple[str, str]]:
    """The headers for a page of an origin that is allowed; none for any other."""
    origin = request.headers.get("origin")
    if origin is None or not _allowed(cors, origin):
        return []
    anyone = "*" in cors.allow_origins and not cors.allow_credentials
    headers = [(f"{_PREFIX}allow-origin", "*" if anyone else origin)]
    if not anyone:
        headers.append(("vary", "Origin"))
    if cors.allow_credentials:
        headers.append((f"{_PREFIX}allow-credentials", "true"))
    return headers


def _allowed(cors: CorsConfiguration, origin: str) -> bool:
    scheme = origin.partition("://")[0]
    return any(each in ("*", origin, f"{scheme}://*") for each in cors.allow_origins)
