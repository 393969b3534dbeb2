"""Scheduler's universal targets: any operation of any service, `arn:aws:scheduler:::aws-sdk:…`.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.local.delivery.push.deliveries import Delivery, Undelivered
from workbench.local.delivery.push.targets.sdk import SdkClient
from workbench.local.services.settings import ServiceSettings

# Actions that begin so only read, and are refused.
_READING = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read"),
    *("lookup", "discover", "validate", "batchGet", "batchDescribe", "batchRead", "transactGet"),
    *("adminGet", "adminList", "testMigration", "retrieve", "testConnection", "translateDocument"),
    *("isAuthorized", "invokeModel"),
)
# The SDKs' ids of services, where boto3 has another name.
_BOTO3 = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "stepfunctions"}


def problem(arn: str) -> str:
    """Why Scheduler refuses a target of this ARN, in its own words, or ""."""
    if ":aws-sdk:" not in arn:
        return ""
    service, _, action = arn.partition(":aws-sdk:")[2].partition(":")
    if not service or not action.isalnum():
        return "Provided Arn is not in correct format."
    return f"{action} is not supported." if action.startswith(_READING) else ""


class UniversalSender:
    """Calls the operation of one ARN."""

    in_order = False

    def __init__(self, arn: str, place: ServiceSettings) -> None:
        service, _, self._action = arn.partition(":aws-sdk:")[2].partition(":")
        self._client = SdkClient(place, _BOTO3.get(service, service))

    def close(self) -> None:
        """See Sender."""

    def deliver(self, delivery: Delivery) -> None:
        """See Sender."""
        from botocore.exceptions import UnknownServiceError

        try:
            model = self._client.model
        except UnknownServiceError:
            raise _unknown(delivery.target_arn) from None
        found = [name for name in model.operation_names if name.lower() == self._action.lower()]
        if not found:
            raise _unknown(delivery.target_arn)
        shape = model.operation_model(found[0]).input_shape
        given = delivery.event
        if not isinstance(given, Mapping):
            raise Undelivered("INVALID_JSON", "ValidationException", "its input is no JSON object")
        self._client.call(found[0], fitted(given, shape) if shape is not None else {})


def fitted(value: Any, shape: Any) -> Any:
    """`value` with the member names of `shape`: Scheduler writes all of them in Pascal case."""
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            names = {name.lower(): name for name in shape.members}
            return {
                (known := names.get(name.lower(), name)): fitted(item, shape.members[known])
                if known in shape.members
                else item
                for name, item in value.items()
            }
        case "list" if isinstance(value, list):
            return [fitted(item, shape.member) for item in value]
        case "map" if isinstance(value, Mapping):
            return {key: fitted(item, shape.value) for key, item in value.items()}
        case "blob" | "string" if not isinstance(value, str):
            return json.dumps(value)
    return value


def _unknown(arn: str) -> Undelivered:
    return Undelivered("INVALID_PARAMETER", "ValidationException", f"{arn} names no operation")
