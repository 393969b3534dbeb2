"""Function URL configurations: their life, their pages, and how AWS words what it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from api_lab import CONFLICT, FUNCTION, NOT_FOUND, PARAMETER, VALIDATION, answer, refused, status
from endpoint_lab import LocalEndpoint

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NO_FUNCTION = (NOT_FOUND, "Function does not exist")
NONE = (NOT_FOUND, "The resource you requested does not exist.")


def bad_qualifier(value: str) -> tuple[tuple[str, int], str]:
    return VALIDATION, (
        f"1 validation error detected: Value '{value}' at 'qualifier' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: "
        r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"
    )


def test_the_life_of_a_url(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    made = client.create_function_url_config(FunctionName=name, AuthType="NONE")
    assert status(made) == 201
    url, created = made["FunctionUrl"], made["CreationTime"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url) and TIME.fullmatch(created)
    arn = f"{FUNCTION}:{name}"
    shown = {
        "FunctionUrl": url,
        "FunctionArn": arn,
        "AuthType": "NONE",
        "CreationTime": created,
    }
    assert answer(made) == shown  # no InvokeMode, for none was given
    assert refused(client.create_function_url_config, FunctionName=name, AuthType="NONE") == (
        CONFLICT,
        f"Failed to create function url config for [functionArn = {arn}]. Error message:  "
        "FunctionUrlConfig exists for this Lambda function",
    )
    got = answer(client.get_function_url_config(FunctionName=arn))
    assert got == {**shown, "LastModifiedTime": created, "InvokeMode": "BUFFERED"}

    cors = {"AllowOrigins": ["*"], "AllowMethods": ["GET"], "MaxAge": 5, "AllowCredentials": True}
    update = client.update_function_url_config
    changed = answer(update(FunctionName=name, AuthType="AWS_IAM", Cors=cors))
    modified = changed.pop("LastModifiedTime")
    assert modified >= created and changed == {**shown, "AuthType": "AWS_IAM", "Cors": cors}
    changed = answer(update(FunctionName=name, InvokeMode="RESPONSE_STREAM", Cors={}))
    assert changed["InvokeMode"] == "RESPONSE_STREAM" and "Cors" not in changed
    assert answer(update(FunctionName=name))["InvokeMode"] == "RESPONSE_STREAM"
    assert client.get_function_url_config(FunctionName=name)["FunctionUrl"] == url

    assert status(client.delete_function_url_config(FunctionName=name)) == 204
    for method in ("get", "delete", "update"):
        call = getattr(client, f"{method}_function_url_config")
        assert refused(call, FunctionName=name) == NONE


def test_a_function_and_its_aliases_have_urls_of_their_own(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    listed = client.list_function_url_configs
    assert listed(FunctionName=name)["FunctionUrlConfigs"] == []
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    client.create_function_url_config(FunctionName=name, AuthType="NONE")
    client.create_function_url_config(
        FunctionName=f"{name}:live", Qualifier="live", AuthType="AWS_IAM"
    )
    arns = [f"{FUNCTION}:{name}", f"{FUNCTION}:{name}:live"]
    assert [c["FunctionArn"] for c in listed(FunctionName=name)["FunctionUrlConfigs"]] == arns
    first = listed(FunctionName=name, MaxItems=1)
    second = listed(FunctionName=name, MaxItems=1, Marker=first["NextMarker"])
    pages = first["FunctionUrlConfigs"] + second["FunctionUrlConfigs"]
    assert [c["FunctionArn"] for c in pages] == arns and "NextMarker" not in second
    assert [c["InvokeMode"] for c in pages] == ["BUFFERED", "BUFFERED"]

    client.delete_function_url_config(FunctionName=name)
    client.get_function_url_config(FunctionName=name, Qualifier="live")
    client.delete_alias(FunctionName=name, Name="live")
    assert refused(client.get_function_url_config, FunctionName=f"{name}:live") == NONE
    client.create_function_url_config(FunctionName=name, AuthType="NONE")
    client.delete_function(FunctionName=name)
    assert refused(client.get_function_url_config, FunctionName=name) == NONE
    assert refused(listed, FunctionName=name) == NO_FUNCTION


@pytest.mark.parametrize("method", ["create", "get", "update", "delete"])
def test_refusals(method: str, known: LocalEndpoint) -> None:
    call = getattr(known.client(), f"{method}_function_url_config")
    more: dict[str, Any] = {"AuthType": "NONE"} if method in ("create", "update") else {}
    missing = NO_FUNCTION if method in ("create", "update") else NONE
    for name in ("nobody", f"{FUNCTION}:nobody"):
        assert refused(call, FunctionName=name, **more) == missing
    assert refused(call, FunctionName="known", Qualifier="nowhere", **more) == missing
    for qualifier in ("1", "$LATEST"):
        asked = refused(call, FunctionName="known", Qualifier=qualifier, **more)
        assert asked == bad_qualifier(qualifier)
    assert refused(call, FunctionName="known:live", Qualifier="other", **more) == (
        PARAMETER,
        "The derived qualifier from the function name does not match the specified qualifier.",
    )
    if method != "create":
        assert refused(call, FunctionName="known", **more) == NONE


def test_values_that_are_refused(known: LocalEndpoint) -> None:
    create = known.client().create_function_url_config
    assert refused(create, FunctionName="known", AuthType="NONE", InvokeMode="UNKNOWN") == (
        VALIDATION,
        "1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy "
        "constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]",
    )
    error, text = refused(create, FunctionName="known", AuthType="NONE", Cors={"MaxAge": 86401})
    assert error == VALIDATION and text is not None and "'cors.maxAge'" in text
    error, text = refused(create, FunctionName="known")
    assert error == VALIDATION and text is not None and "'authType'" in text
