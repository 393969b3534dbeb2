"""Invoking a function of the local Lambda from a poller's thread."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from workbench.local.services.settings import LOCAL_CREDENTIALS

_AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential={LOCAL_CREDENTIALS['AWS_ACCESS_KEY_ID']}/20260101/local/lambda/"
    "aws4_request, SignedHeaders=host, Signature=none"
)

_IDLE_SECONDS = 60.0  # the server waits 300 for the next request of a connection


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended. `status` is the HTTP status, 0 when there was no answer."""

    status: int
    request_id: str = ""
    version: str = ""
    function_error: str | None = None
    payload: bytes = b""

    @property
    def ran(self) -> bool:
        """Whether the function ran, well or not."""
        return self.status == 200

    @property
    def refused(self) -> bool:
        """Whether it will never run: its records are part of a recursive loop (§6)."""
        return self.status == 400

    @property
    def throttled(self) -> bool:
        """Whether there was no room for it."""
        return self.status == 429

    @property
    def problem(self) -> str:
        """What a person should read of an invocation that did not run."""
        if self.status == 0:
            return "PROBLEM: Connection error. The local Lambda does not answer."
        if self.status == 404:
            return "PROBLEM: Function not found."
        return (
            f"PROBLEM: Lambda answered {self.status}: {self.payload[:200].decode(errors='replace')}"
        )


class Invoker:
    """Invokes one function. Any thread may call; connections are kept for the next."""

    def __init__(self, url: str, function_arn: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._path = f"/2015-03-31/functions/{quote(function_arn, safe='')}/invocations"
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []

    def invoke(
        self, event: bytes, trace: str | None = None, sent: Callable[[], None] | None = None
    ) -> Outcome:
        """Invoke and wait, however long it takes. `sent` is called before the waiting."""
        headers = {"Authorization": _AUTHORIZATION, "Content-Type": "application/json"}
        if trace is not None:
            headers["X-Amzn-Trace-Id"] = trace
        connection = self._connection()
        try:
            connection.request("POST", self._path, event, headers)
            if sent is not None:
                sent()
            response = connection.getresponse()
            payload = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return Outcome(0)
        self._idle.append((connection, time.monotonic()))
        header = response.headers.get
        return Outcome(
            response.status,
            header("x-amzn-RequestId", ""),
            header("X-Amz-Executed-Version", ""),
            header("X-Amz-Function-Error"),
            payload,
        )

    def _connection(self) -> http.client.HTTPConnection:
        """The one that was used last, unless the server may be about to close it."""
        while self._idle:
            try:
                connection, used = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if time.monotonic() - used < _IDLE_SECONDS:
                return connection
            connection.close()
        return http.client.HTTPConnection(self._host, self._port)

    def close(self) -> None:
        """Close what is kept."""
        while self._idle:
            self._idle.pop()[0].close()
