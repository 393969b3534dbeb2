"""What tests of the API share: ARNs, and errors as plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, REGION

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer"

PARAMETER = ("InvalidParameterValueException", 400)
VALIDATION = ("ValidationException", 400)
NOT_FOUND = ("ResourceNotFoundException", 404)
CONFLICT = ("ResourceConflictException", 409)
STALE = ("PreconditionFailedException", 412)

Refusal = tuple[tuple[str, int], str | None]


def refused(call: Callable[..., Any], **named: Any) -> Refusal:
    """((code, HTTP status), message) of the error that a client's method raises."""
    with pytest.raises(ClientError) as caught:
        call(**named)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return (response["Error"]["Code"], status), response["Error"].get("Message")


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """A response without what is no part of the operation's output."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def status(response: dict[str, Any]) -> int:
    """A response's HTTP status."""
    return int(response["ResponseMetadata"]["HTTPStatusCode"])


def stale(api: str) -> Refusal:
    """The refusal of a RevisionId that is not the latest."""
    return STALE, (
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {api} API to retrieve the latest Revision Id"
    )
