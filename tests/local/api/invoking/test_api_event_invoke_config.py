"""Event invoke configurations, recursion configurations, dead letter ARNs (lambda-facts §6)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from api_lab import FUNCTION, NOT_FOUND, PARAMETER, VALIDATION, answer, refused, status
from endpoint_lab import ACCOUNT, REGION, LocalEndpoint

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:records"
EMPTY: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}


def config(response: dict[str, Any]) -> dict[str, Any]:
    """The configuration without the moment it was made, which is now."""
    made = response["LastModified"].timestamp()
    assert abs(made - time.time()) < 60
    return {key: value for key, value in answer(response).items() if key != "LastModified"}


def test_put_replaces_and_update_merges(shared_endpoint: LocalEndpoint) -> None:
    client, name = shared_endpoint.client(), shared_endpoint.create()
    latest = f"{FUNCTION}:{name}:$LATEST"
    put, update = (
        client.put_function_event_invoke_config,
        client.update_function_event_invoke_config,
    )
    wanted = {"FunctionArn": latest, "DestinationConfig": EMPTY}
    got = config(put(FunctionName=name, MaximumRetryAttempts=0))
    assert got == wanted | {"MaximumRetryAttempts": 0}
    got = config(put(FunctionName=name, MaximumEventAgeInSeconds=60))
    assert got == wanted | {"MaximumEventAgeInSeconds": 60}
    both = wanted | {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 1}
    assert config(update(FunctionName=name, MaximumRetryAttempts=1)) == both
    assert config(client.get_function_event_invoke_config(FunctionName=name)) == both
    sent = {"OnFailure": {"Destination": QUEUE}}
    got = config(update(FunctionName=f"{name}:$LATEST", DestinationConfig=sent))
    assert got == both | {"DestinationConfig": {"OnSuccess": {}, **sent}}
    assert config(put(FunctionName=name, DestinationConfig={"OnSuccess": {}})) == wanted


def test_each_qualifier_has_its_own_until_it_is_gone(shared_endpoint: LocalEndpoint) -> None:
    client, name = shared_endpoint.client(), shared_endpoint.create(Publish=True)
    shared_endpoint.settle(name, "1")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    put, get = client.put_function_event_invoke_config, client.get_function_event_invoke_config
    put(FunctionName=name, MaximumRetryAttempts=0)
    arn = f"{FUNCTION}:{name}"
    for qualifier in ("1", "live"):
        assert refused(get, FunctionName=name, Qualifier=qualifier) == (
            NOT_FOUND,
            f"The function {arn}:{qualifier} doesn't have an EventInvokeConfig",
        )
        kept = config(put(FunctionName=name, Qualifier=qualifier, MaximumRetryAttempts=1))
        assert kept["FunctionArn"] == f"{arn}:{qualifier}"
    listed = client.list_function_event_invoke_configs
    pages = [listed(FunctionName=name, MaxItems=2)]
    pages.append(listed(FunctionName=name, Marker=pages[0]["NextMarker"]))
    assert "NextMarker" not in pages[1]
    arns = [one["FunctionArn"] for page in pages for one in page["FunctionEventInvokeConfigs"]]
    assert arns == [f"{arn}:$LATEST", f"{arn}:1", f"{arn}:live"]
    delete = client.delete_function_event_invoke_config
    assert status(delete(FunctionName=name)) == 204
    assert refused(delete, FunctionName=name)[0] == NOT_FOUND
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_function(FunctionName=name, Qualifier="1")
    assert answer(listed(FunctionName=name)) == {"FunctionEventInvokeConfigs": []}


Asked = dict[str, Any]


def success(arn: str) -> Asked:
    return {"DestinationConfig": {"OnSuccess": {"Destination": arn}}}


def invalid(on_success: str) -> str:
    return (
        "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
        f"{on_success}), onFailure=null) is invalid."
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "You must specify at least one of error handling or destination setting."),
        (success(f"{FUNCTION}:gone"), f"The destination ARN {FUNCTION}:gone is invalid."),
        (
            success(f"{FUNCTION}:known:live"),
            "You can't specify the function as a destination for itself.",
        ),
        (
            success(f"arn:aws:iam:{REGION}:{ACCOUNT}:function:known"),
            invalid(f"arn:aws:iam:{REGION}:{ACCOUNT}:function:known"),
        ),
        (success("arn:aws:s3:::bucket"), invalid("arn:aws:s3:::bucket")),
        (success(f"{QUEUE}.fifo"), f"The destination ARN {QUEUE}.fifo is invalid."),
        (
            {"Qualifier": "2", "FunctionName": "known:1", "MaximumRetryAttempts": 0},
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
    ],
)
def test_what_is_refused(known: LocalEndpoint, asked: Asked, message: str) -> None:
    put = known.client().put_function_event_invoke_config
    assert refused(put, **{"FunctionName": "known", **asked}) == (PARAMETER, message)


def test_functions_and_configurations_that_are_not_there(known: LocalEndpoint) -> None:
    client = known.client()
    put, update = (
        client.put_function_event_invoke_config,
        client.update_function_event_invoke_config,
    )
    missing = (NOT_FOUND, "The function doesn't exist.")
    for call in (put, update):
        assert refused(call, FunctionName="gone", MaximumRetryAttempts=1) == missing
        assert refused(call, FunctionName="known:nope", MaximumRetryAttempts=1) == missing
        assert refused(call, FunctionName="gone")[0] == PARAMETER
    assert refused(client.list_function_event_invoke_configs, FunctionName="gone") == missing
    calls: list[Callable[..., Any]] = [
        client.get_function_event_invoke_config,
        client.delete_function_event_invoke_config,
    ]
    for call in calls:
        assert refused(call, FunctionName="gone") == (
            NOT_FOUND,
            f"The function {FUNCTION}:gone:$LATEST doesn't have an EventInvokeConfig",
        )
    assert refused(update, FunctionName="known:live", MaximumRetryAttempts=1) == (
        NOT_FOUND,
        f"The function {FUNCTION}:known:live doesn't have an EventInvokeConfig",
    )
    arn = f"arn:aws:_-/!lambda:{REGION}:{ACCOUNT}:function:x"
    code, message = refused(
        put, FunctionName="known", DestinationConfig={"OnFailure": {"Destination": arn}}
    )
    assert code == VALIDATION and message is not None
    assert message.startswith(
        f"1 validation error detected: Value '{arn}' at 'destinationConfig.onFailure.destination' "
        "failed to satisfy constraint: Member must satisfy regular expression pattern: $|kafka://"
    )


def test_what_becomes_of_loops(shared_endpoint: LocalEndpoint) -> None:
    client, name = shared_endpoint.client(), shared_endpoint.create()
    get, put = client.get_function_recursion_config, client.put_function_recursion_config
    assert answer(get(FunctionName=name)) == {"RecursiveLoop": "Terminate"}
    assert answer(put(FunctionName=name, RecursiveLoop="Allow")) == {"RecursiveLoop": "Allow"}
    assert answer(get(FunctionName=name)) == {"RecursiveLoop": "Allow"}
    assert refused(put, FunctionName=name, RecursiveLoop="Never") == (
        VALIDATION,
        "1 validation error detected: Value 'Never' at 'recursiveLoop' failed to satisfy "
        "constraint: Member must satisfy enum value set: [Terminate, Allow]",
    )
    assert refused(get, FunctionName="gone")[0] == NOT_FOUND


def test_dead_letters_go_to_standard_queues_and_topics(shared_endpoint: LocalEndpoint) -> None:
    client = shared_endpoint.client()
    name = shared_endpoint.create(DeadLetterConfig={"TargetArn": QUEUE})
    found = client.get_function_configuration(FunctionName=name)
    assert found["DeadLetterConfig"] == {"TargetArn": QUEUE}
    change = client.update_function_configuration
    for arn in (f"{QUEUE}.fifo", "arn:aws:s3:::bucket", "arn:aws:sqs:x"):
        code, message = refused(change, FunctionName=name, DeadLetterConfig={"TargetArn": arn})
        assert code == PARAMETER and message is not None and arn in message
    assert "DeadLetterConfig" not in change(FunctionName=name, DeadLetterConfig={"TargetArn": ""})
