"""`workbench burst` on a real local Lambda."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from cli_shell import environment, run
from sources_lab import until

from workbench.project.history import History
from workbench.project.state_dir import StateDir


def test_a_burst_counts_what_came_of_it(shop: Path, url: str) -> None:
    result = run("burst", "Echo", "-n", "12", "-c", "3", cwd=shop)
    assert result.returncode == 0, result.stderr
    last = json.loads(result.stdout.splitlines()[-1])
    assert (last["Sent"], last["Answered"], last["Running"], last["IsOver"]) == (12, 12, 0, True)
    assert last["Cold"] + last["Warm"] == 12
    assert last["Cold"] <= 3  # none where tests before this one have left environments
    assert last["Duration"]["P50"] <= last["Duration"]["P99"]
    assert sum(last["RoundTrip"]["Buckets"].values()) == 12
    assert last["Cost"] > 0


def test_errors_of_the_function_are_counted_and_told(shop: Path, url: str) -> None:
    result = run("burst", "Fail", "-n", "2", "-c", "1", cwd=shop)
    last = json.loads(result.stdout.splitlines()[-1])
    assert result.returncode == 1
    assert (last["Errors"], last["Error"]) == (2, "ValueError: no luck")


def test_ctrl_c_stops_sending_and_waits_for_what_runs(shop: Path, url: str, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", "burst", "Slow", "-n", "9", "-c", "1", "--event", "-"],
        cwd=shop,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps({"gate": str(gate)}))
        process.stdin.close()
        while json.loads(process.stdout.readline())["Running"] != 1:
            pass
        process.send_signal(signal.SIGINT)
        for _ in range(3):  # in between it has heard the signal
            process.stdout.readline()
        gate.open("w").close()
        lines = process.stdout.read().splitlines()
        assert process.wait() == 0
    last = json.loads(lines[-1])
    assert last["IsOver"]
    assert last["Sent"] == last["Answered"] < 9


def test_numbers_that_are_none_and_functions_that_are_not_there(shop: Path, url: str) -> None:
    assert "-n: 0 is not from 1" in run("burst", "Echo", "-n", "0", cwd=shop).stderr
    assert "-c: 501 is not from 1 to 500" in run("burst", "Echo", "-c", "501", cwd=shop).stderr
    assert "There is no function Ecko here" in run("burst", "Ecko", cwd=shop).stderr


def test_each_invocation_has_values_of_its_own(shop: Path, url: str) -> None:
    event = '{"order": "{{counter:burst|json}}", "id": "{{uuid}}"}'
    words = ("burst", "Echo", "-n", "6", "-c", "3", "--event", "-")
    assert run(*words, cwd=shop, stdin=event).returncode == 0
    history = History(StateDir(shop).history_db)
    try:
        until(lambda: len(orders(history)) == 6)
        assert sorted(order for order, _ in orders(history)) == [1, 2, 3, 4, 5, 6]
        assert len({id_ for _, id_ in orders(history)}) == 6
    finally:
        history.close()
    wrong = run(*words, cwd=shop, stdin='{"stage": "{{env:NO_SUCH}}"}')
    assert wrong.returncode == 2 and "the variable NO_SUCH is not set" in wrong.stderr


def orders(history: History) -> list[tuple[int, str]]:
    """(order, id) of the events of the burst above."""
    recent = (history.get(each.id).event for each in history.recent("local", "Echo"))
    events = [json.loads(event) for event in recent]
    return [(event["order"], event["id"]) for event in events if "order" in event]
