"""Requests to the origin of a distribution."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any

MAX_BODY = 100 * 1024 * 1024

_OF_CONNECTION = frozenset(
    {"connection", "content-length", "keep-alive", "te", "transfer-encoding", "upgrade"}
)


class OriginError(Exception):
    """No response of the origin: `status` is what the viewer gets, the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class OriginResponse:
    status: int
    description: str
    headers: list[tuple[str, str]]
    body: bytes


def fetch(request: dict[str, Any], body: bytes) -> OriginResponse:
    """Send the `request` of an origin-request event. Blocks. Raises OriginError."""
    (kind, origin), *_ = request["origin"].items()
    host, secure = origin["domainName"], kind == "s3" or origin["protocol"] == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    port = 443 if kind == "s3" else origin["port"]
    connection = connect(host, port, timeout=origin["readTimeout"])
    where = f"{host}:{port}"
    target = origin["path"] + request["uri"]
    if request["querystring"]:
        target += f"?{request['querystring']}"
    try:
        connection.putrequest(request["method"], target, skip_host=True, skip_accept_encoding=True)
        if "host" not in request["headers"]:
            connection.putheader("Host", host)
        for name, lines in {**request["headers"], **origin["customHeaders"]}.items():
            for line in lines if name not in _OF_CONNECTION else ():
                connection.putheader(line["key"], line["value"].encode("latin-1", "replace"))
        if body or request["method"] in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        content = response.read(MAX_BODY + 1)
        if len(content) > MAX_BODY:
            raise OriginError(502, f"{where} answered with more than {MAX_BODY} bytes.")
        pairs = [(name, value) for name, value in response.getheaders()]
        return OriginResponse(response.status, response.reason, pairs, content)
    except TimeoutError:
        raise OriginError(
            504, f"{where} did not answer within {origin['readTimeout']} s."
        ) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OriginError(502, f"{where} cannot be asked: {error}.") from None
    finally:
        connection.close()
