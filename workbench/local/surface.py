"""What has no AWS API, under `/_workbench/`: JSON with PascalCase keys, and a stream of events.

| request | answer |
|---|---|
| GET /_workbench/status | version, process, project, account, region, problems, notices … |
| GET /_workbench/environments | the live execution environments |
| GET /_workbench/queue | the asynchronous events that wait or run, the next ones first |
| POST /_workbench/queue/hasten | 202: what waits for its next attempt is run now |
| GET /_workbench/sources | event source mappings, how their polling goes; what pushes events |
| GET /_workbench/fronts | the front doors: kind, name, URL and routes |
| POST /_workbench/responses | 201: a URL for a custom resource's answer, which is PUT there |
| GET /_workbench/responses/{token} | what came to it; waits for it a few seconds |
| GET /_workbench/events | Server-Sent Events, see `broadcast.py` |
| POST /_workbench/bridges | the same events; what the body describes is a source meanwhile |
| PUT /_workbench/lifecycle-hooks/{deployment}/{execution} | 202: that hook may report |
| GET /_workbench/lifecycle-hooks/{deployment}/{execution} | Status: Pending, Succeeded or Failed |
| DELETE /_workbench/invocations/{request id or token} | 202: its environment is killed |
| POST /_workbench/shutdown | 202: the server stops |

The gate in front of it asks for the same SigV4 header as of any API call, so that a page in a
browser cannot reach it; only for PUT of a custom resource's answer it does not.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from typing import Protocol
from urllib.parse import unquote

from workbench import __version__
from workbench.local.broadcast import Broadcaster
from workbench.local.config import ServerConfig
from workbench.local.gate import RESPONSES
from workbench.local.http.messages import Answer, Request, Response
from workbench.local.response_urls import ResponseUrls
from workbench.local.store.records import AsyncEvent

PREFIX = "/_workbench/"
QUEUE_LIMIT = 200
_KEEP_ALIVE_SECONDS = 15.0
_BRIDGE_SECONDS = 1.0  # writing is what tells that a listener is gone
_RESPONSE_SECONDS = 4.0
_STREAM = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")]
_BRIDGE_MEMBERS = ("Id", "Name", "FunctionArn", "EventSourceArn", "Detail")


class Environments(Protocol):
    """What the surface needs of the runtime."""

    def environments(self) -> Iterable[Mapping[str, object]]:
        """The live execution environments, as in the `environment` event."""

    @property
    def file_systems(self) -> str:
        """ "private" or "shared"."""

    def cancel(self, request_id_or_token: str) -> bool:
        """Kill the environment that runs this invocation; False when none does."""


class Queue(Protocol):
    """What the surface needs of the queue of asynchronous invocations."""

    def waiting(self, limit: int) -> tuple[list[AsyncEvent], int]:
        """The events that come next, and how many there are in all."""

    def hasten(self) -> None:
        """Run now what waits for its next attempt."""


class Hooks(Protocol):
    """What the surface needs of the hooks of deployments."""

    def expect(self, deployment: str, execution: str) -> None:
        """An execution begins."""

    def status(self, deployment: str, execution: str) -> str | None:
        """What it reported; None for one that nobody announced."""


class Surface:
    """Answers requests whose path starts with `PREFIX`."""

    def __init__(
        self,
        config: ServerConfig,
        broadcaster: Broadcaster,
        runtime: Environments,
        queue: Queue,
        sources: Callable[[], list[Mapping[str, object]]],
        fronts: Callable[[], list[dict[str, object]]],
        hooks: Callable[[], Hooks],
        shut_down: Callable[[], None],
    ) -> None:
        self._config = config
        self._broadcaster = broadcaster
        self._runtime = runtime
        self._queue = queue
        self._sources = sources
        self._fronts = fronts
        self._hooks = hooks
        self._shut_down = shut_down
        self._started = time.time()
        self._response_urls = ResponseUrls()
        self._bridges: dict[str, Mapping[str, object]] = {}

    def handle(self, request: Request) -> Answer:
        """The answer to one request; 404 with a sentence for what is not offered."""
        path = request.path.removeprefix(PREFIX)
        match (request.method, path):
            case ("GET", "status"):
                return _json(200, self._status())
            case ("GET", "environments"):
                return _json(200, {"Environments": list(self._runtime.environments())})
            case ("GET", "queue"):
                return _json(200, self._waiting())
            case ("POST", "queue/hasten"):
                self._queue.hasten()
                return _json(202, {})
            case ("GET", "sources"):
                return _json(200, {"Sources": [*self._sources(), *self._bridges.values()]})
            case ("GET", "fronts"):
                return _json(200, {"Fronts": self._fronts()})
            case ("GET", "events"):
                return Response(200, self._events(), _STREAM)
            case ("POST", "bridges"):
                return self._bridge(request.body)
            case ("PUT" | "GET", _) if path.startswith("lifecycle-hooks/"):
                return self._hook(request.method, path.split("/")[1:])
            case ("DELETE", _) if path.startswith("invocations/"):
                return self._cancel(unquote(path.removeprefix("invocations/")))
            case ("POST", "responses"):
                url = f"http://{request.headers['host']}{RESPONSES}{self._response_urls.open()}"
                return _json(201, {"Url": url})
            case ("PUT", _) if path.startswith("responses/"):
                known = self._response_urls.put(_token(path), request.body)
                return Response(200 if known else 404, b"", [])
            case ("GET", _) if path.startswith("responses/"):
                return self._response(_token(path))
            case ("POST", "shutdown"):
                self._shut_down()
                return _json(202, {})
        return _json(404, {"Message": f"There is no {request.method} {request.path} here."})

    def _status(self) -> dict[str, object]:
        config = self._config
        return {
            "Version": __version__,
            "Pid": os.getpid(),
            "Project": str(config.project) if config.project else None,
            "Account": config.account,
            "Region": config.region,
            "Started": self._started,
            "TimeScale": config.time_scale,
            "Services": str(config.services),
            "Credentials": config.credentials,
            "FileSystems": self._runtime.file_systems,
            "Problems": self._broadcaster.problems,
            "Notices": self._broadcaster.notices,
        }

    def _waiting(self) -> dict[str, object]:
        events, total = self._queue.waiting(QUEUE_LIMIT)
        shown = [
            {
                "FunctionName": event.function,
                "Qualifier": event.qualifier or None,
                "RequestId": event.request_id,
                "Accepted": event.accepted,
                "Due": event.due,
                "Attempts": event.attempts,
                "WaitsFor": event.waits_for or None,
            }
            for event in events
        ]
        return {"Events": shown, "Total": total}

    def _hook(self, method: str, ids: list[str]) -> Response:
        if len(ids) == 2 and method == "PUT":
            self._hooks().expect(*ids)
            return _json(202, {})
        status = self._hooks().status(*ids) if len(ids) == 2 else None
        if status is None:
            return _json(404, {"Message": f"There is no execution {'/'.join(ids)}."})
        return _json(200, {"Status": status})

    async def _response(self, token: str) -> Response:
        try:
            body = await self._response_urls.wait(token, _RESPONSE_SECONDS)
        except KeyError:
            return _json(404, {"Message": "There is no such URL for an answer, or no longer."})
        return _json(200, {"Body": None if body is None else body.decode(errors="replace")})

    def _cancel(self, handle: str) -> Response:
        if self._runtime.cancel(handle):
            return _json(202, {})
        return _json(404, {"Message": f"No invocation {handle} is running."})

    def _bridge(self, body: bytes) -> Response:
        """A bridge that runs as long as it listens: nobody else would tell that it has ended."""
        try:
            given = json.loads(body)
            told = {name: str(given[name]) for name in _BRIDGE_MEMBERS}
        except (ValueError, TypeError, KeyError):
            return _json(
                400, {"Message": f"A bridge is described by {', '.join(_BRIDGE_MEMBERS)}."}
            )
        source = {**told, "Kind": "Bridge", "State": "Listening", "NextRun": None}
        return Response(200, self._bridged(source), _STREAM)

    async def _bridged(self, source: Mapping[str, object]) -> AsyncIterator[bytes]:
        id = str(source["Id"])
        self._bridges[id] = source
        self._broadcaster.send("source", source)
        events = self._events(_BRIDGE_SECONDS)
        try:
            async for frames in events:
                yield frames
        finally:
            await events.aclose()
            if self._bridges.get(id) is source:  # it has not connected again meanwhile
                del self._bridges[id]
                self._broadcaster.send("source", {**source, "State": "Deleted"})

    async def _events(self, pause: float = _KEEP_ALIVE_SECONDS) -> AsyncGenerator[bytes]:
        queue = self._broadcaster.listen()
        try:
            yield b": listening\n\n"
            while True:
                try:
                    frames = [await asyncio.wait_for(queue.get(), pause)]
                except TimeoutError:
                    yield b":\n\n"
                    continue
                while not queue.empty():
                    frames.append(queue.get_nowait())
                yield b"".join(frames)
        finally:
            self._broadcaster.leave(queue)


def _token(path: str) -> str:
    return path.removeprefix("responses/")


def _json(status: int, document: Mapping[str, object]) -> Response:
    return Response(status, json.dumps(document).encode(), [("Content-Type", "application/json")])
