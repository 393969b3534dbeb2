"""Which AWS services are used, and how a client of them is made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.local.arns import partition

if TYPE_CHECKING:
    from botocore.client import BaseClient

# What functions get, and what our own clients sign with: nobody verifies it.
LOCAL_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAWORKBENCHLOCAL00",
    "AWS_SECRET_ACCESS_KEY": "local-functions-have-no-real-credentials",
    "AWS_SESSION_TOKEN": "local",
}

# In the User-Agent of the server's own calls: they are never answered by the server itself.
OWN_CALLS = "lambda-workbench-server"


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """How to reach the services: plain values that can be passed to another process.

    `endpoint_url` is None for real AWS; then `profile` names whose credentials are used (None:
    boto3's own search). Any other endpoint is called with credentials that mean nothing, but for
    `keys_name_accounts`: LocalStack and its like take an access key of 12 digits for the account
    whose resources are meant.
    """

    endpoint_url: str | None
    account: str
    region: str
    profile: str | None = None
    keys_name_accounts: bool = False

    @property
    def partition(self) -> str:
        """The part of AWS that the region is in."""
        return partition(self.region)

    def client(self, service: str, account: str = "", **config: Any) -> BaseClient:
        """A boto3 client of `service` ("sqs", "s3" …) for resources of `account`, if that is
        known; `config` goes into botocore's Config.

        Nothing of the machine's AWS configuration has an influence on clients of a local
        endpoint. Importing boto3 costs 0.2 s: not for the server's own process. Raises
        botocore.exceptions.BotoCoreError, for instance for a profile there is not.
        """
        import boto3
        import botocore.session
        from botocore.config import Config

        if self.endpoint_url is None:
            session = boto3.Session(profile_name=self.profile, region_name=self.region)
            return session.client(service, config=Config(**config))  # type: ignore[call-overload,no-any-return]
        nothing = {
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
        session = boto3.Session(botocore_session=botocore.session.Session(nothing))
        key = account if self.keys_name_accounts else ""
        return session.client(  # type: ignore[call-overload,no-any-return]
            service,
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=key or LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=LOCAL_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=LOCAL_CREDENTIALS["AWS_SESSION_TOKEN"],
            config=Config(**{"proxies": {}, "inject_host_prefix": False, **config}),
        )


class ServiceError(Exception):
    """A call of a service failed: `code` and `message` are the service's own.

    When no answer came at all, `code` is "ServiceUnavailable" or the name of botocore's
    exception, and `message` a sentence.
    """

    def __init__(self, service: str, operation: str, code: str, message: str) -> None:
        super().__init__(f"{service} {operation}: {code}: {message}")
        self.service = service
        self.operation = operation
        self.code = code
        self.message = message
