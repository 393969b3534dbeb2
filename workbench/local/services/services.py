"""The AWS services as the rest of the local Lambda sees them."""

from __future__ import annotations

from typing import Any

from workbench.local.config import ServerConfig
from workbench.local.http_messages import Answer, Request
from workbench.local.services.calls import Calls
from workbench.local.services.embedded import Embedded
from workbench.local.services.proxy import forward
from workbench.local.services.settings import ServiceSettings


class Services:
    """One per local Lambda; every call belongs to the event loop's thread.

    `start` tells where the endpoint listens, which the embedded services share.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._url = ""
        # What functions get to reach the services; a variable of their own counts more.
        self.variables: dict[str, str] = {}
        self._calls = Calls()
        self._embedded = Embedded(config.state, config.account, config.region)

    def start(self, url: str) -> None:
        """The local Lambda listens at `url`. Nothing is started yet: that waits for a need."""
        self._url = url
        self.variables["AWS_ENDPOINT_URL"] = url
        self._embedded.start(url)

    async def close(self) -> None:
        """End the processes."""
        await self._calls.close()
        await self._embedded.close()

    def handle(self, request: Request) -> Answer:
        """The answer to a request of an SDK for any service but Lambda and Logs."""
        return forward(self._embedded, request)

    def settings(self) -> ServiceSettings:
        """For processes that make their own clients."""
        return ServiceSettings(self._url, self._config.account, self._config.region)

    async def call(
        self, service: str, operation: str, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        """Call an operation as boto3 does: `call("sqs", "SendMessage", {"QueueUrl": …})`.

        Takes and returns the operation's own members, without ResponseMetadata; a streamed
        member, such as GetObject's Body, comes as bytes. Carried out in another process, several
        at a time. Raises ServiceError.
        """
        return await self._calls.call(self.settings(), service, operation, parameters)
