"""Concurrency of an account and of functions: what is reserved, what is provisioned."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.aws.clients import Clients
from workbench.aws.errors import in_words
from workbench.aws.records import Target


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Provisioned concurrency of a version or alias. `status` is "IN_PROGRESS", "READY" …"""

    qualifier: str
    requested: int
    available: int
    status: str


@dataclass(frozen=True, slots=True)
class FunctionConcurrency:
    """A function's own concurrency; `reserved` is None when it shares the account's."""

    reserved: int | None
    provisioned: tuple[Provisioned, ...]


def account_limit(target: Target) -> int:
    """How many invocations may run at the same time in this account and region (lambda-facts §5).

    Raises LambdaError."""
    client = Clients(target).control
    with in_words(target):
        return client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]


def reserve(target: Target, name: str, reserved: int | None) -> None:
    """Reserve concurrency for a function, 0 stops it; None: it shares the account's again.
    Raises LambdaError."""
    client = Clients(target).control
    with in_words(target):
        if reserved is None:
            client.delete_function_concurrency(FunctionName=name)
        else:
            client.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=reserved
            )


def of_function(target: Target, name: str) -> FunctionConcurrency:
    """A function's concurrency. Raises LambdaError."""
    client = Clients(target).control
    with in_words(target):
        reserved = client.get_function_concurrency(FunctionName=name)
        pages = client.get_paginator("list_provisioned_concurrency_configs").paginate(
            FunctionName=name
        )
        provisioned = [
            Provisioned(
                qualifier=each["FunctionArn"].rpartition(":")[2],
                requested=each["RequestedProvisionedConcurrentExecutions"],
                available=each["AvailableProvisionedConcurrentExecutions"],
                status=each["Status"],
            )
            for page in pages
            for each in page["ProvisionedConcurrencyConfigs"]
        ]
    return FunctionConcurrency(reserved.get("ReservedConcurrentExecutions"), tuple(provisioned))
