"""Requests for the embedded services, passed on from the endpoint they share with Lambda."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from workbench.local.http.bodies import SizedBody, StreamedRequest
from workbench.local.http.messages import Request, Response
from workbench.local.services.embedded import Embedded, EmbeddedFailed
from workbench.local.services.protocols import error_response
from workbench.local.services.scope import service_of

# bucket.localhost, bucket.s3.localhost, bucket.s3.us-east-1.localhost: S3's virtual-host style.
_BUCKET_HOST = re.compile(
    r"(?!s3[.-])(?P<bucket>[a-z0-9][a-z0-9.-]+?)(?:\.s3(?:[.-][a-z0-9-]+)?)?"
    r"\.(?P<host>localhost(?::\d+)?)",
    re.IGNORECASE,
)
_OUR_OWN = frozenset({"connection", "keep-alive", "expect", "content-length", "te", "upgrade"})


async def forward(embedded: Embedded, request: Request) -> Response:
    """The embedded services' answer. A body that is still arriving goes out as it comes."""
    service = service_of(request)
    path = request.path
    given = dict(request.headers)
    if service == "s3" and (match := _BUCKET_HOST.fullmatch(given.get("host", ""))):
        path = f"/{match['bucket'].lower()}{path}"
        given["host"] = match["host"]
    headers = [(name, value) for name, value in given.items() if name not in _OUR_OWN]
    body: bytes | AsyncIterator[bytes] = request.body
    if isinstance(request, StreamedRequest):
        body = request.stream
        if "transfer-encoding" not in request.headers:
            headers.append(("content-length", request.headers["content-length"]))
    else:
        headers = [(name, value) for name, value in headers if name != "transfer-encoding"]
    target = f"{path}?{request.query}" if request.query else path
    try:
        answer = await embedded.request(request.method, target, headers, body)
    except EmbeddedFailed as error:
        return error_response(service, request.headers, 503, "ServiceUnavailable", str(error))
    if "authorization" not in request.headers:
        # A page that was stored here must not run with the rights of this origin.
        answer.headers.append(("Content-Security-Policy", "sandbox"))
    if isinstance(answer.body, bytes):
        if request.method == "HEAD" and answer.length is not None:
            return Response(answer.status, SizedBody.unsent(answer.length), answer.headers)
        return Response(answer.status, answer.body, answer.headers)
    if answer.length is not None:
        return Response(answer.status, SizedBody(answer.length, answer.body), answer.headers)
    return Response(answer.status, answer.body, answer.headers)
