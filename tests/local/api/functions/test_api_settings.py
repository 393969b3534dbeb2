"""Tags, runtime management, and what gives a function a new RevisionId."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from api_lab import CONFLICT, FUNCTION, NOT_FOUND, PARAMETER, VALIDATION, answer, refused, status
from endpoint_lab import ACCOUNT, REGION, ROLE, LocalEndpoint, local_lambda, zipped

NEW: dict[str, Any] = {
    "Runtime": "python3.12",
    "Role": ROLE,
    "Handler": "index.handler",
    "Code": {"ZipFile": zipped({"index.py": ""})},
}
RUNTIME = f"arn:aws:lambda:{REGION}::runtime:{'0' * 64}"


def revision(endpoint: LocalEndpoint, name: str, **named: Any) -> str:
    found: str = endpoint.client().get_function_configuration(FunctionName=name, **named)[
        "RevisionId"
    ]
    return found


def test_when_a_runtime_is_updated(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create(Publish=True)
    shared_endpoint.settle(name, "1")
    arn = f"{FUNCTION}:{name}"
    got = client.get_runtime_management_config(FunctionName=name)
    assert answer(got) == {"UpdateRuntimeOn": "Auto", "FunctionArn": arn}
    put = client.put_runtime_management_config(
        FunctionName=name, Qualifier="1", UpdateRuntimeOn="Manual", RuntimeVersionArn=RUNTIME
    )
    manual = {
        "UpdateRuntimeOn": "Manual",
        "FunctionArn": f"{arn}:1",
        "RuntimeVersionArn": RUNTIME,
    }
    assert (status(put), answer(put)) == (200, manual)
    got = client.get_runtime_management_config(FunctionName=f"{name}:1")
    assert answer(got) == manual
    client.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="FunctionUpdate")
    got = client.get_runtime_management_config(FunctionName=name)
    assert got["UpdateRuntimeOn"] == "FunctionUpdate"
    refuse = client.put_runtime_management_config
    assert refused(refuse, FunctionName=name, UpdateRuntimeOn="Manual")[0] == PARAMETER
    assert refused(refuse, FunctionName="nowhere", UpdateRuntimeOn="Auto") == (
        NOT_FOUND,
        f"Function not found: {FUNCTION}:nowhere",
    )
    assert refused(refuse, FunctionName=name, UpdateRuntimeOn="Never")[0] == VALIDATION


def test_what_can_be_tagged(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    prefix = f"arn:aws:lambda:{REGION}:{ACCOUNT}"
    mapping = f"{prefix}:event-source-mapping:01234567-89ab-cdef-0123-456789abcdef"
    provider = f"{prefix}:capacity-provider:mine"
    for operation, named in (
        (client.list_tags, {}),
        (client.tag_resource, {"Tags": {"a": "b"}}),
        (client.untag_resource, {"TagKeys": ["a"]}),
    ):
        for arn, message in (
            (mapping, f"Event source mapping not found: {mapping}"),
            (provider, f"Capacity provider not found: {provider}"),
            (f"{FUNCTION}:nowhere", f"Function not found: {FUNCTION}:nowhere"),
        ):
            assert refused(operation, Resource=arn, **named) == (NOT_FOUND, message)
    code, message = refused(client.list_tags, Resource="arn:aws:s3:::bucket")
    assert code == VALIDATION and message is not None
    assert message.startswith(
        "1 validation error detected: Value 'arn:aws:s3:::bucket' at 'resource' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:"
    )


def test_what_gives_a_new_revision(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create()
    arn = f"{FUNCTION}:{name}"
    seen = [revision(shared_endpoint, name)]
    for change in (
        lambda: client.tag_resource(Resource=arn, Tags={"a": "b"}),
        lambda: client.untag_resource(Resource=arn, TagKeys=["a"]),
        lambda: client.publish_version(FunctionName=name),
    ):
        change()
        seen.append(revision(shared_endpoint, name))
    assert len(set(seen)) == 4
    shared_endpoint.settle(name, "1")
    before = revision(shared_endpoint, name, Qualifier="1")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    assert revision(shared_endpoint, name) == seen[-1]
    assert revision(shared_endpoint, name, Qualifier="1") == before
    # An update gives two, also when it changes nothing.
    updated = client.update_function_configuration(FunctionName=name)["RevisionId"]
    settled = shared_endpoint.settle(name)["RevisionId"]
    assert len({seen[-1], updated, settled}) == 3


def test_creating_and_publishing_at_once(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    made = client.create_function(FunctionName="published-at-once", Publish=True, **NEW)
    assert (made["Version"], made["State"]) == ("1", "Pending")
    assert made["FunctionArn"] == f"{FUNCTION}:published-at-once"
    first = shared_endpoint.settle("published-at-once", "1")
    assert first["FunctionArn"] == f"{FUNCTION}:published-at-once:1"
    shared_endpoint.settle("published-at-once")
    again = client.publish_version(FunctionName="published-at-once")
    assert (again["Version"], again["RevisionId"]) == ("1", first["RevisionId"])


NOT_NOW = "The operation cannot be performed at this time. "


def _changes(client: Any) -> list[tuple[Callable[..., Any], dict[str, Any]]]:
    return [
        (client.update_function_configuration, {}),
        (client.update_function_code, {"ZipFile": NEW["Code"]["ZipFile"]}),
        (client.publish_version, {}),
    ]


def test_nothing_else_while_a_change_is_in_progress(tmp_path: Path) -> None:
    with local_lambda(tmp_path, transition_seconds=60.0) as endpoint:
        client = endpoint.client()
        client.create_function(FunctionName="slow", **NEW)
        for operation, named in _changes(client):
            assert refused(operation, FunctionName="slow", **named) == (
                CONFLICT,
                f"{NOT_NOW}The function is currently in the following state: Pending",
            )
    # The next process ends what the kill of this one interrupted.
    with local_lambda(tmp_path, transition_seconds=60.0) as endpoint:
        client = endpoint.client()
        started = client.update_function_configuration(FunctionName="slow", Description="new")
        assert (started["State"], started["LastUpdateStatus"]) == ("Active", "InProgress")
        assert started["LastUpdateStatusReason"] == "The function is being created."
        assert started["LastUpdateStatusReasonCode"] == "Creating"
        for operation, named in _changes(client):
            assert refused(operation, FunctionName="slow", **named) == (
                CONFLICT,
                f"{NOT_NOW}An update is in progress for resource: {FUNCTION}:slow",
            )


def test_names_of_new_functions(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    for length in (65, 171, 300):
        assert refused(client.create_function, FunctionName="a" * length, **NEW) == (
            PARAMETER,
            f"1 validation error detected: Value '{'a' * length}' at 'functionName' failed to "
            "satisfy constraint: Member must have length less than or equal to 64",
        )
    code, message = refused(client.create_function, FunctionName="a" * 150 + "!", **NEW)
    assert code == VALIDATION and message is not None
    assert message.startswith("2 validation errors detected: Value 'aaa")
    assert message.endswith("Member must have length less than or equal to 140")
    assert refused(client.delete_function, FunctionName="nowhere", Qualifier="1") == (
        NOT_FOUND,
        f"Function not found: {FUNCTION}:nowhere",
    )
