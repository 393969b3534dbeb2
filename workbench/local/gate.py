"""Who may speak to the local Lambda: programs on this machine, never a page in a browser.

A page can make a browser send requests to 127.0.0.1. It cannot add an `Authorization` header
without a preflight, which is not answered; it cannot leave out `Origin`; and under a name of its
own that resolves to 127.0.0.1 it sends that name as `Host`. Signatures are not verified: the
header's presence is what counts, and its credential scope names the service.

A presigned URL of S3 needs no header, so a page could send it: it reaches S3 alone, never where
functions are invoked, and not when the browser says that a page of another site is asking. The URL
for a custom resource's answer needs none either: it has a token, and takes PUT alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.local.errors import ApiError
from workbench.local.http.messages import Request
from workbench.local.services.scope import is_presigned

# SDKs put the operation's prefix before the host name for StartLiveTail, and a bucket's name
# before localhost: nobody can own a name that ends in .localhost (RFC 6761).
_LOOPBACK = re.compile(
    r"(?:(?:stream-|streaming-)?(?:127\.0\.0\.1|localhost|\[::1\])|[a-z0-9.-]{1,200}\.localhost)"
    r"(?::\d{1,5})?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the credential scope names: `service` is "lambda", "logs", "workbench" …"""

    access_key: str
    region: str
    service: str


# Locations of code and layers, which are presigned with this key.
PRESIGNED = "/code/"
CODE_KEY = "WORKBENCH"
# Where custom resources PUT their answers, a token behind it.
RESPONSES = "/_workbench/responses/"
_PRESIGNED_CODE = f"X-Amz-Credential={CODE_KEY}%2F"


class Gate:
    """Checks each request before anything else sees it."""

    def check(self, request: Request) -> Caller:
        """The caller of a request. Raises ApiError (403) for one that may not speak to us."""
        check_host(request)
        _check_origin(request)
        if not request.headers.get("authorization"):
            if (
                request.method == "GET"
                and request.path.startswith(PRESIGNED)
                and _PRESIGNED_CODE in request.query
            ):
                return Caller("", "", "code")  # its own signature is checked where it is served
            if request.method == "PUT" and request.path.startswith(RESPONSES):
                return Caller("", "", "response")
            if is_presigned(request):
                _check_site(request)
                return Caller("", "", "s3")
            raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token")
        return signer(request.headers["authorization"])


def signer(authorization: str) -> Caller:
    """Whom an Authorization header names. Raises ApiError (403) when it is no SigV4 header."""
    if not authorization.startswith("AWS4-HMAC-SHA256"):
        raise ApiError(
            "IncompleteSignatureException",
            "Authorization header requires an AWS4-HMAC-SHA256 signature.",
        )
    start = authorization.find("Credential=")
    scope = authorization[start + 11 :].partition(",")[0].split("/") if start >= 0 else []
    if len(scope) < 5 or scope[-1].strip() != "aws4_request":
        raise ApiError(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential' parameter with the scope "
            "<key>/<date>/<region>/<service>/aws4_request.",
        )
    return Caller("/".join(scope[:-4]), scope[-3], scope[-2])


def _check_site(request: Request) -> None:
    """Raise ApiError (403) when a browser sends this for a page, of this machine or not."""
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise ApiError("AccessDeniedException", "Web pages may not use the local services.")


def check_host(request: Request) -> None:
    """Raise ApiError (403) unless Host is this machine: a foreign name that resolves to it is a
    page's way round the browser's rules."""
    host = request.headers.get("host", "")
    if _LOOPBACK.fullmatch(host) is None:
        raise ApiError(
            "AccessDeniedException",
            f"Host '{host}' is not this machine: use 127.0.0.1, localhost or [::1].",
        )


def _check_origin(request: Request) -> None:
    """Raise ApiError (403) when a web page is asking, unless it came from here."""
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() != f"http://{request.headers['host'].lower()}":
        raise ApiError("AccessDeniedException", "Web pages may not call the local Lambda.")
