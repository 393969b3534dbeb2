"""What the local Lambda tells and does beyond AWS's API: the client of `/_workbench/`."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from workbench.aws.errors import LambdaError

# The service is read from the credential scope; no signature is verified.
_HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=workbench/20000101/local/workbench/aws4_request,"
    " SignedHeaders=host, Signature=none"
}
_SECONDS = 10.0
# The server writes a comment every 15 s: a stream that is silent for longer is dead.
_SILENCE_SECONDS = 40.0
_RECONNECT_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class WorkbenchEvent:
    """Something that happened at the local Lambda.

    `kind` is `functions`, `reload`, `problems`, `dependencies`, `environment`, `invocation`,
    `source`, `front` or `notice`, with `data` as the server sends it (PascalCase keys). Two come
    from this client: `connected` whenever the stream (again) begins, so that state can be read
    anew, and `disconnected` when it broke.
    """

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


class WorkbenchSurface:
    """The local Lambda at `url`. Safe to share between threads; methods raise LambdaError."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.url = url
        self._host = address.hostname or "127.0.0.1"
        self._port = address.port or 80

    def status(self) -> dict[str, Any]:
        """Version, Pid, Project, Account, Region, Started, TimeScale, Services, Credentials,
        Problems and Notices."""
        return self._answer("GET", "status")

    def environments(self) -> list[dict[str, Any]]:
        """The live execution environments: Id, FunctionName, Version, State, Pid, LogStream …"""
        return list(self._answer("GET", "environments").get("Environments", []))

    def queue(self) -> dict[str, Any]:
        """The asynchronous events that wait or run: Events (FunctionName, Qualifier, RequestId,
        Accepted, Due, Attempts, WaitsFor), the next first, and Total, how many there are."""
        return self._answer("GET", "queue")

    def hasten(self) -> None:
        """Run the events now that wait for their next attempt."""
        self._answer("POST", "queue/hasten")

    def sources(self) -> list[dict[str, Any]]:
        """What invokes functions by itself: event source mappings (Id, Kind "Mapping", UUID,
        FunctionArn, EventSourceArn, State, LastProcessingResult, InFlight in batches, Backlog in
        messages or records, IteratorAgeMs, Stalled) and what pushes events (Id, Kind "S3", "SNS",
        "Rule" …, Name, FunctionArn, EventSourceArn, State, Detail, NextRun in epoch seconds).
        Records of both: `triggers.py`."""
        return list(self._answer("GET", "sources").get("Sources", []))

    def fronts(self) -> list[dict[str, Any]]:
        """The front doors: Kind ("FunctionUrl", "HttpApi", "RestApi" …), Name, Url and Routes
        (Method, Path, FunctionName, Qualifier, Authorizer)."""
        return list(self._answer("GET", "fronts").get("Fronts", []))

    def expect_hook(self, deployment: str, execution: str) -> None:
        """Say that a deployment's hook will be invoked, so that it may report."""
        self._answer("PUT", f"lifecycle-hooks/{deployment}/{execution}")

    def hook_status(self, deployment: str, execution: str) -> str | None:
        """What a hook has reported: Pending, Succeeded or Failed; None when the local Lambda
        does not know it (any more)."""
        status, body = self._call("GET", f"lifecycle-hooks/{deployment}/{execution}")
        return str(json.loads(body)["Status"]) if status == 200 else None

    def open_response_url(self) -> str:
        """A URL to which a function can PUT one answer, as to CloudFormation's ResponseURL."""
        return str(self._answer("POST", "responses")["Url"])

    def response(self, url: str) -> bytes | None:
        """What came to such a URL; None when nothing does for a few seconds."""
        body = self._answer("GET", f"responses/{url.rpartition('/')[2]}")["Body"]
        return None if body is None else str(body).encode()

    def cancel(self, id_or_token: str) -> bool:
        """Kill the environment that runs this invocation; False when none does (any more)."""
        status, _ = self._call("DELETE", f"invocations/{quote(id_or_token, safe='')}")
        return status == 202

    def shutdown(self) -> None:
        """Ask the local Lambda to stop."""
        self._answer("POST", "shutdown")

    def events(
        self, stop: threading.Event, bridge: Mapping[str, str] | None = None
    ) -> Iterator[WorkbenchEvent]:
        """What happens, as it happens, until `stop` is set. Connects again when the stream breaks.

        As long as it listens, a `bridge` (Id, Name, FunctionArn, EventSourceArn, Detail) is one of
        `sources`, with Kind "Bridge".

        Blocks between events; setting `stop` ends it within half a second.
        """
        failures = 0
        while not stop.is_set():
            try:
                for event in self._stream(stop, bridge):
                    failures = 0
                    yield event
            except (OSError, http.client.HTTPException, ValueError):
                pass  # the server went away: told below, and tried again
            if stop.is_set():
                return
            if failures == 0:
                yield WorkbenchEvent("disconnected")
            stop.wait(_RECONNECT_SECONDS[min(failures, len(_RECONNECT_SECONDS) - 1)])
            failures += 1

    def _stream(
        self, stop: threading.Event, bridge: Mapping[str, str] | None
    ) -> Iterator[WorkbenchEvent]:
        connection = self._connect(_SILENCE_SECONDS)
        over = threading.Event()
        try:
            if bridge is None:
                connection.request("GET", "/_workbench/events", headers=_HEADERS)
            else:
                body = json.dumps(bridge).encode()
                connection.request("POST", "/_workbench/bridges", body, headers=_HEADERS)
            response = connection.getresponse()
            if response.status != 200:
                raise http.client.HTTPException(f"status {response.status}")
            hang_up = threading.Thread(
                target=_hang_up, args=(connection.sock, stop, over), daemon=True
            )
            hang_up.start()
            yield WorkbenchEvent("connected")
            kind, data = "", []
            for line in response:
                text = line.decode().rstrip("\r\n")
                if text.startswith("event:"):
                    kind = text[6:].strip()
                elif text.startswith("data:"):
                    data.append(text[5:].strip())
                elif not text and kind:
                    yield WorkbenchEvent(kind, json.loads("\n".join(data) or "{}"))
                    kind, data = "", []
        finally:
            over.set()
            connection.close()

    def _answer(self, method: str, path: str) -> dict[str, Any]:
        status, body = self._call(method, path)
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if status >= 300 or not isinstance(document, dict):
            raise LambdaError("WorkbenchSurface", f"{self.url} does not answer as a local Lambda")
        return document

    def _call(self, method: str, path: str) -> tuple[int, bytes]:
        connection = self._connect(_SECONDS)
        try:
            connection.request(method, f"/_workbench/{path}", headers=_HEADERS)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise LambdaError(
                type(error).__name__,
                f"The local Lambda at {self.url} cannot be reached",
                advice="It may have stopped: start it again with `workbench serve`.",
            ) from error
        finally:
            connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)


def _hang_up(connected: socket.socket, stop: threading.Event, over: threading.Event) -> None:
    """Wake the thread that reads from the socket when `stop` is set."""
    while not over.is_set():
        if stop.wait(0.25):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
            return
