"""Functions as targets: asynchronous invocations, so that Lambda's retries, destinations and
queues apply. As on AWS, the function's policy has to allow it; a schedule acts by its role."""

from __future__ import annotations

import http.client
import json
from urllib.parse import quote, urlsplit

from workbench.local.delivery.push.deliveries import Delivery, Undelivered
from workbench.local.delivery.push.permission import allows
from workbench.local.services.settings import LOCAL_CREDENTIALS

_HEADERS = {
    "Authorization": (
        f"AWS4-HMAC-SHA256 Credential={LOCAL_CREDENTIALS['AWS_ACCESS_KEY_ID']}/20260101/local/"
        "lambda/aws4_request, SignedHeaders=host, Signature=none"
    ),
    "Content-Type": "application/json",
}


class FunctionSender:
    """Invokes functions of the local Lambda at `url`, over a connection that is kept."""

    # What passes is that Lambda does not answer, has no room, or installs the function's packages.
    in_order = True

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """See Sender."""
        if self._connection is not None:
            self._connection.close()

    def check(self, function_arn: str, principal: str, source_arn: str, account: str) -> None:
        """Return when the service `principal` may invoke the function for `source_arn` of
        `account`. Raises Undelivered."""
        status, answer = self._try("GET", f"{_path(function_arn)}/policy")
        if status == 404 and b"Function not found" in answer:
            raise _no_function()
        if status not in (200, 404):
            raise _unanswered(status, answer)
        policy = json.loads(json.loads(answer)["Policy"]) if status == 200 else {}
        if not allows(policy, principal, source_arn, account):
            reason = (
                f"its policy does not let {principal} invoke it for {source_arn} "
                "(aws lambda add-permission)"
            )
            raise Undelivered("NO_PERMISSIONS", "AccessDeniedException", reason)

    def deliver(self, delivery: Delivery) -> None:
        """See Sender."""
        arn = delivery.target_arn
        if delivery.principal:
            self.check(arn, delivery.principal, delivery.source_arn, delivery.account)
        headers = {"X-Amz-Invocation-Type": "Event"}
        if delivery.trace is not None:
            headers["X-Amzn-Trace-Id"] = delivery.trace
        body = json.dumps(delivery.event, separators=(",", ":"), default=str).encode()
        status, answer = self._try("POST", f"{_path(arn)}/invocations", body, headers)
        if status == 404:
            raise _no_function()
        if status != 202:
            raise _unanswered(status, answer)

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


def _no_function() -> Undelivered:
    reason = "the function does not exist"
    return Undelivered("NO_RESOURCE", "ResourceNotFoundException", reason)


def _unanswered(status: int, answer: bytes) -> Undelivered:
    text = answer[:200].decode(errors="replace")
    reason = f"Lambda answered {status}: {text}" if status else "Lambda does not answer"
    passes = status in (0, 409, 429) or status >= 500
    return Undelivered("SDK_CLIENT_ERROR", f"Status{status}", reason, 0.0 if passes else None)


def _path(function_arn: str) -> str:
    return f"/2015-03-31/functions/{quote(function_arn, safe='')}"
