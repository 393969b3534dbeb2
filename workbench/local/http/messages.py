"""What goes in and out of an HTTP listener: requests, responses, and answers that come later."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from http import HTTPStatus
from urllib.parse import parse_qsl

from workbench.local.errors import ApiError


class Request:
    """One HTTP request, complete. Header names are lower case; `path` is still %-encoded.

    `sent_headers` are the headers as they were sent, each by itself, if the listener keeps them.
    """

    __slots__ = (
        "body", "headers", "keep_alive", "method", "path", "query", "sent_headers", "version",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = {} if headers is None else headers
        self.body = body
        self.keep_alive = True
        self.version = "1.1"
        self.sent_headers: list[tuple[str, str]] = []

    def query_pairs(self) -> list[tuple[str, str]]:
        """The query string's names and values, decoded, in order; bare names have ""."""
        return parse_qsl(self.query, keep_blank_values=True)


Body = bytes | AsyncIterator[bytes]


class Successor(asyncio.Protocol, ABC):
    """Another protocol, which takes over a connection from HTTP."""

    @abstractmethod
    def take_over(
        self, transport: asyncio.Transport, early: bytes, leave: Callable[[], None]
    ) -> None:
        """Begin, with what came after the request. `leave` is to be called at the end."""

    @abstractmethod
    def abort(self) -> None:
        """Cut the connection now."""

    @abstractmethod
    def check_deadline(self, now: float) -> None:
        """Close a connection that is too old or too quiet; called now and then."""


class BrokenOff(Exception):
    """Raised by a streamed body that cannot be completed: the connection is cut, so that the
    client does not take what it has for the whole."""


class Response:
    """One HTTP response. An `AsyncIterator` body is sent chunk by chunk as it yields,
    waiting whenever the client is slower; it is closed when the client goes away."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int, body: Body = b"", headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers


class Upgrade(Response):
    """101 Switching Protocols: after its head the connection is `protocol`'s.

    Only what a handler returns as an awaitable may become one.
    """

    __slots__ = ("protocol",)

    def __init__(self, protocol: Successor, headers: Iterable[tuple[str, str]]) -> None:
        super().__init__(101, headers=headers)
        self.protocol = protocol


class Deferred:
    """A response that comes later through a plain call: cheaper than a future."""

    __slots__ = ("_response", "_sink")

    def __init__(self) -> None:
        self._sink: Callable[[Response], None] | None = None
        self._response: Response | None = None

    def resolve(self, response: Response) -> None:
        """Send `response`; at most once, from the event loop's thread."""
        self._response = response
        if self._sink is not None:
            self._sink(response)

    def deliver_to(self, sink: Callable[[Response], None]) -> None:
        """Have the response passed to `sink`, now if it is there already."""
        self._sink = sink
        if self._response is not None:
            sink(self._response)


Answer = Response | Deferred | Awaitable[Response]
Handler = Callable[[Request], Answer]
ErrorResponse = Callable[[Request | None, ApiError], Response]


def plain_error(request: Request | None, error: ApiError) -> Response:
    """An error as Lambda's API sends it; the default for listeners that aren't an AWS API."""
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error.code)]
    headers += error.headers.items()
    return Response(error.status, error.rest_json(), headers)


_STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}


def response_head(response: Response, *, close: bool) -> bytes:
    """The status line and headers on the wire, without those that frame the body; `close` says
    that the connection ends after it."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
    if close:
        lines += "Connection: close\r\n"
    status = _STATUS_LINES.get(response.status) or b"HTTP/1.1 %d -\r\n" % response.status
    return status + lines.encode("latin-1", "replace")


def path_and_query(url: bytes) -> tuple[str, str]:
    """What a request line asks for, which may be a whole URL: both still %-encoded."""
    target, _, query = url.decode("latin-1").partition("?")
    if target[:1] != "/":
        target = "/" + target.partition("://")[2].partition("/")[2]
    return target, query
