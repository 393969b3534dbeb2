"""Which service a request is for: the SigV4 credential scope tells, in a header or a query."""

from __future__ import annotations

import re

from workbench.local.http.messages import Request

# Credential=<key>/<date>/<region>/<service>/aws4_request; a key may contain slashes itself.
_SCOPE = re.compile(r"Credential=[^,\s&]*(?:/|%2F)([^/,\s&%]+)(?:/|%2F)aws4_request", re.IGNORECASE)
# As SDKs of before 2014, and boto3's presigned URLs to this day, sign for S3.
_SIGV2 = re.compile(r"(?:^|&)AWSAccessKeyId=")


def service_of(request: Request) -> str:
    """The signing name of the service, such as "s3" or "sqs"; "" where nothing tells."""
    match = _SCOPE.search(request.headers.get("authorization", "") or request.query)
    if match is not None:
        return match[1].lower()
    if _is_form(request) or _SIGV2.search(request.query):
        return "s3"
    return ""


def is_presigned(request: Request) -> bool:
    """Whether it has no header but a presigned URL of S3, or is a form that was presigned.

    Never true of what else the endpoint answers: an invocation is a POST with a longer path.
    """
    if "authorization" in request.headers:
        return False
    if request.method == "POST":
        return _is_form(request)
    return (
        request.method in ("GET", "HEAD", "PUT", "DELETE")
        and not request.path.startswith("/_")  # no bucket's name: our own surface
        and service_of(request) == "s3"
    )


def _is_form(request: Request) -> bool:
    return (
        request.method == "POST"
        and request.headers.get("content-type", "").startswith("multipart/form-data")
        and request.path.count("/", 1) == 0
    )
