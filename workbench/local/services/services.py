"""The AWS services as the rest of the local Lambda sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.local.config import ServerConfig
from workbench.local.http.messages import Answer, Request
from workbench.local.services.calls import Calls
from workbench.local.services.embedded import Embedded
from workbench.local.services.protocols import error_response
from workbench.local.services.proxy import forward
from workbench.local.services.scope import service_of
from workbench.local.services.settings import ServiceSettings
from workbench.project.records import Resource


class Services:
    """One per local Lambda; every call belongs to the event loop's thread.

    `variables` are what functions get to reach the services, known from `start` on; a variable of
    a function's own counts more. `notice` takes sentences that a person should see.
    """

    def __init__(self, config: ServerConfig, notice: Callable[[str], None]) -> None:
        self._config = config
        self._choice = config.services
        self._url = ""
        self.variables: dict[str, str] = {}
        self._calls = Calls()
        self._embedded = Embedded(config.state, config.account, config.region, notice)

    def start(self, url: str) -> None:
        """The local Lambda listens at `url`. No process is started yet: that waits for a need."""
        self._url = url
        self._embedded.start(url)
        match self._choice.kind:
            case "embedded":
                self.variables["AWS_ENDPOINT_URL"] = url
            case "url":
                self.variables["AWS_ENDPOINT_URL"] = self._choice.url
                # The functions beside this one, and their logs, are here all the same.
                self.variables["AWS_ENDPOINT_URL_LAMBDA"] = url
                self.variables["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"] = url

    def declare(self, resources: tuple[Resource, ...]) -> None:
        """The project declares these: the embedded services have them from their start."""
        if self._choice.kind == "embedded":
            self._embedded.declare(resources)

    async def close(self) -> None:
        """End the processes."""
        await self._calls.close()
        await self._embedded.close()

    @property
    def sources(self) -> list[Mapping[str, object]]:
        """What pushes events to functions, for people to read (delivery/push/sources.py)."""
        return list(self._embedded.sources.values())

    def watch_sources(self, listener: Callable[[Mapping[str, object]], None]) -> None:
        """Tell `listener` each source that is new, changed or gone (its State is "Deleted")."""
        self._embedded.on_source.append(listener)

    def handle(self, request: Request) -> Answer:
        """The answer to a request of an SDK for any service that is not the local Lambda's own."""
        if self._choice.kind == "embedded":
            return forward(self._embedded, request)
        service = service_of(request)
        message = f"The services this local Lambda uses are {self._choice}: send it there."
        return error_response(service, request.headers, 501, "NotImplemented", message)

    def settings(self) -> ServiceSettings:
        """For processes that make their own clients."""
        config, choice = self._config, self._choice
        url = {"embedded": self._url, "url": choice.url, "aws": None}[choice.kind]
        others = choice.kind == "url"
        return ServiceSettings(url, config.account, config.region, choice.profile, others)

    async def call(
        self, service: str, operation: str, parameters: dict[str, Any], account: str = ""
    ) -> dict[str, Any]:
        """Call an operation as boto3 does: `call("sqs", "SendMessage", {"QueueUrl": …})`.

        Takes and returns the operation's own members, without ResponseMetadata; a streamed
        member, such as GetObject's Body, comes as bytes. `account` is whose resource it is about,
        if that is known. Carried out in another process, several at a time. Raises ServiceError.
        """
        return await self._calls.call(self.settings(), service, operation, parameters, account)
