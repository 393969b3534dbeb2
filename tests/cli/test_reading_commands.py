"""`workbench functions`, `logs`, `metrics`, `trace`, `versions` and `history`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cli_shell import PYTHON, environment, on_terminal, run

from workbench.aws.lambda_client import LambdaClient
from workbench.aws.records import Target


def test_functions_is_json_for_a_program_and_problems_go_to_stderr(shop: Path) -> None:
    result = run("functions", cwd=shop)
    assert result.returncode == 0
    functions = {each["FunctionName"]: each for each in json.loads(result.stdout)}
    assert {"Echo", "Fail", "Slow", "Big"} <= set(functions)
    assert functions["Echo"]["Runtime"] == PYTHON
    assert functions["Echo"]["FunctionArn"].endswith(":function:Echo")
    assert "template.yaml:" in result.stderr and "nowhere" in result.stderr


def test_functions_is_a_table_on_a_terminal(shop: Path) -> None:
    output = on_terminal("functions", cwd=shop)
    lines = output.splitlines()
    assert lines[0].split() == ["NAME", "RUNTIME", "HANDLER"]
    assert any(line.split()[:3] == ["Echo", PYTHON, "app.echo"] for line in lines)


def test_logs_and_history_tell_what_was(shop: Path) -> None:
    run("invoke", "Fail", cwd=shop)
    history: list[dict[str, Any]] = []
    limit = time.monotonic() + 30
    while not history:  # it is written by a process of its own, soon after the answer
        assert time.monotonic() < limit, "the invocation is not in the history"
        history = json.loads(run("history", "Fail", "--limit", "1", cwd=shop).stdout)
    assert [entry["ErrorType"] for entry in history] == ["ValueError"]
    plain = run("logs", "Fail", cwd=shop)
    assert plain.returncode == 0
    assert f"REPORT RequestId: {history[0]['RequestId']}\t" in plain.stdout
    lines = run("logs", "Fail", "--json", "--since", "1h", cwd=shop).stdout.splitlines()
    assert {"timestamp", "message", "logStreamName"} == set(json.loads(lines[0]))


def test_logs_follow(shop: Path, url: str) -> None:
    invoke = LambdaClient(Target("local", "us-east-1", endpoint_url=url)).invoke
    before = invoke("Slow", b"{}").request_id
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "logs", "Slow", "--follow", "--since", "10m"],
        cwd=shop,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        until_report(process.stdout, before)
        after = invoke("Slow", b"{}").request_id
        assert "line 1\n" in until_report(process.stdout, after)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == ""


def until_report(lines: Iterable[str], request_id: str) -> list[str]:
    """The lines up to an invocation's REPORT."""
    found = []
    for line in lines:
        found.append(line)
        if line.startswith(f"REPORT RequestId: {request_id}"):
            return found
    raise AssertionError(f"it ended without the report of {request_id}: {found}")


def test_metrics(shop: Path) -> None:
    run("invoke", "Fail", cwd=shop)
    found = json.loads(run("metrics", "Fail", "--since", "1d", cwd=shop).stdout)
    by_name = {each["MetricName"]: each for each in found}
    assert by_name["Errors"]["Sum"] == by_name["Invocations"]["Sum"] >= 1
    assert by_name["Duration"]["p50"] <= by_name["Duration"]["Maximum"]
    everything = on_terminal("metrics", cwd=shop).splitlines()
    assert everything[0].split()[:3] == ["FUNCTION", "INVOCATIONS", "ERRORS"]
    assert any(line.startswith("Fail ") and " ms" in line for line in everything)
    one = on_terminal("metrics", "Fail", cwd=shop).splitlines()
    assert one[0].split()[0] == "METRIC" and any(line.startswith("Duration, ms") for line in one)


def test_trace(shop: Path) -> None:
    run("invoke", "Traced", cwd=shop)
    traces = json.loads(run("trace", "--since", "1d", cwd=shop).stdout)
    trace_id = next(each["Id"] for each in traces if each["EntryPoint"] == "Traced")
    history = json.loads(run("history", "Traced", cwd=shop).stdout)
    request_id = next(each["RequestId"] for each in history if each["TraceId"] == trace_id)
    assert json.loads(run("trace", request_id, cwd=shop).stdout)["Id"] == trace_id
    listed = on_terminal("trace", cwd=shop).splitlines()
    assert any(line.startswith(trace_id) and line.endswith("! fault") for line in listed)
    shown = on_terminal("trace", f"Root={trace_id};Sampled=1", cwd=shop)
    assert "\n  ! Traced (function)" in shown and "fault: ValueError: no luck" in shown
    document = json.loads(run("trace", trace_id, cwd=shop).stdout)
    assert document["Segments"][0]["origin"] == "AWS::Lambda"
    assert "no trace id" in run("trace", "x", cwd=shop).stderr
    assert "There is no trace" in run("trace", f"1-00000000-{'0' * 24}", cwd=shop).stderr


def test_versions(shop: Path) -> None:
    document = json.loads(run("versions", "Echo", cwd=shop).stdout)
    assert [each["Version"] for each in document["Versions"]] == ["$LATEST"]
    assert document["Aliases"] == []
    assert "did you mean Echo" in run("versions", "Ecko", cwd=shop).stderr
