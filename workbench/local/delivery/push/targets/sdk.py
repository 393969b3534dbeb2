"""Calls of services by their SDK, from the services' own process, to the local Lambda's address:
there all of them are, Lambda and Logs too."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from workbench.local.delivery.push.deliveries import Undelivered
from workbench.local.services.settings import ServiceSettings

_MISSING = ("NotFound", "NonExistent", "NoSuch", "DoesNotExist")
_PASSING = ("Throttl", "TooManyRequests", "ServiceUnavailable", "SlowDown", "Timeout")


class SdkClient:
    """One service's client, made when it is first needed: 30 to 100 ms."""

    def __init__(self, settings: ServiceSettings, service: str) -> None:
        self._settings = settings
        self._service = service

    @cached_property
    def _client(self) -> Any:
        retries = {"mode": "standard", "total_max_attempts": 1}
        return self._settings.client(self._service, retries=retries)

    @property
    def model(self) -> Any:
        """botocore's model of the service."""
        return self._client.meta.service_model

    def call(self, operation: str, parameters: dict[str, Any]) -> Any:
        """The operation's answer. Raises Undelivered."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._client._make_api_call(operation, parameters)
        except ClientError as error:
            told = error.response["Error"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            passes = status != 501 and (status >= 500 or any_of(_PASSING, told["Code"]))
            raise undelivered(told["Code"], told["Message"], passes) from None
        except BotoCoreError as error:
            passes = "Connect" in type(error).__name__ or "Timeout" in type(error).__name__
            raise undelivered(type(error).__name__, str(error), passes) from None


def undelivered(code: str, message: str, passes: bool = False) -> Undelivered:
    """What a service's own error is to a rule or a schedule; `passes`: another try may go
    better."""
    general = "NO_RESOURCE" if any_of(_MISSING, code) else "ERROR_FROM_TARGET"
    reason = f"{code}: {message}".rstrip(". ")
    return Undelivered(general, code, reason, 0.0 if passes else None)


def any_of(words: tuple[str, ...], code: str) -> bool:
    """Whether one of `words` is a part of an error's code."""
    return any(word in code for word in words)
