"""`workbench deploy`: a canary from the command line, left, gone on with, rolled back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_shell import environment, run

from workbench.aws.lambda_client import LambdaClient
from workbench.aws.targets import local_target
from workbench.project import server_process


@pytest.fixture
def client(shop: Path) -> LambdaClient:
    """A client of the local Lambda, where Big has two versions and the alias live on the first."""
    client = LambdaClient(local_target(server_process.ensure(shop)))
    for number in range(len(client.versions("Big")), 3):
        client.clients.control.update_function_configuration(
            FunctionName="Big", Description=f"number {number}"
        )
        client.wait_active("Big")
        client.publish_version("Big")
    if not client.aliases("Big"):
        client.create_alias("Big", "live", "1")
    client.update_alias("Big", "live", version="1", weights={})
    return client


def test_all_at_once_as_the_template_says(shop: Path, client: LambdaClient) -> None:
    result = run("deploy", "Big", "live", "2", cwd=shop)
    assert result.returncode == 1, result.stderr
    assert "the hook BeforeAllowTraffic (Fail) failed" in result.stderr
    result = run("deploy", "Big", "live", "2", "--before", "", cwd=shop)
    assert result.returncode == 0, result.stderr
    assert "100% of live to v2" in result.stderr
    assert json.loads(result.stdout)["status"] == "Succeeded"
    assert client.alias("Big", "live").function_version == "2"
    again = run("deploy", "Big", "live", "2", cwd=shop)
    assert again.returncode == 2 and "live leads to v2 already" in again.stderr


def test_one_that_is_left_waits_for_resume_or_roll_back(shop: Path, client: LambdaClient) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "workbench",
            "deploy",
            "Big",
            "live",
            "2",
            "--before",
            "",
            "--type",
            "Canary10Percent5Minutes",
        ],
        cwd=shop,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "10% of live" in line:
                break
        held = run("deploy", "Big", "live", "--resume", cwd=shop)
        assert held.returncode == 2 and "carries out" in held.stderr
        process.send_signal(signal.SIGINT)
        assert "--resume` goes on" in process.stderr.read()
        assert process.wait(20) == 130
    assert dict(client.alias("Big", "live").weights) == {"2": 0.1}
    back = run("deploy", "Big", "live", "--roll-back", cwd=shop)
    assert back.returncode == 1 and "rolled back to v1: asked for" in back.stderr
    alias = client.alias("Big", "live")
    assert (alias.function_version, dict(alias.weights)) == ("1", {})
    none = run("deploy", "Big", "live", "--resume", cwd=shop)
    assert none.returncode == 2 and "No deployment of Big live" in none.stderr
