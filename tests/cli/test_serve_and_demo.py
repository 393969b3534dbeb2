"""`workbench serve`, `workbench demo`, and the screen where there is none."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cli_shell import environment, run_anew

from workbench.aws.workbench_surface import WorkbenchSurface


def test_serve_in_an_empty_folder(tmp_path: Path) -> None:
    words = ["serve", str(tmp_path), "--account", "111122223333", "--region", "eu-west-1"]
    words += ["--time-scale", "60"]
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *words],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        endpoint = process.stdout.readline().removeprefix("Lambda endpoint: ").strip()
        status = WorkbenchSurface(endpoint).status()
        assert (status["Account"], status["Region"]) == ("111122223333", "eu-west-1")
        assert status["TimeScale"] == 60
        found = run_anew("functions", "--endpoint-url", endpoint, cwd=tmp_path)
        assert found.stdout == "[]\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--port", "65536"],
        ["--port", "-1"],
        ["--account", "123"],
        ["--region", "Mars"],
        ["--linger", "soon"],
        ["--time-scale", "0.5"],
        ["/nowhere"],
    ],
)
def test_serve_refuses_what_cannot_be(words: list[str], tmp_path: Path) -> None:
    result = run_anew("serve", *words, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith("workbench: ")
    assert len(result.stderr.splitlines()) == 1


def test_demo_copies_once_and_keeps_what_was_changed(tmp_path: Path) -> None:
    first = run_anew("demo", cwd=tmp_path)
    assert first.returncode == 0
    assert first.stdout.startswith("Copied the sample functions in workbench-demo.")
    template = tmp_path / "workbench-demo" / "template.yaml"
    template.write_text("# mine")
    again = run_anew("demo", cwd=tmp_path)
    assert (again.returncode, template.read_text()) == (0, "# mine")
    other = run_anew("demo", "--to", "elsewhere", cwd=tmp_path)
    assert (tmp_path / "elsewhere" / "template.yaml").is_file(), other.stderr


def test_demo_has_more_than_the_first_project(tmp_path: Path) -> None:
    listed = run_anew("demo", "--list", cwd=tmp_path).stdout.splitlines()
    assert listed[0].startswith("basics ")
    assert any(line.startswith("queue-worker ") for line in listed)
    assert not list(tmp_path.iterdir())
    copied = run_anew("demo", "queue-worker", cwd=tmp_path)
    assert copied.stdout.startswith("Copied the sample functions in workbench-queue-worker.")
    assert (tmp_path / "workbench-queue-worker" / "template.yaml").is_file()
    unknown = run_anew("demo", "queue-workr", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "did you mean queue-worker?" in unknown.stderr


def test_the_screen_needs_a_terminal_and_a_folder(tmp_path: Path) -> None:
    no_terminal = run_anew(cwd=tmp_path)
    assert (no_terminal.returncode, no_terminal.stdout) == (2, "")
    assert "needs a terminal" in no_terminal.stderr
    assert "did you mean functions" in run_anew("functoins", cwd=tmp_path).stderr
    assert "no command and no folder" in run_anew("no/where", cwd=tmp_path).stderr
