"""Provisioned concurrency, with boto3 against a real local Lambda (lambda-facts §5)."""

from __future__ import annotations

import base64
import json
import os
import threading
from pathlib import Path
from typing import Any

from api_lab import PARAMETER, refused, status
from endpoint_lab import LocalEndpoint, local_lambda
from provisioned_lab import Function, figures, until

FAILS = (
    "import os\n"
    "if os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'] == 'provisioned-concurrency':\n"
    "    raise Exception('on purpose')\n"
    "def handler(event, context):\n"
    "    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
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
