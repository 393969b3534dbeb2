"""A real local Lambda for the tests of the client side: `workbench serve` on a small project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_lab import AwsLab, aws_lab, configure

from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Target
from workbench.aws.workbench_surface import WorkbenchSurface

REPOSITORY = Path(__file__).parents[2]

FUNCTIONS = """
import time

def echo(event, context):
    print("echo of", context.aws_request_id)
    return event

def fail(event, context):
    return inner(event)

def inner(event):
    raise ValueError("no luck")

def count(event, context):
    for number in range(event["lines"]):
        print("line", number)
    return event["lines"]

def hang(event, context):
    print("hanging", flush=True)
    time.sleep(60)
"""
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{Runtime: python3.{minor}, Timeout: 30, CodeUri: src}}
Resources:
  Echo: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.echo}}}}
  Fail: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.fail}}}}
  Count: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.count}}}}
  Hang: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.hang}}}}
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a template of four Python functions."""
    root = tmp_path_factory.mktemp("project")
    (root / "src").mkdir()
    (root / "src" / "app.py").write_text(FUNCTIONS)
    (root / "template.yaml").write_text(TEMPLATE.format(minor=sys.version_info.minor))
    return root


@pytest.fixture(scope="session")
def local(project: Path) -> Iterator[Target]:
    """The project's local Lambda, as a target."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "workbench", "serve", str(project)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            assert first.startswith("Lambda endpoint: "), first
            url = first.removeprefix("Lambda endpoint: ").strip()
            yield Target("local", "us-east-1", account="123456789012", endpoint_url=url)
        finally:
            process.terminate()
            process.communicate(timeout=20)


@pytest.fixture
def client(local: Target, project: Path) -> LambdaClient:
    """A client of it that knows where the code is."""
    return LambdaClient(local, lambda name: project / "src")


@pytest.fixture
def surface(local: Target) -> WorkbenchSurface:
    """What it offers beside AWS's API."""
    assert local.endpoint_url
    return WorkbenchSurface(local.endpoint_url)


@pytest.fixture
def aws_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for AWS's configuration, and no AWS_ variables."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


@pytest.fixture(scope="session")
def _account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsLab]:
    with aws_lab(tmp_path_factory.mktemp("aws") / "account") as lab:
        yield lab


@pytest.fixture
def lab(_account: AwsLab, aws_home: Path, monkeypatch: pytest.MonkeyPatch) -> AwsLab:
    """An AWS account, calm, and the profile that leads to it. What tests make in it stays."""
    _account.calm()
    configure(_account, aws_home, monkeypatch)
    return _account
