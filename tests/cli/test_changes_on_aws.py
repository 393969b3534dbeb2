"""Commands that change something on AWS: production is asked for, and all is in the audit log."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_lab import AwsLab, aws_lab, configure
from aws_lab_answers import CALLER
from cli_shell import environment, run

from workbench.project import audit_log

AT_AWS = ("--target", "aws", "--profile", "lab")


@pytest.fixture(scope="module")
def _account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsLab]:
    with aws_lab(tmp_path_factory.mktemp("account")) as lab:
        for name in ("Echo", "Orders"):
            lab.create(name, {"app.py": "def handler(event, context):\n    return event\n"})
        yield lab


@pytest.fixture
def aws(_account: AwsLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AwsLab:
    """An account, in which the user's config marks Orders as production."""
    _account.calm()
    configure(_account, tmp_path / "aws", monkeypatch)
    config = tmp_path / "lambda-workbench" / "config.toml"
    config.parent.mkdir()
    config.write_text('[[production]]\nfunction = "Ord*"\n')
    return _account


@pytest.fixture
def settings(aws: AwsLab, tmp_path: Path) -> dict[str, str]:
    """The environment of a command that finds both."""
    files = {name: os.environ[name] for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    return environment(**files, XDG_CONFIG_HOME=str(tmp_path))


def logged(root: Path) -> list[tuple[str, str]]:
    """The audit log: (operation, result)."""
    entries = audit_log.entries(root / ".workbench" / "audit.log")
    return [(entry["operation"], entry["result"]) for entry in entries]


def test_production_needs_a_yes(aws: AwsLab, settings: dict[str, str], tmp_path: Path) -> None:
    refused = run("invoke", "Orders", *AT_AWS, cwd=tmp_path, env=settings)
    assert refused.returncode == 2
    sentence = "Your config marks Orders as production: add --yes to invoke Orders."
    assert sentence in refused.stderr
    assert not aws.made("Invoke") and not logged(tmp_path)
    run("invoke", "Orders", "--type", "DryRun", *AT_AWS, cwd=tmp_path, env=settings)
    assert not logged(tmp_path)
    assert run("invoke", "Echo", *AT_AWS, cwd=tmp_path, env=settings).stdout == "{}"
    agreed = run("invoke", "Orders", "--yes", *AT_AWS, cwd=tmp_path, env=settings)
    assert (agreed.returncode, agreed.stdout) == (0, "{}")
    assert logged(tmp_path) == [("lambda:Invoke", "ok")] * 2


def test_who_may_only_invoke_does(aws: AwsLab, settings: dict[str, str], tmp_path: Path) -> None:
    aws.deny("GetFunction", "FilterLogEvents", "StartLiveTail")
    told = run("invoke", "Echo", "--tail", *AT_AWS, cwd=tmp_path, env=settings)
    assert (told.returncode, told.stdout) == (0, "{}")
    assert "the logs cannot be followed: User: " in told.stderr
    assert "REPORT RequestId: " in told.stderr
    burst = run("burst", "Echo", "-n", "2", "-c", "1", *AT_AWS, cwd=tmp_path, env=settings)
    assert (burst.returncode, '"Answered": 2' in burst.stdout) == (0, True)
    aws.denied.discard("FilterLogEvents")
    logs = run("logs", "Echo", *AT_AWS, cwd=tmp_path, env=settings)
    assert "REPORT RequestId: " in logs.stdout


@pytest.mark.parametrize(("answer", "status"), [(b"n\n", 2), (b"y\n", 0)])
def test_on_a_terminal_it_is_asked_for(
    aws: AwsLab, settings: dict[str, str], tmp_path: Path, answer: bytes, status: int
) -> None:
    leader, follower = pty.openpty()
    os.write(leader, answer)
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "invoke", "Orders", "--qualifier", "$LATEST", *AT_AWS],
        cwd=tmp_path, env=settings, stdin=follower, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    os.close(leader)
    os.close(follower)
    assert done.returncode == status, done.stderr
    assert "Invoke Orders:$LATEST? [y/N]" in done.stderr
    assert f"AWS account 123456789012 · us-east-1 · profile lab, as {CALLER}" in done.stderr
    assert len(aws.made("Invoke")) == len(logged(tmp_path)) == (status == 0)


def test_a_burst_is_one_entry_and_a_deployment_one_for_each_change(
    aws: AwsLab, settings: dict[str, str], tmp_path: Path
) -> None:
    refused = run("burst", "Orders", "-n", "3", *AT_AWS, cwd=tmp_path, env=settings)
    assert "add --yes to invoke Orders 3 times, 10 at once" in refused.stderr
    done = run("burst", "Orders", "-n", "3", "-y", *AT_AWS, cwd=tmp_path, env=settings)
    assert done.returncode == 0, done.stderr
    assert len(aws.made("Invoke")) == 3
    first = aws.local.publish_version(FunctionName="Orders")["Version"]
    aws.local.update_function_configuration(FunctionName="Orders", Description="another")
    aws.local.get_waiter("function_updated_v2").wait(
        FunctionName="Orders", WaiterConfig={"Delay": 0.02, "MaxAttempts": 1000}
    )
    second = aws.local.publish_version(FunctionName="Orders")["Version"]
    aws.local.create_alias(FunctionName="Orders", Name="live", FunctionVersion=first)
    words = ("deploy", "Orders", "live", second, "--type", "AllAtOnce", *AT_AWS)
    refused = run(*words, cwd=tmp_path, env=settings)
    assert f"add --yes to shift live of Orders to version {second}" in refused.stderr
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *words, "--yes"],
        cwd=tmp_path, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert any("100% of live" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)  # or it would watch the errors for half a minute
        process.communicate(timeout=20)
    assert logged(tmp_path) == [("lambda:Invoke", "begun: a burst"), ("lambda:UpdateAlias", "ok")]
