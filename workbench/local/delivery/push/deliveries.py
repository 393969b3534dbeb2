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
    """Sends events in the order in which they come, from a thread of its own.

    `url` is the local Lambda's; `notice` is told, in a sentence, what is never delivered and why.
    """

    def __init__(self, url: str, notice: Callable[[str], None]) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._connection: http.client.HTTPConnection | None = None
        self._notice = notice
        self._waiting: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="deliveries", daemon=True).start()

    def send(self, delivery: Delivery) -> None:
        """Take an event on. Any thread may call; returns at once."""
        self._waiting.put(delivery)

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

    def _run(self) -> None:
        while True:
            delivery = self._waiting.get()
            code, reason = self._deliver(delivery)
            if code:
                name = delivery.function_arn.partition(":function:")[2]
                self._notice(f"{delivery.source} does not reach {name}: {reason}.")
                if delivery.failed is not None:
                    self._give_up(delivery, delivery.failed, code, reason)

    def _give_up(self, delivery: Delivery, failed: Failed, code: str, reason: str) -> None:
        try:
            failed(code, reason)
        except Exception as error:  # moto's, and of an ARN that is none: the next ones go on
            why = f"{type(error).__name__} {error}".strip()
            self._notice(f"{delivery.source} does not reach its dead-letter queue: {why}.")

    def _deliver(self, delivery: Delivery) -> tuple[str, str]:
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
