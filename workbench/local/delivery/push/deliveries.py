"""Events on their way from the embedded services to functions, in the services' own process.

Each is an asynchronous invocation, so that Lambda's retries, destinations and queues apply. As on
AWS, the function's policy has to allow it; a schedule acts by its role instead.
"""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from workbench.local.delivery.push.permission import allows
from workbench.local.services.settings import LOCAL_CREDENTIALS

_HEADERS = {
    "Authorization": (
        f"AWS4-HMAC-SHA256 Credential={LOCAL_CREDENTIALS['AWS_ACCESS_KEY_ID']}/20260101/local/"
        "lambda/aws4_request, SignedHeaders=host, Signature=none"
    ),
    "Content-Type": "application/json",
}
# While the local Lambda does not answer or has no room, or the function is not ready because its
# packages are being installed: about half a minute.
_ATTEMPTS = 8
_IDLE_SECONDS = 10.0  # before a lane ends

Failed = Callable[[str, str], None]
"""Told the error's code and message when an event will never be delivered; may raise anything."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for a function. `principal` is the service that sends it, "" when no permission is
    asked for; `source_arn` is what it sends it for, `source` that in words. `trace` is the trace
    header of the request that caused it."""

    function_arn: str
    event: object
    source: str
    source_arn: str
    account: str
    principal: str
    trace: str | None = None
    failed: Failed | None = None


class Deliveries:
    """Sends each function its events in the order in which they come; one that takes none now
    holds up no other.

    `url` is the local Lambda's; `notice` is told, in a sentence, what is never delivered and why.
    """

    def __init__(self, url: str, notice: Callable[[str], None]) -> None:
        self._url = url
        self._notice = notice
        self._lanes: dict[str, queue.SimpleQueue[Delivery]] = {}
        self._lock = threading.Lock()

    def send(self, delivery: Delivery) -> None:
        """Take an event on. Any thread may call; returns at once."""
        function = delivery.function_arn
        with self._lock:
            waiting = self._lanes.get(function)
            if waiting is None:
                waiting = self._lanes[function] = queue.SimpleQueue()
                threading.Thread(
                    target=self._run, args=(function, waiting), name="deliveries", daemon=True
                ).start()
            waiting.put(delivery)

    def problem(self, function_arn: str, principal: str, source_arn: str, account: str) -> str:
        """Why the function cannot be invoked so now, or ""."""
        sender = _Sender(self._url)
        try:
            return sender.problem(function_arn, principal, source_arn, account)
        finally:
            sender.close()

    def _run(self, function: str, waiting: queue.SimpleQueue[Delivery]) -> None:
        """Deliver to one function until nothing has come for a while."""
        sender = _Sender(self._url)
        while True:
            try:
                delivery = waiting.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if waiting.empty():
                        del self._lanes[function]
                        sender.close()
                        return
                continue
            code, reason = sender.deliver(delivery)
            if code:
                name = function.partition(":function:")[2]
                self._notice(f"{delivery.source} does not reach {name}: {reason}.")
                if delivery.failed is not None:
                    self._give_up(delivery, delivery.failed, code, reason)

    def _give_up(self, delivery: Delivery, failed: Failed, code: str, reason: str) -> None:
        try:
            failed(code, reason)
        except Exception as error:  # moto's, and of an ARN that is none: the next ones go on
            why = f"{type(error).__name__} {error}".strip()
            self._notice(f"{delivery.source} does not reach its dead-letter queue: {why}.")


class _Sender:
    """Requests to Lambda over a connection that is kept. One thread at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()

    def problem(self, function_arn: str, principal: str, source_arn: str, account: str) -> str:
        """Why the function cannot be invoked so now, or ""."""
        status, answer = self._try("GET", f"{_path(function_arn)}/policy")
        if status == 404 and b"Function not found" in answer:
            return "the function does not exist"
        policy = json.loads(json.loads(answer)["Policy"]) if status == 200 else {}
        if status in (200, 404) and not allows(policy, principal, source_arn, account):
            return (
                f"its policy does not let {principal} invoke it for {source_arn} "
                "(aws lambda add-permission)"
            )
        return "" if status == 200 else f"Lambda answered {status}"

    def deliver(self, delivery: Delivery) -> tuple[str, str]:
        """The code of the error that ended it and what was wrong; ("", "") when it is there."""
        arn = delivery.function_arn
        if delivery.principal:
            reason = self.problem(arn, delivery.principal, delivery.source_arn, delivery.account)
            if reason:
                gone = "not exist" in reason
                return "RESOURCE_NOT_FOUND" if gone else "NO_PERMISSIONS", reason
        headers = {"X-Amz-Invocation-Type": "Event"}
        if delivery.trace is not None:
            headers["X-Amzn-Trace-Id"] = delivery.trace
        body = json.dumps(delivery.event, separators=(",", ":"), default=str).encode()
        status, answer = 0, b""
        for attempt in range(_ATTEMPTS):
            status, answer = self._try("POST", f"{_path(arn)}/invocations", body, headers)
            if status not in (0, 409, 429) and status < 500:
                break
            time.sleep(min(0.25 * 2**attempt, 10))
        if status == 202:
            return "", ""
        if status == 404:
            return "RESOURCE_NOT_FOUND", "the function does not exist"
        text = answer[:200].decode(errors="replace")
        return "SDK_CLIENT_ERROR", f"Lambda answered {status}: {text}"

    def _try(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of an answer; the status is 0 when there is none."""
        for _ in range(2):  # a kept connection may have been closed meanwhile
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._host, self._port)
            try:
                self._connection.request(method, path, body, {**_HEADERS, **(headers or {})})
                response = self._connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = None
        return 0, b""


def _path(function_arn: str) -> str:
    return f"/2015-03-31/functions/{quote(function_arn, safe='')}"
