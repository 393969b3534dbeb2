"""What provisioned and reserved concurrency refuse (lambda-facts §5, §4.6 no. 7, 18, 47)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from api_lab import CONFLICT, FUNCTION, NOT_FOUND, PARAMETER, VALIDATION, refused, status
from endpoint_lab import LocalEndpoint, local_lambda
from provisioned_lab import Function, figures

UNPUBLISHED_VERSION = (
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
)
UNPUBLISHED = (
    PARAMETER,
    "The function resource provided must be an alias or a published version.",
)


@pytest.mark.parametrize(
    ("name", "qualifier", "refusal"),
    [
        ("known", "none", (NOT_FOUND, f"Cannot find alias arn: {FUNCTION}:known:none")),
        ("known", "10", (NOT_FOUND, f"Function not found: {FUNCTION}:known:10")),
        ("missing", "none", (NOT_FOUND, f"Cannot find alias arn: {FUNCTION}:missing:none")),
        ("missing", "1", (NOT_FOUND, f"Function not found: {FUNCTION}:missing:1")),
        ("known", "$LATEST", UNPUBLISHED),
    ],
)
def test_what_has_no_environments_ahead(
    known: LocalEndpoint, name: str, qualifier: str, refusal: Any
) -> None:
    client = known.client()
    what = {"FunctionName": name, "Qualifier": qualifier}
    assert refused(client.get_provisioned_concurrency_config, **what) == refusal
    assert refused(client.delete_provisioned_concurrency_config, **what) == refusal
    if refusal is UNPUBLISHED:
        refusal = (PARAMETER, UNPUBLISHED_VERSION)
    put = client.put_provisioned_concurrency_config
    assert refused(put, ProvisionedConcurrentExecutions=1, **what) == refusal


def test_none_is_configured_yet(known: LocalEndpoint) -> None:
    client = known.client()
    listed = client.list_provisioned_concurrency_configs(FunctionName="known")
    assert listed["ProvisionedConcurrencyConfigs"] == []
    assert refused(client.list_provisioned_concurrency_configs, FunctionName="missing") == (
        NOT_FOUND,
        f"Function not found: {FUNCTION}:missing",
    )
    what = {"FunctionName": "known", "Qualifier": "1"}
    assert status(client.delete_provisioned_concurrency_config(**what)) == 204
    put = client.put_provisioned_concurrency_config
    assert refused(put, ProvisionedConcurrentExecutions=0, **what) == (
        VALIDATION,
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to "
        "satisfy constraint: Member must have value greater than or equal to 1",
    )


def test_a_version_and_its_alias_cannot_both_have_them(function: Function) -> None:
    client = function.client
    second = function.change()
    function.alias("1")
    function.put(1, "1")
    config: dict[str, Any] = {
        "FunctionName": function.name,
        "ProvisionedConcurrentExecutions": 1,
    }
    taken = (
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned "
        "version"
    )
    put = client.put_provisioned_concurrency_config
    assert refused(put, Qualifier="live", **config) == (CONFLICT, taken)
    client.delete_provisioned_concurrency_config(FunctionName=function.name, Qualifier="1")
    assert figures(function.put(1, "live")) == (1, 0, 0, "IN_PROGRESS")
    assert refused(put, Qualifier="1", **config) == (
        CONFLICT,
        "Version is pointed by a Provisioned Concurrency alias",
    )
    function.put(1, second)
    move = {"FunctionName": function.name, "Name": "live", "FunctionVersion": second}
    assert refused(client.update_alias, **move) == (CONFLICT, taken)
    move["FunctionVersion"] = "$LATEST"
    assert refused(client.update_alias, **move) == (PARAMETER, UNPUBLISHED_VERSION)
    client.delete_alias(FunctionName=function.name, Name="live")
    listed = client.list_provisioned_concurrency_configs(FunctionName=function.name)
    assert [found["FunctionArn"] for found in listed["ProvisionedConcurrencyConfigs"]] == [
        f"{FUNCTION}:{function.name}:{second}"
    ]


def test_all_of_a_reservation_provisioned_leaves_nothing_for_others(function: Function) -> None:
    client = function.client
    function.put(2)
    function.ready()
    reserve = client.put_function_concurrency
    assert refused(reserve, FunctionName=function.name, ReservedConcurrentExecutions=1) == (
        PARAMETER,
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned "
        "concurrency [2].",
    )
    reserve(FunctionName=function.name, ReservedConcurrentExecutions=2)
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        function.invoke("$LATEST")
    response = caught.value.response
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    assert function.kind("1") == "provisioned-concurrency"
    second = function.change()
    greater = (
        "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function"
    )
    for qualifier, number in ((second, 1), ("1", 3)):
        assert refused(
            client.put_provisioned_concurrency_config,
            FunctionName=function.name,
            Qualifier=qualifier,
            ProvisionedConcurrentExecutions=number,
        ) == (PARAMETER, greater)


def test_the_account_keeps_its_unreserved_minimum(function: Function) -> None:
    client = function.client
    limit = client.get_account_settings()["AccountLimit"]
    total = limit["ConcurrentExecutions"]
    config: dict[str, Any] = {"FunctionName": function.name, "Qualifier": "1"}
    put = client.put_provisioned_concurrency_config
    beyond = "Specified ConcurrentExecutions for function"
    assert refused(put, ProvisionedConcurrentExecutions=total + 1, **config) == (
        PARAMETER,
        f"{beyond} is greater than account's unreserved concurrency [{total}].",
    )
    assert refused(put, ProvisionedConcurrentExecutions=total, **config) == (
        PARAMETER,
        f"{beyond} decreases account's UnreservedConcurrentExecution below its minimum value of "
        "[100].",
    )
    function.put(1)
    assert (
        client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == total - 1
    )


def test_a_small_account_keeps_all_it_has(tmp_path: Path) -> None:
    with local_lambda(tmp_path, concurrency=10) as endpoint:
        client, name = endpoint.client(), endpoint.create()
        limit = client.get_account_settings()["AccountLimit"]
        assert limit["ConcurrentExecutions"] == limit["UnreservedConcurrentExecutions"] == 10
        reserve = client.put_function_concurrency
        assert refused(reserve, FunctionName=name, ReservedConcurrentExecutions=1) == (
            PARAMETER,
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of [10].",
        )
        reserve(FunctionName=name, ReservedConcurrentExecutions=0)
