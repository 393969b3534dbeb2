"""The clients on AWS as it is on bad days: pages, throttling, refusals, breaking connections."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from aws_lab import PROFILE, ROLE, AwsLab
from aws_lab_answers import CALLER
from endpoint_lab import ACCOUNT, REGION

from workbench.aws.deploying.deployer import Deployer
from workbench.aws.deploying.traffic_shifting import Controls
from workbench.aws.errors import LambdaError
from workbench.aws.lambda_client import LambdaClient
from workbench.aws.logs import logs
from workbench.aws.records import Target
from workbench.aws.targets import account_of, aws_target, identity_of
from workbench.aws.triggers.client import TriggerClient
from workbench.aws.triggers.words import state_words
from workbench.aws.words.role import role_words
from workbench.aws.workbench_surface import WorkbenchSurface

ECHO = "def handler(event, context):\n    print('echoing')\n    return event\n"


@pytest.fixture(autouse=True, scope="module")
def _functions(_account: AwsLab) -> None:
    for name in ("Echo", "Other", "Third"):
        _account.create(name, {"app.py": ECHO})


@pytest.fixture
def target(lab: AwsLab) -> Target:
    return aws_target(PROFILE)


def test_a_profile_leads_to_its_own_endpoint(lab: AwsLab, target: Target) -> None:
    assert (target.region, target.endpoint_url) == (REGION, None)
    assert account_of(target) == ACCOUNT
    client = LambdaClient(target)
    assert client.invoke("Echo", b'{"a": 1}').payload == b'{"a": 1}'
    assert lab.made("GetCallerIdentity", "Invoke") == ["GetCallerIdentity", "Invoke"]


def test_lists_come_in_pages(lab: AwsLab, target: Target) -> None:
    lab.page_size = 2
    pages = list(LambdaClient(target).functions())
    names = [[f.name for f in page] for page in pages]
    assert len(names) > 1 and len(names[0]) == 2
    assert [name for page in names for name in page] == sorted(lab.functions())
    lab.crowd = 120
    lab.page_size = None
    pages = list(LambdaClient(target).functions())
    assert [len(page) for page in pages] == [50, 50, 20 + len(lab.functions())]


def test_throttled_calls_are_tried_again_but_never_an_invocation(
    lab: AwsLab, target: Target
) -> None:
    client = LambdaClient(target)
    lab.throttle(1, "GetFunction")
    assert client.function("Echo").name == "Echo"
    assert lab.made("GetFunction") == ["GetFunction"] * 2
    lab.throttle(1, "Invoke")
    with pytest.raises(LambdaError, match="Rate exceeded"):
        client.invoke("Echo", b"{}")
    lab.cut(1, "Invoke")
    with pytest.raises(LambdaError):
        client.invoke("Echo", b"{}")
    assert lab.made("Invoke") == ["Invoke"] * 2


def test_what_may_not_be_read_hides_nothing_else(lab: AwsLab, target: Target) -> None:
    lab.local.add_permission(
        FunctionName="Other",
        StatementId="photos",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::photos",
    )
    triggers = TriggerClient(target)
    lab.deny("ListAliases", "GetRole", "GetPolicyVersion")
    lab.unknown.add("ListFunctionUrlConfigs")
    found = {each.name: each for each in triggers.triggers("Other")}
    assert found["photos"].detail == "S3 bucket photos may invoke this"
    assert "not authorized to perform: lambda:ListAliases" in found["policies of aliases"].detail
    assert found["function URLs"].detail.startswith("ListFunctionUrlConfigs got HTTP 404 instead")
    assert {state_words(found[name])[1] for name in found} == {"Allowed", "Refused"}
    words = role_words(target, ROLE)
    assert "may s3:GetObject on photos/*  (photos)" in words
    told = [line.split(": ")[0] for line in words if line.startswith("▲")]
    assert told == ["▲ who may take it", "▲ orders"]
    lab.deny("ListEventSourceMappings", "GetPolicy", "ListAttachedRolePolicies", "ListRolePolicies")
    with pytest.raises(LambdaError, match="lambda:ListEventSourceMappings"):
        triggers.triggers("Other")
    with pytest.raises(LambdaError, match="iam:GetRole"):
        role_words(target, ROLE)


def test_a_canary_that_may_not_count_ends_at_once(
    lab: AwsLab, target: Target, tmp_path: Path
) -> None:
    lab.local.publish_version(FunctionName="Third")
    lab.local.update_function_configuration(FunctionName="Third", Description="changed")
    lab.local.get_waiter("function_updated_v2").wait(
        FunctionName="Third", WaiterConfig={"Delay": 0.02, "MaxAttempts": 1000}
    )
    lab.local.publish_version(FunctionName="Third")
    lab.local.create_alias(FunctionName="Third", Name="live", FunctionVersion="1")
    deployer = Deployer(LambdaClient(replace(target, account=ACCOUNT)), tmp_path)
    made = deployer.create("Third", "live", "2", "AllAtOnce")
    lab.deny("GetMetricData")
    with pytest.raises(LambdaError, match=":GetMetricData because"):
        deployer.run(made, Controls())
    assert lab.made("UpdateAlias") == []
    lab.calm()
    assert deployer.run(made, Controls()).status == "Succeeded"


def test_refusals_name_the_request(lab: AwsLab, target: Target) -> None:
    client = LambdaClient(target)
    lab.deny("GetFunction")
    with pytest.raises(LambdaError, match="perform: lambda:GetFunction") as no:
        client.function("Echo")
    assert "request lab-request-1" in str(no.value)
    lab.expired = True
    with pytest.raises(LambdaError, match="is expired") as no:
        client.function("Echo")
    assert "request lab-request-1" in str(no.value)


def test_new_credentials_are_used_once_the_old_have_expired(
    lab: AwsLab, target: Target, aws_home: Path
) -> None:
    client = LambdaClient(target)
    assert client.function("Echo").name == "Echo"
    lab.expired_keys.add("AKIDEXAMPLE")
    with pytest.raises(LambdaError, match="have expired: get new ones"):
        client.function("Echo")
    config = aws_home / "config"
    config.write_text(config.read_text().replace("AKIDEXAMPLE", "AKIDMENDED"))
    assert client.function("Echo").name == "Echo"
    assert identity_of(target) == (ACCOUNT, CALLER)


def test_what_only_the_local_lambda_has_is_not_there(lab: AwsLab) -> None:
    with pytest.raises(LambdaError):
        WorkbenchSurface(lab.url).status()


def test_answers_take_their_time(lab: AwsLab, target: Target) -> None:
    lab.latency = 0.3
    begun = time.monotonic()
    assert LambdaClient(target).function("Echo").name == "Echo"
    assert time.monotonic() - begun >= 0.3


def test_logs_are_followed_also_where_a_live_tail_is_denied(lab: AwsLab, target: Target) -> None:
    account = account_of(target)
    assert account == ACCOUNT
    LambdaClient(target).invoke("Echo", b"{}")
    for denied in (False, True):
        if denied:
            lab.deny("StartLiveTail")
        stop = threading.Event()
        try:
            for batch in logs.tail(target, "/aws/lambda/Echo", since_ms=0, stop=stop):
                if any("echoing" in event.message for event in batch):
                    break
        finally:
            stop.set()
    assert "StartLiveTail" in lab.made("StartLiveTail", "FilterLogEvents")
