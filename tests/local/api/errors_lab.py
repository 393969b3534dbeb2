"""Calls that are refused, and how AWS words it: what the tests of errors share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import ACCOUNT, ECHO, REGION, ROLE, LocalEndpoint, zipped

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
CODE = {"ZipFile": zipped({"index.py": ECHO})}

PARAMETER, VALIDATION = ("InvalidParameterValueException", 400), ("ValidationException", 400)

Call = tuple[str, dict[str, Any]]
Refused = tuple[Call, tuple[str, int], str]
"""A call; the code and the HTTP status it is refused with; the message, word for word."""


def create(**changed: Any) -> Call:
    """CreateFunction of a function that would be right without what is changed."""
    return "create_function", {
        "FunctionName": "refused",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "index.handler",
        "Code": CODE,
        **changed,
    }


def alias(**changed: Any) -> Call:
    """CreateAlias of an alias that would be right without what is changed."""
    return "create_alias", {
        "FunctionName": "known",
        "Name": "new",
        "FunctionVersion": "1",
        **changed,
    }


def call(operation: str, **named: Any) -> Call:
    """A call about the function `known`."""
    return operation, {"FunctionName": "known", **named}


def assert_refused(endpoint: LocalEndpoint, refused: Refused) -> None:
    """Make the call and compare what comes back."""
    (operation, named), (code, status), message = refused
    function: Callable[..., Any] = getattr(endpoint.client(), operation)
    with pytest.raises(ClientError) as caught:
        function(**named)
    response = caught.value.response
    assert response["Error"] == {"Code": code, "Message": message}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
