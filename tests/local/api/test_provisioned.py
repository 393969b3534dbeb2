"""Provisioned concurrency, with boto3 against a real local Lambda (lambda-facts §5)."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_lab import (
    CONFLICT,
    FUNCTION,
    NOT_FOUND,
    PARAMETER,
    VALIDATION,
    answer,
    refused,
    status,
)
from endpoint_lab import LocalEndpoint, local_lambda

KIND = (
    "import os, time\n"
    "kind = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
    "def handler(event, context):\n"
    "    if 'wait' in event:\n"
    "        while not os.path.exists(event['wait']):\n"
    "            time.sleep(0.005)\n"
    "    if 'exit' in event:\n"
    "        os._exit(event['exit'])\n"
    "    return [kind, os.getpid(), context.function_version]\n"
)
FAILS = (
    "import os\n"
    "if os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'] == 'provisioned-concurrency':\n"
    "    raise Exception('on purpose')\n"
    "def handler(event, context):\n"
    "    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    with local_lambda(tmp_path_factory.mktemp("provisioned")) as running:
        yield running


def until(condition: Callable[[], object]) -> Any:
    limit = time.monotonic() + 30
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < limit
        time.sleep(0.01)


class Function:
    """A function with versions, and what is asked of it."""

    def __init__(self, endpoint: LocalEndpoint, code: str = KIND, **more: Any) -> None:
        self.endpoint = endpoint
        self.client = endpoint.client()
        self.name = endpoint.create(code, Timeout=30, **more)
        self.publish()

    def publish(self) -> str:
        version: str = self.client.publish_version(FunctionName=self.name)["Version"]
        self.endpoint.settle(self.name, version)
        return version

    def change(self) -> str:
        self.client.update_function_configuration(FunctionName=self.name, MemorySize=256)
        self.endpoint.settle(self.name)
        return self.publish()

    def alias(self, version: str = "1", **more: Any) -> None:
        self.client.create_alias(
            FunctionName=self.name, Name="live", FunctionVersion=version, **more
        )

    def put(self, number: int, qualifier: str = "1") -> dict[str, Any]:
        return answer(
            self.client.put_provisioned_concurrency_config(
                FunctionName=self.name,
                Qualifier=qualifier,
                ProvisionedConcurrentExecutions=number,
            )
        )

    def get(self, qualifier: str = "1") -> dict[str, Any]:
        return answer(
            self.client.get_provisioned_concurrency_config(
                FunctionName=self.name, Qualifier=qualifier
            )
        )

    def ready(self, qualifier: str = "1") -> dict[str, Any]:
        def settled() -> dict[str, Any] | None:
            found = self.get(qualifier)
            return None if found["Status"] == "IN_PROGRESS" else found

        found: dict[str, Any] = until(settled)
        return found

    def invoke(self, qualifier: str = "1", **event: Any) -> Any:
        response = self.client.invoke(
            FunctionName=self.name, Qualifier=qualifier, Payload=json.dumps(event)
        )
        return json.load(response["Payload"])

    def kind(self, qualifier: str = "1") -> str:
        return str(self.invoke(qualifier)[0])

    def environments(self) -> list[dict[str, Any]]:
        found = self.endpoint.call(self.endpoint.server._runtime.environments)
        return [environment for environment in found if environment["FunctionName"] == self.name]

    def of_environments(self, what: str) -> list[Any]:
        return [environment[what] for environment in self.environments()]

    def log(self) -> list[str]:
        events = self.endpoint.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{self.name}"
        )
        return [event["message"] for event in events["events"]]


@pytest.fixture
def function(endpoint: LocalEndpoint) -> Iterator[Function]:
    made = Function(endpoint)
    yield made
    made.client.delete_function(FunctionName=made.name)


def figures(found: dict[str, Any]) -> tuple[Any, ...]:
    return (
        found["RequestedProvisionedConcurrentExecutions"],
        found["AllocatedProvisionedConcurrentExecutions"],
        found["AvailableProvisionedConcurrentExecutions"],
        found["Status"],
    )


def test_environments_are_initialised_ahead(function: Function) -> None:
    response = function.client.put_provisioned_concurrency_config(
        FunctionName=function.name, Qualifier="1", ProvisionedConcurrentExecutions=2
    )
    assert status(response) == 202
    assert figures(response) == (2, 0, 0, "IN_PROGRESS")
    assert figures(function.get()) == (2, 0, 0, "IN_PROGRESS")
    assert figures(function.ready()) == (2, 2, 2, "READY")
    assert function.kind("1") == "provisioned-concurrency"
    assert function.kind("$LATEST") == "on-demand"

    [started] = {line for line in function.log() if line.startswith("INIT_START")} or [None]
    assert started is not None
    assert [line for line in function.log() if line.startswith("INIT_REPORT Init Duration: ")]
    kinds = sorted(found["InitializationType"] for found in function.environments())
    assert kinds == ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]


def test_json_logs_tell_the_initialization_type(endpoint: LocalEndpoint) -> None:
    function = Function(endpoint, LoggingConfig={"LogFormat": "JSON"})
    function.put(1)
    function.ready()
    told = [json.loads(line) for line in until(lambda: len(function.log()) >= 2 and function.log())]
    assert [event["type"] for event in told] == ["platform.initStart", "platform.initReport"]
    kinds = {event["record"]["initializationType"] for event in told}
    assert kinds == {"provisioned-concurrency"}
    assert told[1]["record"]["status"] == "success"
    function.client.delete_function(FunctionName=function.name)


def test_the_first_invocation_has_no_init_duration(function: Function) -> None:
    function.put(1)
    function.ready()
    response = function.client.invoke(FunctionName=function.name, Qualifier="1", LogType="Tail")
    response["Payload"].read()
    log = base64.b64decode(response["LogResult"]).decode()
    assert "REPORT" in log
    assert "Init Duration" not in log


def test_more_invocations_than_environments_spill_over(function: Function, tmp_path: Path) -> None:
    function.put(1)
    function.ready()
    gate = tmp_path / "gate"
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(function.invoke(wait=str(gate))))
    waiting.start()
    until(lambda: "busy" in function.of_environments("State"))
    assert function.kind() == "on-demand"
    gate.touch()
    waiting.join()
    assert answers[0][0] == "provisioned-concurrency"
    assert function.kind() == "provisioned-concurrency"


def test_an_environment_that_ends_is_replaced(function: Function) -> None:
    function.put(1)
    function.ready()
    _, first, _ = function.invoke()
    assert "Runtime exited" in function.invoke(exit=3)["errorMessage"]
    until(lambda: figures(function.get()) == (1, 1, 1, "READY"))
    kind, second, _ = function.invoke()
    assert (kind, second == first) == ("provisioned-concurrency", False)
    os.kill(second, 9)
    until(
        lambda: (
            second not in function.of_environments("Pid")
            and figures(function.get()) == (1, 1, 1, "READY")
        )
    )
    assert function.kind() == "provisioned-concurrency"


def test_more_and_fewer(function: Function) -> None:
    function.put(1)
    function.ready()
    function.put(3)
    assert figures(function.ready()) == (3, 3, 3, "READY")
    function.put(1)
    assert figures(function.ready()) == (1, 1, 1, "READY")
    until(lambda: len(function.environments()) == 1)
    function.client.delete_provisioned_concurrency_config(FunctionName=function.name, Qualifier="1")
    until(lambda: not function.environments())
    assert function.kind() == "on-demand"


def test_they_move_with_their_alias(function: Function) -> None:
    second = function.change()
    function.alias("1")
    before = function.client.get_function(FunctionName=function.name, Qualifier="1")
    function.put(1, "live")
    function.ready("live")
    after = function.client.get_function(FunctionName=function.name, Qualifier="live")
    assert after["Configuration"]["FunctionArn"].endswith(":live")
    assert after["Configuration"]["RevisionId"] != before["Configuration"]["RevisionId"]
    assert function.kind("live") == function.kind("1") == "provisioned-concurrency"
    function.client.update_alias(FunctionName=function.name, Name="live", FunctionVersion=second)
    assert figures(function.get("live")) == (1, 1, 1, "IN_PROGRESS")
    assert figures(function.ready("live")) == (1, 1, 1, "READY")
    assert function.kind("1") == "on-demand"
    assert function.kind(second) == function.kind("live") == "provisioned-concurrency"
    assert refused(
        function.client.get_provisioned_concurrency_config,
        FunctionName=function.name,
        Qualifier=second,
    ) == (
        ("ProvisionedConcurrencyConfigNotFoundException", 404),
        "No Provisioned Concurrency Config found for this function",
    )


def test_weights_divide_them(function: Function) -> None:
    second = function.change()
    function.alias("1")
    function.put(4, "live")
    function.ready("live")
    function.client.update_alias(
        FunctionName=function.name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {second: 0.25}},
    )
    assert figures(function.ready("live"))[0] == 4
    until(lambda: sorted(function.of_environments("Version")) == ["1", "1", "1", second])
    assert refused(
        function.client.put_provisioned_concurrency_config,
        FunctionName=function.name,
        Qualifier="live",
        ProvisionedConcurrentExecutions=2,
    ) == (PARAMETER, "Alias with weights can not be used with Provisioned Concurrency")


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


def test_initialisation_that_fails(endpoint: LocalEndpoint) -> None:
    function = Function(endpoint, FAILS)
    function.put(1)
    assert function.invoke() == "on-demand"
    found = function.ready()
    assert figures(found) == (1, 0, 0, "FAILED")
    assert found["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE"
    assert function.invoke() == "on-demand"
    log = until(
        lambda: (
            (lines := function.log())
            and sum("[ERROR] Exception: on purpose" in line for line in lines) == 6
            and lines
        )
    )
    assert sum(line.startswith("INIT_REPORT") for line in log) == 6
    function.client.delete_function(FunctionName=function.name)


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


def test_they_are_back_after_a_restart(tmp_path: Path) -> None:
    with local_lambda(tmp_path) as first:
        name = Function(first)
        name.put(2)
        name.ready()
    with local_lambda(tmp_path) as second:
        again = Function.__new__(Function)
        again.endpoint, again.client, again.name = second, second.client(), name.name
        assert figures(again.ready()) == (2, 2, 2, "READY")
        assert again.kind() == "provisioned-concurrency"


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
