"""`workbench invoke`: answers, events, logs, exit statuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cli_shell import APP, environment, on_terminal, run, tailing_slow

from workbench.aws.workbench_surface import WorkbenchSurface


def test_invoke_prints_the_exact_payload(shop: Path) -> None:
    result = run("invoke", "Echo", "--event", "-", cwd=shop, stdin='{"a": "ü"}')
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"a": "ü"}
    assert result.stdout.endswith("}")


def test_invoke_ends_the_line_on_a_terminal(shop: Path) -> None:
    assert on_terminal("invoke", "Echo", cwd=shop) == "{}\n"


def test_values_are_made_for_each_invocation_and_told(shop: Path) -> None:
    event = '{"n": "{{counter:cli|json}}", "template": "Dear {{name}}"}'
    for number in (1, 2):
        result = run("invoke", "Echo", "--event", "-", cwd=shop, stdin=event)
        assert json.loads(result.stdout) == {"n": number, "template": "Dear {{name}}"}
        assert result.stderr == f"workbench: {{{{counter:cli|json}}}} is {number}\n"
    failed = run("invoke", "Echo", "--event", "-", cwd=shop, stdin='["{{env:NOT_SET_HERE}}"]')
    assert failed.returncode == 2
    assert "the variable NOT_SET_HERE is not set" in failed.stderr


def test_invoke_with_a_saved_event_a_sample_or_a_file(shop: Path, tmp_path: Path) -> None:
    def answer(*words: str) -> Any:
        result = run("invoke", "Echo", *words, cwd=shop)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    assert answer() == {}
    assert answer("--event", "mine") == {"saved": True}
    assert answer("--event", "s3-put") == {"mine": "wins"}, "a saved event wins over a sample"
    deleted = answer("--event", "s3-delete", "--set", "bucket=photos")
    assert deleted["Records"][0]["s3"]["bucket"]["name"] == "photos"
    file = tmp_path / "event.json"
    file.write_text("[1, 2]")
    assert answer("--event", str(file)) == [1, 2]


def test_a_sample_is_sent_as_its_service_does_and_the_answer_judged(shop: Path) -> None:
    queued = run("invoke", "Echo", "--event", "codepipeline-job", cwd=shop)
    assert queued.returncode == 0 and "CodePipeline.job" in json.loads(queued.stdout)
    assert "sent asynchronously" in queued.stderr and "PutJobSuccessResult" in queued.stderr
    waited = run("invoke", "Echo", "--event", "cognito-pre-sign-up", cwd=shop)
    assert waited.stderr == "workbench: ✓ Cognito takes this answer.\n"
    only_queued = run("invoke", "Echo", "--event", "s3-delete", "--type", "Event", cwd=shop)
    assert only_queued.stdout == ""


def test_a_custom_resource_answers_to_a_live_url(shop: Path) -> None:
    made = run("invoke", "Resource", "--event", "cloudformation-create", cwd=shop)
    assert made.returncode == 0, made.stderr
    assert "✓ SUCCESS came to ResponseURL" in made.stderr and '"made here"' in made.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--event", "mien"], "did you mean mine"),
        (["--event", "half"], "line 2, column 3"),
        (["--event", '{"a": 1}'], "--event -"),
        (["--event", "-"], "Standard input is empty"),
        (["--set", "a=b"], "name one with --event"),
        (["--event", "mine", "--set", "a=b"], "name one with --event"),
        (["--event", "s3-delete", "--set", "bucket"], "parameter=value"),
        (["--event", "s3-delete", "--set", "bukket=x"], "no such parameter"),
        (["--qualifier", "nope"], "Function not found: arn:aws:lambda"),
        (["--type", "Never"], "--type"),
        (["--type", "DryRun", "--tail"], "no logs"),
        (["--profile", "x"], "--target aws"),
        (["--project", "/nowhere"], "not a folder"),
        (["--endpoint-url", "nothing"], "not an address"),
        (["--endpoint-url", "http://127.0.0.1:1"], "cannot be reached"),
        (["--target", "aws"], "No AWS region"),
        (["--target", "aws", "--region", "eu-west-1"], "no AWS credentials"),
    ],
)
def test_what_cannot_be_invoked_exits_2_with_a_sentence(
    words: list[str], message: str, shop: Path
) -> None:
    result = run(
        "invoke", "Echo", *words, cwd=shop, env=environment(AWS_EC2_METADATA_DISABLED="true")
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("workbench: ")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_unknown_function_brings_near_ones(shop: Path) -> None:
    result = run("invoke", "Ecko", cwd=shop)
    assert (result.returncode, result.stderr) == (
        2,
        "workbench: There is no function Ecko here: did you mean Echo?\n",
    )


def test_a_failing_function_exits_1_and_names_the_line(shop: Path) -> None:
    result = run("invoke", "Fail", cwd=shop)
    assert result.returncode == 1
    assert json.loads(result.stdout)["errorType"] == "ValueError"
    line = APP.splitlines().index('    raise ValueError("no luck")') + 1
    assert result.stderr == (
        f"workbench: Fail failed: ValueError: no luck (src/app.py:{line} in fail)\n"
    )


def test_event_and_dry_run(shop: Path) -> None:
    queued = run("invoke", "Echo", "--type", "Event", "--tail", cwd=shop)
    assert (queued.returncode, queued.stdout) == (0, "")
    assert queued.stderr.startswith("workbench: 202: ")
    assert "echo runs\n" in queued.stderr
    dry = run("invoke", "Echo", "--type", "DryRun", cwd=shop)
    assert (dry.returncode, dry.stdout) == (0, "")
    assert dry.stderr == "workbench: 204: you may invoke Echo.\n"


def test_tail_prints_lines_while_the_function_runs(shop: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with tailing_slow(shop, gate) as process:
        assert process.stdout and process.stderr
        assert b"line 0\n" in process.stderr
        gate.write_text("")  # only now can the function end
        assert b"line 1\n" in process.stderr
        assert process.stdout.read() == b"2"
        assert process.wait(30) == 0


def test_ctrl_c_ends_quietly_and_cancels_the_function(shop: Path, url: str, tmp_path: Path) -> None:
    with tailing_slow(shop, tmp_path / "gate") as process:
        assert process.stderr
        assert b"line 0\n" in process.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert b"Traceback" not in process.stderr.read()
    surface = WorkbenchSurface(url)
    deadline = time.monotonic() + 30
    while any(each.get("RequestId") for each in surface.environments()):
        assert time.monotonic() < deadline, "the function still runs"
        time.sleep(0.05)


def test_a_reader_that_has_enough_is_no_error(shop: Path) -> None:
    command = f"{sys.executable} -m workbench invoke Big | head -c 3"
    result = subprocess.run(
        command, shell=True, cwd=shop, env=environment(), capture_output=True, timeout=60
    )
    assert (result.stdout, result.stderr) == (b'"xx', b"")


def test_the_same_on_an_aws_target(shop: Path, url: str) -> None:
    keys = environment(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
    where = ["--target", "aws", "--region", "us-east-1", "--endpoint-url", url]
    listed = run("functions", *where, cwd=shop, env=keys)
    assert "Echo" in [each["FunctionName"] for each in json.loads(listed.stdout)]
    result = run("invoke", "Echo", "--tail", *where, cwd=shop, env=keys)
    assert (result.returncode, result.stdout) == (0, "{}")
    assert "echo runs\n" in result.stderr


def test_by_its_address_alone(url: str, tmp_path: Path) -> None:
    result = run("invoke", "Echo", "--endpoint-url", url, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "{}")
    assert not (tmp_path / ".workbench").exists()


def test_the_project_is_the_nearest_one_above(shop: Path) -> None:
    assert run("invoke", "Echo", "--event", "mine", cwd=shop / "src").returncode == 0


def test_a_person_is_told_what_it_took(shop: Path) -> None:
    leader, follower = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "invoke", "Echo"],
        cwd=shop,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=follower,
        timeout=60,
    )
    os.close(follower)
    said = os.read(leader, 10_000).decode()
    os.close(leader)
    assert done.stdout == b"{}"
    figures = r"workbench: \d+\.\d ms.*, billed \d+ ms, \d+ of 128 MB, \$0\.0000\d{4} · 1 M: \$\d"
    assert re.match(figures, said), said
