"""Requests to the origin of a distribution."""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workbench.local.services.settings import LOCAL_CREDENTIALS
from workbench.project.front_doors.distributions import bucket_of

MAX_BODY = 100 * 1024 * 1024

_OF_CONNECTION = frozenset(
    {"connection", "content-length", "keep-alive", "te", "transfer-encoding", "upgrade"}
)
# No signature is verified: it only says that S3 is meant.
_AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential={LOCAL_CREDENTIALS['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/s3/"
    "aws4_request, SignedHeaders=host, Signature=none"
)


class OriginError(Exception):
    """No response of the origin: `status` is what the viewer gets, the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class OriginResponse:
    """What an origin answered, its body whole."""

    status: int
    description: str
    headers: list[tuple[str, str]]
    body: bytes


def fetch(request: dict[str, Any], body: bytes, services: str | None) -> OriginResponse:
    """Send the `request` of an origin-request event. Blocks. Raises OriginError.

    Buckets are asked for at `services`, where S3 is; None is AWS's own, which is asked without a
    signature. Whoever asks there may list them: a key there is not is a 404, on AWS often a 403.
    """
    (kind, origin), *_ = request["origin"].items()
    if kind == "s3":
        return _in_s3(request, origin, services)
    secure = origin["protocol"] == "https"
    target = origin["path"] + request["uri"]
    if request["querystring"]:
        target += f"?{request['querystring']}"
    lines = list(_lines({**request["headers"], **origin["customHeaders"]}))
    if "host" not in request["headers"]:
        lines.append(("Host", origin["domainName"]))
    if body or request["method"] in ("POST", "PUT", "PATCH"):
        lines.append(("Content-Length", str(len(body))))
    place = (origin["domainName"], origin["port"], secure, origin["readTimeout"])
    return _sent(place, request["method"], target, lines, body)


def _in_s3(request: dict[str, Any], origin: dict[str, Any], services: str | None) -> OriginResponse:
    """The object of a bucket. A query is not passed on: S3 would take it for its own."""
    domain = origin["domainName"]
    bucket = bucket_of(domain)
    if bucket is None:
        raise OriginError(502, f"{domain} is not the domain name of a bucket.")
    if request["method"] not in ("GET", "HEAD"):
        raise OriginError(403, f"Objects in S3 are only read here, not by {request['method']}.")
    lines = [
        (name, value)
        for name, value in _lines({**request["headers"], **origin["customHeaders"]})
        if name.lower() not in ("authorization", "host")
    ]
    target = origin["path"] + request["uri"]
    seconds = origin.get("readTimeout", 30)
    if services is None:
        lines.append(("Host", domain))
        return _sent((domain, 443, True, seconds), request["method"], target, lines, b"")
    url = urlsplit(services)
    lines += [("Host", url.netloc), ("Authorization", _AUTHORIZATION)]
    secure = url.scheme == "https"
    place = (url.hostname or "", url.port or (443 if secure else 80), secure, seconds)
    return _sent(place, request["method"], f"/{bucket[0]}{target}", lines, b"")


def _lines(headers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, lines in headers.items():
        for line in lines if name not in _OF_CONNECTION else ():
            yield line["key"], line["value"]


def _sent(
    place: tuple[str, int, bool, float],
    method: str,
    target: str,
    lines: Iterable[tuple[str, str]],
    body: bytes,
) -> OriginResponse:
    """The response of `place`: host, port, whether by TLS, seconds to wait."""
    host, port, secure, seconds = place
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(host, port, timeout=seconds)
    where = f"{host}:{port}"
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in lines:
            connection.putheader(name, value.encode("latin-1", "replace"))
        connection.endheaders(body or None)
        response = connection.getresponse()
        content = response.read(MAX_BODY + 1)
        if len(content) > MAX_BODY:
            raise OriginError(502, f"{where} answered with more than {MAX_BODY} bytes.")
        pairs = [(name, value) for name, value in response.getheaders()]
        return OriginResponse(response.status, response.reason, pairs, content)
    except TimeoutError:
        raise OriginError(504, f"{where} did not answer within {seconds} s.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OriginError(502, f"{where} cannot be asked: {error}.") from None
    finally:
        connection.close()
