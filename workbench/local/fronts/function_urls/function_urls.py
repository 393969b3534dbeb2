"""Function URLs, each on a port of its own: HTTP requests invoke the function (lambda-facts §8.3).

A URL keeps its port over restarts as long as nobody else takes it. One that was deleted goes on
answering 403 for a while, as on AWS.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.local.api.context import Context
from workbench.local.api.functions.function_urls import KIND
from workbench.local.api.functions.specs import Specs
from workbench.local.fronts.function_urls import cors
from workbench.local.fronts.function_urls.url_access import forbidden, is_public, may_be_invoked
from workbench.local.fronts.function_urls.url_invocation import UrlInvocations, UrlSettings
from workbench.local.fronts.place import Tell
from workbench.local.fronts.ports import listening
from workbench.local.gate import check_host
from workbench.local.http.listener import Listener
from workbench.local.http.messages import Answer, Request
from workbench.local.store.records import LATEST

MAX_BODY = 6_291_456
_KEPT_DELETED = 16


@dataclass(slots=True)
class _Door:
    """One URL's listener. `settings` are read from the store when they are needed."""

    function: str
    qualifier: str
    port: int
    listener: Listener
    settings: UrlSettings | None = None
    opening: asyncio.Task[None] | None = None


_ONE_PERMISSION = (
    "Everybody may use the function's URL here. On AWS, a URL made since October 2025 answers 403 "
    "until the policy also allows lambda:InvokeFunction (add-permission with "
    "--invoked-via-function-url)."
)


class FunctionUrls:
    """Opens and closes the URLs as they are configured. Belongs to the event loop's thread."""

    def __init__(
        self, context: Context, specs: Specs, notice: Callable[[str, str], None], tell: Tell
    ) -> None:
        self._context = context
        self._invocations = UrlInvocations(context, specs, tell)
        self._notice = notice
        self._doors: dict[str, dict[str, _Door]] = {}  # by function, by qualifier
        self._deleted: deque[_Door] = deque()
        self._closing: set[asyncio.Task[None]] = set()
        context.store.functions.on_change.append(self._function_changed)

    @property
    def in_flight(self) -> int:
        """How many invocations are running for them."""
        return self._invocations.in_flight

    @property
    def last_request(self) -> float:
        """When the last request came, `time.monotonic`."""
        return self._invocations.last_request

    def describe(self) -> list[dict[str, object]]:
        """All URLs as `GET /_workbench/fronts` lists them."""
        return [
            {
                "Kind": "FunctionUrl",
                "Name": function if qualifier == LATEST else f"{function}:{qualifier}",
                "Url": self._url(door.port),
                "Routes": [
                    {
                        "Method": "ANY",
                        "Path": "$default",
                        "FunctionName": function,
                        "Qualifier": None if qualifier == LATEST else qualifier,
                        "Authorizer": "AWS_IAM" if self._is_signed(function, qualifier) else None,
                    }
                ],
            }
            for function, doors in self._doors.items()
            for qualifier, door in doors.items()
        ]

    def _is_signed(self, function: str, qualifier: str) -> bool:
        config = self._context.store.attachments.get(KIND, function, qualifier)
        return config is not None and config["AuthType"] == "AWS_IAM"

    def _url(self, port: int) -> str:
        return f"http://{self._context.config.host}:{port}/"

    def start(self) -> None:
        """Serve all URLs there are."""
        store = self._context.store.attachments
        for function, qualifier, config in store.everywhere(KIND):
            port = self.open(function, qualifier, config["Port"])
            if port != config["Port"]:
                store.put(KIND, function, {**config, "Port": port}, qualifier)
                self._notice(
                    function,
                    f"Port {config['Port']} is taken: the function's URL is now {self._url(port)}",
                )

    async def close(self) -> None:
        """Serve none any more."""
        doors = [door for doors in self._doors.values() for door in doors.values()]
        doors += self._deleted
        await asyncio.gather(*map(self._close, doors), *self._closing)

    def open(self, function: str, qualifier: str, port: int = 0) -> int:
        """Listen for a URL, at `port` if that is free; returns the port."""
        sock = listening(self._context.config.host, port)
        listener = Listener(lambda request: self._handle(door, request), max_body=MAX_BODY)
        door = _Door(function, qualifier, sock.getsockname()[1], listener)
        # The kernel takes connections already; nobody is turned away until the task runs.
        door.opening = asyncio.get_running_loop().create_task(door.listener.serve(sock))
        self._doors.setdefault(function, {})[qualifier] = door
        return door.port

    def changed(self, function: str, qualifier: str) -> None:
        """A configuration was written or removed."""
        doors = self._doors.get(function, {})
        door = doors.get(qualifier)
        if door is None:
            return
        door.settings = None
        if self._context.store.attachments.get(KIND, function, qualifier) is None:
            del doors[qualifier]
            self._deleted.append(door)
            if len(self._deleted) > _KEPT_DELETED:
                task = asyncio.get_running_loop().create_task(self._close(self._deleted.popleft()))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def _function_changed(self, name: str) -> None:
        """Its policy may be another, its aliases or itself may be gone."""
        for qualifier in list(self._doors.get(name, ())):
            self.changed(name, qualifier)

    @staticmethod
    async def _close(door: _Door) -> None:
        if door.opening is not None:
            await door.opening
        await door.listener.close()

    def _settings(self, door: _Door) -> UrlSettings:
        """What is configured now. Raises ApiError (403) for a URL that was deleted."""
        if door.settings is None:
            if self._doors.get(door.function, {}).get(door.qualifier) is not door:
                raise forbidden()
            attachments = self._context.store.attachments
            config: dict[str, Any] = attachments.get(KIND, door.function, door.qualifier)
            statements = attachments.get("policy", door.function, door.qualifier) or ()
            iam, public = config["AuthType"] == "AWS_IAM", is_public(statements)
            if public and not iam and not may_be_invoked(statements):
                self._notice(door.function, _ONE_PERMISSION)
            door.settings = UrlSettings(
                id=config["UrlId"],
                function=door.function,
                qualifier=door.qualifier,
                port=door.port,
                iam=iam,
                public=public,
                cors=config.get("Cors"),
                streams=config.get("InvokeMode") == "RESPONSE_STREAM",
            )
        return door.settings

    def _handle(self, door: _Door, request: Request) -> Answer:
        check_host(request)
        settings = self._settings(door)
        return cors.preflight(settings.cors, request) or self._invocations.answer(settings, request)
