"""API destinations as targets of rules: real HTTP requests, with the authorization of a connection.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from workbench.local.delivery.push.deliveries import Delivery, Undelivered

_SECONDS = 5.0
_HEADERS = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
    "Connection": "close",
}
_PER_SECOND = 300
_BEFORE_EXPIRY = 60.0  # seconds before which a token is asked for anew


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it goes out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class ApiDestinationSender:
    """Sends to one destination, no faster than it allows."""

    in_order = False

    def __init__(self) -> None:
        self._next = 0.0  # of the monotonic clock
        self._token = ""
        self._token_until = 0.0

    def close(self) -> None:
        """See Sender."""

    def deliver(self, delivery: Delivery) -> None:
        """See Sender."""
        destination, connection = _found(delivery.target_arn)
        time.sleep(max(0.0, self._next - time.monotonic()))
        per_second = int(destination.invocation_rate_limit_per_second or _PER_SECOND)
        self._next = time.monotonic() + 1 / per_second
        request = request_of(
            destination.http_method,
            destination.invocation_endpoint,
            delivery.parameters.get("HttpParameters") or {},
            connection.auth_parameters,
            delivery.event,
        )
        oauth = connection.auth_parameters.get("OAuthParameters")
        if oauth:
            headers = {**request.headers, "Authorization": f"Bearer {self._authorized(oauth)}"}
            request = HttpRequest(request.method, request.url, headers, request.body)
        status, told, _ = _ask(request)
        if status in (401, 407):
            self._token = ""
        if not 200 <= status < 300:
            raise _refused(status, told, fresh_token=bool(oauth))

    def _authorized(self, oauth: Mapping[str, Any]) -> str:
        """An access token by the client credentials grant (RFC 6749 §4.4), kept until it expires.
        Raises Undelivered."""
        if self._token and time.monotonic() < self._token_until:
            return self._token
        status, answered, body = _ask(token_request(oauth))
        if status != 200:
            raise _refused(status, answered, fresh_token=False)
        try:
            told = json.loads(body)
            self._token = str(told["access_token"])
            seconds = float(told.get("expires_in", 3600)) - _BEFORE_EXPIRY
        except (ValueError, TypeError, KeyError):
            reason = f"{oauth['AuthorizationEndpoint']} answered without an access_token"
            raise Undelivered("ERROR_FROM_TARGET", "InvalidToken", reason) from None
        self._token_until = time.monotonic() + seconds
        return self._token


def request_of(
    method: str, endpoint: str, target: Mapping[str, Any], auth: Mapping[str, Any], event: object
) -> HttpRequest:
    """The request for an event. `target` is a target's HttpParameters, `auth` a connection's
    AuthParameters (where both name a thing, the connection's counts); each `*` of the endpoint's
    path is one of the target's PathParameterValues."""
    url = endpoint
    for value in target.get("PathParameterValues") or ():
        url = url.replace("*", quote(str(value), safe=""), 1)
    invocation = auth.get("InvocationHttpParameters") or {}
    query = {**(target.get("QueryStringParameters") or {}), **_values(invocation, "QueryString")}
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        **(target.get("HeaderParameters") or {}),
        **_values(invocation, "Header"),
        **_HEADERS,
    }
    if basic := auth.get("BasicAuthParameters"):
        pair = f"{basic['Username']}:{basic['Password']}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    if key := auth.get("ApiKeyAuthParameters"):
        headers[key["ApiKeyName"]] = key["ApiKeyValue"]
    added = _values(invocation, "Body")
    body = {**event, **added} if isinstance(event, dict) else event
    data = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    return HttpRequest(method, _with_query(url, query), headers, data.encode())


def token_request(oauth: Mapping[str, Any]) -> HttpRequest:
    """The request for a token: AWS does not tell how it words it, so it is that of RFC 6749, with
    what OAuthHttpParameters adds."""
    client, given = oauth["ClientParameters"], oauth.get("OAuthHttpParameters") or {}
    form = {
        "grant_type": "client_credentials",
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
        **_values(given, "Body"),
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        **_values(given, "Header"),
    }
    query, method = _values(given, "QueryString"), oauth["HttpMethod"]
    if method == "GET":
        return HttpRequest(
            method, _with_query(oauth["AuthorizationEndpoint"], {**query, **form}), headers, b""
        )
    url = _with_query(oauth["AuthorizationEndpoint"], query)
    return HttpRequest(method, url, headers, urlencode(form).encode())


def _found(arn: str) -> tuple[Any, Any]:
    """moto's Destination and Connection. Raises Undelivered."""
    from moto.events.models import events_backends

    region, account, resource = arn.split(":", 5)[3:]
    backend = events_backends[account][region]
    destination = backend.destinations.get(resource.split("/")[1])
    if destination is None:
        reason = "the API destination does not exist"
        raise Undelivered("NO_RESOURCE", "ResourceNotFoundException", reason)
    connection = backend.connections.get(destination.connection_arn.split("/")[1])
    if connection is None:
        reason = "its connection does not exist"
        raise Undelivered("NO_RESOURCE", "ResourceNotFoundException", reason)
    return destination, connection


def _values(parameters: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in parameters.get(f"{kind}Parameters") or ()}


def _with_query(url: str, query: Mapping[str, str]) -> str:
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _ask(request: HttpRequest) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body of the answer. Raises Undelivered."""
    parts = urlsplit(request.url)
    kinds: dict[str, Callable[..., http.client.HTTPConnection]] = {
        "http": http.client.HTTPConnection,
        "https": http.client.HTTPSConnection,
    }
    if parts.scheme not in kinds or not parts.netloc:
        reason = f"{request.url} is no address of http or https"
        raise Undelivered("INVALID_PARAMETER", "InvalidUrl", reason)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kinds[parts.scheme](parts.netloc, timeout=_SECONDS)
        try:
            connection.request(request.method, path, request.body, dict(request.headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read(1024**2)
        finally:
            connection.close()
    except TimeoutError:
        reason = f"{parts.netloc} did not answer within {_SECONDS:g} s"
        raise Undelivered("TIMEOUT", "Timeout", reason, 0.0) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = f"{parts.netloc}: {error}"
        raise Undelivered("CONNECTION_FAILURE", "ConnectionFailure", reason, 0.0) from None


def _refused(status: int, headers: http.client.HTTPMessage, fresh_token: bool) -> Undelivered:
    """409, 429 and 5xx may pass, and 401 and 407 where the next try brings a `fresh_token`."""
    passes = status in (409, 429) or status >= 500 or (fresh_token and status in (401, 407))
    pause = 0.0 if passes else None
    if passes and (after := headers.get("Retry-After", "")):
        # A date is no number of seconds: the retry policy's own pause is what is left.
        seconds = float(after) if after.lstrip("-").isdigit() else 0.0
        pause = seconds if seconds >= 0 else None
    return Undelivered("ERROR_FROM_TARGET", f"Status{status}", f"it answered {status}", pause)
