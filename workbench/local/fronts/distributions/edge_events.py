"""Events of Lambda@Edge functions (lambda-facts §8.4). No I/O.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from workbench.local.fronts.client import SOURCE_IP
from workbench.local.http.messages import Request
from workbench.project.front_doors.distributions import EdgeEvent, Origin, bucket_of

# What functions neither see nor may set: names, and beginnings of names.
_DISALLOWED = frozenset(
    {
        "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "trailer", "upgrade", "x-accel-buffering", "x-accel-charset",
        "x-accel-limit-rate", "x-accel-redirect", "x-amzn-auth", "x-amzn-cf-billing",
        "x-amzn-cf-id", "x-amzn-cf-xff", "x-amzn-errortype", "x-amzn-fle-profile",
        "x-amzn-header-count", "x-amzn-header-order", "x-amzn-lambda-integration-tag",
        "x-amzn-requestid", "x-cache", "x-forwarded-proto", "x-real-ip",
    }
)  # fmt: skip
_DISALLOWED_BEGINNINGS = ("x-amz-cf-", "x-edge-")

Headers = dict[str, list[dict[str, str]]]


def is_disallowed(name: str) -> bool:
    """Whether functions may not set a header of this name (lower case)."""
    return name in _DISALLOWED or name.startswith(_DISALLOWED_BEGINNINGS)


def headers(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Header lines as events have them, without those that functions do not see."""
    found: Headers = {}
    for name, value in pairs:
        if not is_disallowed(name.lower()):
            found.setdefault(name.lower(), []).append({"key": name, "value": value})
    return found


def request(sent: Request) -> dict[str, Any]:
    """The `request` of a viewer's request."""
    return {
        "clientIp": SOURCE_IP,
        "headers": headers(sent.sent_headers),
        "method": sent.method,
        "querystring": sent.query,
        "uri": sent.path,
    }


def with_body(document: dict[str, Any], body: bytes, limit: int) -> dict[str, Any]:
    """The `request` with its body, of which a function sees `limit` bytes."""
    member = {
        "action": "read-only",
        "data": base64.b64encode(body[:limit]).decode(),
        "encoding": "base64",
        "inputTruncated": len(body) > limit,
    }
    return {**document, "body": member}


def to_origin(document: dict[str, Any], origin: Origin, via: str, region: str) -> dict[str, Any]:
    """The `request` as it is about to go to the origin; `region` is that of buckets whose domain
    name names none."""
    sent = dict(document["headers"])
    forwarded = [each["value"] for each in sent.get("x-forwarded-for", ())]
    sent["x-forwarded-for"] = [
        {"key": "X-Forwarded-For", "value": ", ".join([*forwarded, SOURCE_IP])}
    ]
    sent["via"] = [{"key": "Via", "value": via}]
    port = "" if origin.port in (80, 443) else f":{origin.port}"
    sent["host"] = [{"key": "Host", "value": origin.domain + port}]
    if origin.s3 is not None:
        bucket = bucket_of(origin.domain)
        s3 = {
            "authMethod": origin.s3,
            "customHeaders": headers(origin.custom_headers),
            "domainName": origin.domain,
            "path": origin.path,
            "region": (bucket[1] if bucket else "") or region,
        }
        return {**document, "headers": sent, "origin": {"s3": s3}}
    custom = {
        "customHeaders": headers(origin.custom_headers),
        "domainName": origin.domain,
        "keepaliveTimeout": 5,
        "path": origin.path,
        "port": origin.port,
        "protocol": origin.protocol,
        "readTimeout": origin.read_timeout,
        "sslProtocols": ["TLSv1.2"],
    }
    return {**document, "headers": sent, "origin": {"custom": custom}}


def event(
    type_: EdgeEvent,
    distribution: tuple[str, str],
    request_id: str,
    request: dict[str, Any],
    response: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The event; `distribution` is its domain name and id."""
    config = {
        "distributionDomainName": distribution[0],
        "distributionId": distribution[1],
        "eventType": type_,
        "requestId": request_id,
    }
    cf: dict[str, Any] = {"config": config, "request": request}
    if response is not None:
        cf["response"] = response
    return {"Records": [{"cf": cf}]}
