"""A session with the AWS CLI, unchanged: what a newcomer types, in the order they would."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from endpoint_lab import REGION, ROLE, LocalEndpoint, zipped

HANDLER = """\
import os

def handler(event, context):
    print("asked for", event)
    if event.get("fail"):
        raise ValueError("as you wish")
    return {"n": event.get("n", 0) + 1, "color": os.environ.get("COLOR")}
"""
WITH_LAYER = """\
import shared

def handler(event, context):
    return shared.GREETING
"""


@dataclass
class Cli:
    """The AWS CLI at work in a folder; `typed` are the commands."""

    process: subprocess.Popen[str]
    folder: Path
    typed: set[str] = field(default_factory=set)

    def __call__(self, command: str) -> Any:
        """What a command that succeeds prints, read as JSON (None for nothing)."""
        done = self._run(command)
        assert done["Status"] == 0, f"{command}\n{done['Error']}"
        return json.loads(done["Output"]) if done["Output"].strip() else None

    def fails(self, command: str) -> str:
        """The error of a command that does not."""
        done = self._run(command)
        assert done["Status"] not in (0, None), command
        error: str = done["Error"]
        return error

    def answer(self, command: str) -> tuple[Any, Any]:
        """Invoke: what the CLI prints, and the function's payload."""
        printed = self(f"lambda invoke {command} answer.json")
        text = (self.folder / "answer.json").read_text()
        return printed, json.loads(text) if text else None

    def settled(self, name: str, qualifier: str = "$LATEST") -> None:
        """Return once nothing of the function is pending: quicker than the CLI's own `wait`."""
        while True:
            found = self(
                "lambda get-function-configuration"
                f" --function-name {name} --qualifier '{qualifier}'"
            )
            if found["State"] == "Active" and found["LastUpdateStatus"] == "Successful":
                return

    def _run(self, command: str) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.typed.add(command)
        words = [*shlex.split(command), "--output", "json"]
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        done: dict[str, Any] = json.loads(self.process.stdout.readline())
        return done


@pytest.fixture
def aws(shared_endpoint: LocalEndpoint, tmp_path: Path) -> Iterator[Cli]:
    environment = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": shared_endpoint.url,
        "AWS_MAX_ATTEMPTS": "1",  # a 429 is what we ask for
        "AWS_PAGER": "",
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("cli_driver.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    ) as process:
        yield Cli(process, tmp_path)
        assert process.stdin is not None
        process.stdin.close()


def test_sixty_commands(aws: Cli) -> None:
    (aws.folder / "code.zip").write_bytes(zipped({"index.py": HANDLER}))
    (aws.folder / "layered.zip").write_bytes(zipped({"index.py": WITH_LAYER}))
    (aws.folder / "layer.zip").write_bytes(zipped({"python/shared.py": "GREETING = 'hello'"}))
    arn = _create_and_update(aws)
    _invoke(aws)
    _versions_and_aliases(aws, arn)
    _concurrency(aws, arn)
    _layers(aws)
    _policies_and_tags(aws, arn)
    _async(aws, arn)
    _logs(aws)
    _delete(aws, arn)
    assert len(aws.typed) >= 60


def _create_and_update(aws: Cli) -> str:
    made = aws(
        "lambda create-function --function-name cli --runtime python3.11 --handler index.handler"
        f" --role {ROLE} --zip-file fileb://code.zip --timeout 5"
    )
    assert (made["State"], made["Timeout"]) == ("Pending", 5)
    assert "Function already exist: cli" in aws.fails(
        "lambda create-function --function-name cli --runtime python3.11 --handler index.handler"
        f" --role {ROLE} --zip-file fileb://code.zip"
    )
    aws("lambda wait function-active-v2 --function-name cli")
    assert aws("lambda get-function --function-name cli")["Configuration"]["State"] == "Active"
    changed = aws(
        "lambda update-function-configuration --function-name cli --memory-size 256"
        " --environment Variables={COLOR=blue} --description first"
    )
    assert changed["Environment"] == {"Variables": {"COLOR": "blue"}}
    aws.settled("cli")
    assert "'901' at 'timeout'" in aws.fails(
        "lambda update-function-configuration --function-name cli --timeout 901"
    )
    assert "PreconditionFailedException" in aws.fails(
        "lambda update-function-configuration --function-name cli --description x --revision-id 0"
    )
    same = aws("lambda update-function-code --function-name cli --zip-file fileb://code.zip")
    assert same["CodeSha256"] == made["CodeSha256"]
    aws.settled("cli")
    listed = aws("lambda list-functions")["Functions"]
    assert "cli" in [function["FunctionName"] for function in listed]
    assert aws("lambda get-account-settings")["AccountLimit"]["ConcurrentExecutions"] == 1000
    arn: str = made["FunctionArn"]
    return arn


def _invoke(aws: Cli) -> None:
    payload = "--payload"  # version 2 wants --cli-binary-format raw-in-base64-out before it
    printed, answer = aws.answer(f"--function-name cli {payload} '{{\"n\": 1}}'")
    assert printed == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    assert answer == {"n": 2, "color": "blue"}
    printed, answer = aws.answer(f"--function-name cli {payload} '{{\"fail\": 1}}' --log-type Tail")
    assert printed["FunctionError"] == "Unhandled" and printed["LogResult"]
    assert (answer["errorType"], answer["errorMessage"]) == ("ValueError", "as you wish")
    printed, answer = aws.answer("--function-name cli --invocation-type DryRun")
    assert printed["StatusCode"] == 204
    printed, answer = aws.answer("--function-name cli --invocation-type Event")
    assert printed["StatusCode"] == 202
    assert "Function not found" in aws.fails("lambda invoke --function-name nobody answer.json")
    assert "Could not parse request body" in aws.fails(
        f"lambda invoke --function-name cli {payload} '{{' answer.json"
    )


def _versions_and_aliases(aws: Cli, arn: str) -> None:
    assert aws("lambda publish-version --function-name cli")["Version"] == "1"
    assert aws("lambda publish-version --function-name cli")["Version"] == "1"
    aws.settled("cli", "1")
    aws("lambda update-function-configuration --function-name cli --description second")
    aws.settled("cli")
    assert aws("lambda publish-version --function-name cli")["Version"] == "2"
    aws.settled("cli", "2")
    versions = aws("lambda list-versions-by-function --function-name cli")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]
    alias = aws("lambda create-alias --function-name cli --name live --function-version 1")
    assert alias["AliasArn"] == f"{arn}:live"
    weighted = aws(
        "lambda update-alias --function-name cli --name live"
        " --routing-config AdditionalVersionWeights={2=1.0}"
    )
    assert weighted["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 1.0}}
    assert aws.answer("--function-name cli:live")[0]["ExecutedVersion"] == "2"
    assert "Member must have value less than or equal to 1.0" in aws.fails(
        "lambda update-alias --function-name cli --name live"
        " --routing-config AdditionalVersionWeights={2=2}"
    )
    aws("lambda update-alias --function-name cli --name live --routing-config {}")
    assert aws("lambda get-alias --function-name cli --name live")["FunctionVersion"] == "1"
    assert len(aws("lambda list-aliases --function-name cli")["Aliases"]) == 1
    assert "reference it: [live]" in aws.fails(
        "lambda delete-function --function-name cli --qualifier 1"
    )


def _concurrency(aws: Cli, arn: str) -> None:
    aws("lambda put-function-concurrency --function-name cli --reserved-concurrent-executions 0")
    assert "TooManyRequestsException" in aws.fails("lambda invoke --function-name cli answer.json")
    assert "This operation is permitted on Lambda functions only" in aws.fails(
        "lambda put-function-concurrency --function-name cli:live"
        " --reserved-concurrent-executions 1"
    )
    found = aws("lambda get-function-concurrency --function-name cli")
    assert found == {"ReservedConcurrentExecutions": 0}
    aws("lambda delete-function-concurrency --function-name cli")
    assert aws("lambda get-function-concurrency --function-name cli") is None
    assert aws.answer(f"--function-name {arn}")[0]["StatusCode"] == 200


def _layers(aws: Cli) -> None:
    layer = aws(
        "lambda publish-layer-version --layer-name shared --zip-file fileb://layer.zip"
        " --compatible-runtimes python3.11 --description greeting"
    )
    assert layer["Version"] == 1
    aws(
        "lambda create-function --function-name layered --runtime python3.11"
        f" --handler index.handler --role {ROLE} --zip-file fileb://layered.zip"
        f" --layers {layer['LayerVersionArn']}"
    )
    aws.settled("layered")
    assert aws.answer("--function-name layered")[1] == "hello"
    assert aws("lambda list-layer-versions --layer-name shared")["LayerVersions"]
    found = aws("lambda get-layer-version --layer-name shared --version-number 1")
    assert found["Content"]["Location"].startswith("http://127.0.0.1:")
    assert "Layer version" in aws.fails(
        "lambda update-function-configuration --function-name layered"
        f" --layers {layer['LayerArn']}:9"
    )
    aws("lambda delete-layer-version --layer-name shared --version-number 1")
    assert aws.answer("--function-name layered")[1] == "hello"  # who has it keeps it


def _policies_and_tags(aws: Cli, arn: str) -> None:
    added = aws(
        "lambda add-permission --function-name cli --statement-id s3 --action"
        " lambda:InvokeFunction --principal s3.amazonaws.com --source-arn arn:aws:s3:::photos"
    )
    assert json.loads(added["Statement"])["Principal"] == {"Service": "s3.amazonaws.com"}
    policy = json.loads(aws("lambda get-policy --function-name cli")["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["s3"]
    aws("lambda remove-permission --function-name cli --statement-id s3")
    assert "The resource you requested does not exist." in aws.fails(
        "lambda get-policy --function-name cli"
    )
    aws(f"lambda tag-resource --resource {arn} --tags team=a,stage=dev")
    assert aws(f"lambda list-tags --resource {arn}")["Tags"] == {"team": "a", "stage": "dev"}
    aws(f"lambda untag-resource --resource {arn} --tag-keys stage")
    assert aws("lambda get-function --function-name cli")["Tags"] == {"team": "a"}


def _async(aws: Cli, arn: str) -> None:
    stored = aws(
        "lambda put-function-event-invoke-config --function-name cli"
        " --maximum-retry-attempts 0 --maximum-event-age-in-seconds 60"
    )
    assert (stored["FunctionArn"], stored["MaximumRetryAttempts"]) == (f"{arn}:$LATEST", 0)
    merged = aws(
        "lambda update-function-event-invoke-config --function-name cli --maximum-retry-attempts 1"
    )
    assert (merged["MaximumRetryAttempts"], merged["MaximumEventAgeInSeconds"]) == (1, 60)
    aws("lambda delete-function-event-invoke-config --function-name cli")
    assert "doesn't have an EventInvokeConfig" in aws.fails(
        "lambda get-function-event-invoke-config --function-name cli"
    )


def _logs(aws: Cli) -> None:
    groups = aws("logs describe-log-groups --log-group-name-prefix /aws/lambda/cli")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/aws/lambda/cli"]
    streams = aws("logs describe-log-streams --log-group-name /aws/lambda/cli")["logStreams"]
    assert streams
    found = aws(
        "logs filter-log-events --log-group-name /aws/lambda/cli --filter-pattern '\"asked for\"'"
    )
    assert {event["message"] for event in found["events"]} >= {"asked for {'n': 1}\n"}
    newest = streams[-1]["logStreamName"]
    events = aws(
        f"logs get-log-events --log-group-name /aws/lambda/cli --log-stream-name '{newest}'"
        " --start-from-head"
    )["events"]
    assert events[0]["message"].startswith("INIT_START Runtime Version: python:3.11")


def _delete(aws: Cli, arn: str) -> None:
    aws("lambda delete-alias --function-name cli --name live")
    aws("lambda delete-alias --function-name cli --name live")  # again: no error on AWS either
    aws("lambda delete-function --function-name cli --qualifier 1")
    aws("lambda delete-function --function-name cli")
    aws("lambda delete-function --function-name layered")
    assert f"Function not found: {arn}" in aws.fails("lambda get-function --function-name cli")
