"""`workbench queue`: what waits, and running it at once."""

from __future__ import annotations

import json
from pathlib import Path

from cli_shell import on_terminal, run
from sources_lab import until


def test_a_failed_event_waits_and_can_be_hurried(shop: Path) -> None:
    def queue() -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(run("queue", cwd=shop).stdout)["Events"]
        return found

    run("invoke", "Fail", "--type", "Event", cwd=shop)
    until(lambda: bool(queue()) and queue()[0]["Attempts"] == 1)
    [event] = queue()
    assert event["FunctionName"] == "Fail" and event["Qualifier"] is None
    assert 0 < float(str(event["Due"])) - float(str(event["Accepted"])) < 70
    heading, line = on_terminal("queue", cwd=shop).splitlines()
    assert heading.split() == ["FUNCTION", "AGE", "FAILED", "NEXT", "BECAUSE", "OF"]
    assert line.split()[0] == "Fail" and " in " in line
    for attempts in (2, 3):
        assert "now" in on_terminal("queue", "--now", cwd=shop)
        until(lambda: not queue() or queue()[0]["Attempts"] == attempts)  # noqa: B023
    assert on_terminal("queue", cwd=shop) == "Nothing waits.\n"


def test_aws_keeps_its_queue_to_itself(tmp_path: Path) -> None:
    result = run("queue", "--target", "aws", "--region", "eu-west-1", cwd=tmp_path)
    assert result.returncode == 2 and "leave out --target aws" in result.stderr
