"""Deployments carried out on a real local Lambda, with hooks that report by CodeDeploy's API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_lab import LocalEndpoint, local_lambda, zipped

from workbench.aws.deploying.alias_history import AliasHistory
from workbench.aws.deploying.deployer import Deployer
from workbench.aws.deploying.traffic_shifting import Controls, Deployment
from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Counts, Target
from workbench.aws.workbench_surface import WorkbenchSurface

HOOK = """
import boto3

def handler(event, context):
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="{status}",
    )
"""
GOOD = "def handler(event, context):\n    return {number}\n"
BAD = "def handler(event, context):\n    raise ValueError(event)  # {number}\n"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    with local_lambda(tmp_path_factory.mktemp("endpoint")) as running:
        running.create(HOOK.format(status="Succeeded"), FunctionName="Approve")
        running.create(HOOK.format(status="Failed"), FunctionName="Object")
        running.create(BAD.format(number=0), FunctionName="Crash")
        running.create(GOOD.format(number=0), FunctionName="Silent")
        yield running


@pytest.fixture
def client(endpoint: LocalEndpoint) -> LambdaClient:
    return LambdaClient(Target("local", "us-east-1", "123456789012", endpoint_url=endpoint.url))


@pytest.fixture
def function(endpoint: LocalEndpoint) -> str:
    """A function with the versions 1 (good), 2 (good) and 3 (bad), and the alias live on 1."""
    name, lambda_ = endpoint.create(GOOD.format(number=1)), endpoint.client()
    for code in (None, GOOD.format(number=2), BAD.format(number=3)):
        if code:
            lambda_.update_function_code(FunctionName=name, ZipFile=zipped({"index.py": code}))
            endpoint.settle(name)
        lambda_.publish_version(FunctionName=name)
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    return name


def routing(client: LambdaClient, function: str) -> tuple[str, dict[str, float]]:
    alias = client.alias(function, "live")
    return alias.function_version, dict(alias.weights)


def test_a_canary_with_hooks_goes_through(
    client: LambdaClient, function: str, tmp_path: Path
) -> None:
    steps: list[float] = []

    def changed(deployment: Deployment, counts: Counts) -> None:
        if not steps or steps[-1] != deployment.share:
            steps.append(deployment.share)

    deployer = Deployer(client, tmp_path, changed)
    made = deployer.create(
        function, "live", "2", "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        before_hook="Approve", after_hook="Approve", waits_divided_by=10_000,
    )  # fmt: skip
    with pytest.raises(LambdaError, match="is not over"):
        deployer.create(function, "live", "3", "AllAtOnce")
    done = deployer.run(made, Controls())
    assert (done.status, done.before, done.after) == ("Succeeded", "Succeeded", "Succeeded"), done
    assert steps == [0.0, 0.1, 1.0]
    assert routing(client, function) == ("2", {})
    assert [words.partition(" ")[0] for _, words in done.said] == [
        "v1", "BeforeAllowTraffic:", "BeforeAllowTraffic:", "10%", "100%", "AfterAllowTraffic:",
        "AfterAllowTraffic:", "live",
    ]  # fmt: skip
    history = AliasHistory(tmp_path).of("local", function, "live")
    assert [state.routing for state in history] == [("2", {}), ("1", {"2": 0.1})]
    assert history[0].how == f"canary {done.id}"


def test_an_alarm_rolls_back(client: LambdaClient, function: str, tmp_path: Path) -> None:
    cloudwatch = client.clients.service("cloudwatch")
    cloudwatch.put_metric_alarm(  # of what nobody measures, or its state would soon be true again
        AlarmName="errors", MetricName="Errors", Namespace="Shop", Threshold=1, Period=60,
        EvaluationPeriods=1, Statistic="Sum", ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
    )  # fmt: skip

    def changed(deployment: Deployment, counts: Counts) -> None:
        if deployment.shifts == 1:
            cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="-")

    deployer = Deployer(client, tmp_path, changed)
    canary = "Canary10Percent30Minutes"
    with pytest.raises(LambdaError, match="There is no alarm other"):
        deployer.create(function, "live", "2", canary, alarms=["errors", "other"])
    made = deployer.create(function, "live", "2", canary, alarms=["errors"])
    done = deployer.run(made, Controls())
    assert (done.status, done.shifts, done.rolled_back) == ("Failed", 1, True)
    assert "the alarm errors is in state ALARM" in str(done.said)
    assert routing(client, function) == ("1", {})


@pytest.mark.parametrize(
    ("hook", "words"),
    [("Object", "the hook BeforeAllowTraffic (Object) failed"), ("Crash", "ValueError")],
)
def test_a_hook_that_fails_keeps_traffic_away(
    hook: str, words: str, client: LambdaClient, function: str, tmp_path: Path
) -> None:
    deployer = Deployer(client, tmp_path)
    made = deployer.create(function, "live", "2", "AllAtOnce", before_hook=hook)
    done = deployer.run(made, Controls())
    assert (done.status, done.shifts, done.rolled_back) == ("Failed", 0, True)
    assert words in str(done.said)
    assert routing(client, function) == ("1", {})


def test_errors_of_the_new_version_roll_back(
    client: LambdaClient, function: str, tmp_path: Path
) -> None:
    failing = threading.Event()

    def changed(deployment: Deployment, counts: Counts) -> None:
        if deployment.shifts and not failing.is_set():
            failing.set()
            client.invoke(function, b"{}", qualifier="live")

    deployer = Deployer(client, tmp_path, changed)
    # It is waited for a report that never comes, so that the invocation is counted meanwhile.
    made = deployer.create(function, "live", "3", "AllAtOnce", after_hook="Silent")
    done = deployer.run(made, Controls())
    assert (done.status, done.shifts, done.rolled_back) == ("Failed", 1, True)
    assert "1 of 1 invocations of v3 failed (100%; at most 0% may)" in done.said[-1][1]
    assert routing(client, function) == ("1", {})


def test_one_that_was_stopped_goes_on_and_is_rolled_back_on_demand(
    client: LambdaClient, function: str, tmp_path: Path
) -> None:
    controls = Controls()

    def stop(deployment: Deployment, counts: Counts) -> None:
        if deployment.shifts:
            controls.ask(controls.stop)

    first = Deployer(client, tmp_path, stop)
    made = first.create(function, "live", "2", "Linear10PercentEvery10Minutes")
    left = first.run(made, controls)
    assert (left.status, left.share, routing(client, function)[1]) == (
        "InProgress", 0.1, {"2": 0.1},
    )  # fmt: skip
    second = Deployer(client, tmp_path)
    [found] = second.deployments.unfinished("local")
    assert found == left
    controls = Controls()
    second = Deployer(
        client, tmp_path, lambda d, _: controls.ask(controls.stop) if d.shifts > 1 else None
    )
    controls.ask(controls.go_on)
    left = second.run(found, controls)
    assert left.share == 0.2
    controls = Controls()
    controls.ask(controls.roll_back)
    done = second.run(left, controls)
    assert (done.status, done.share) == ("Stopped", 0.0)
    assert routing(client, function) == ("1", {})


def test_what_somebody_else_changes_is_left_alone(
    client: LambdaClient, function: str, tmp_path: Path
) -> None:
    def meddle(deployment: Deployment, counts: Counts) -> None:
        if deployment.shifts and deployment.status == "InProgress":
            client.update_alias(function, "live", version="3", weights={})

    deployer = Deployer(client, tmp_path, meddle)
    made = deployer.create(function, "live", "2", "Canary10Percent30Minutes")
    done = deployer.run(made, Controls())
    assert done.status == "Stopped"
    assert "changed by somebody else" in done.said[-1][1]
    assert routing(client, function) == ("3", {})


def test_what_cannot_be_deployed(client: LambdaClient, function: str, tmp_path: Path) -> None:
    deployer = Deployer(client, tmp_path)
    for alias, version, hook, words in (
        ("live", "1", "", "leads to v1 already"),
        ("live", "9", "", "not found"),
        ("beta", "2", "", "Cannot find alias"),
        ("live", "$LATEST", "", "published versions only"),
        ("live", "2", "Nobody", "Nobody"),
    ):
        with pytest.raises(LambdaError, match=words.replace("$", r"\$")):
            deployer.create(function, alias, version, "AllAtOnce", before_hook=hook)
    client.update_alias(function, "live", weights={"2": 0.5})
    with pytest.raises(LambdaError, match="leads to two versions"):
        deployer.create(function, "live", "3", "AllAtOnce")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "DeploymentIdRequiredException"),
        ({"deploymentId": "d-1"}, "InvalidDeploymentIdException"),
        ({"deploymentId": "d-000000000"}, "DeploymentDoesNotExistException"),
        ({"execution": "other"}, "InvalidLifecycleEventHookExecutionIdException"),
        ({"status": "Skipped"}, "InvalidLifecycleEventHookExecutionStatusException"),
        ({"status": "Succeeded"}, ""),
        ({"status": "Failed"}, "LifecycleEventAlreadyCompletedException"),
    ],
)
def test_what_codedeploy_refuses(
    values: dict[str, str], code: str, endpoint: LocalEndpoint
) -> None:
    WorkbenchSurface(endpoint.url).expect_hook("d-ABCDEFGH1", "run-1")
    request: dict[str, Any] = {"lifecycleEventHookExecutionId": values.get("execution", "run-1")}
    if values:
        request["deploymentId"] = values.get("deploymentId", "d-ABCDEFGH1")
        request["status"] = values.get("status", "Succeeded")
    put = endpoint.client("codedeploy").put_lifecycle_event_hook_execution_status
    if not code:
        assert put(**request)["lifecycleEventHookExecutionId"] == "run-1"
        return
    with pytest.raises(ClientError) as raised:
        put(**request)
    assert raised.value.response["Error"]["Code"] == code
