"""The wheel, installed where no checkout is: the commands work, themes and samples came along."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

from tests.benchmarks.terminal import Terminal


def run(*args: str | Path) -> str:
    done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_comes_from_the_wheel(installed: Path, elsewhere: Path) -> None:
    where = run(installed / "python", "-c", "import workbench; print(workbench.__file__)")
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_themes_and_samples_are_in_the_wheel(
    installed: Path, elsewhere: Path, repository: Path
) -> None:
    for name in ("themes", "samples"):
        code = f"from workbench.shipped import shipped; print(shipped({name!r}))"
        shipped = Path(run(installed / "python", "-c", code).strip())
        assert shipped.is_relative_to(installed.parent)
        ours = {path.relative_to(repository / name) for path in files(repository / name)}
        assert {path.relative_to(shipped) for path in files(shipped)} == ours


def test_an_executable_sample_stays_executable(installed: Path, elsewhere: Path) -> None:
    code = "from workbench.shipped import shipped; print(shipped('samples'))"
    samples = Path(run(installed / "python", "-c", code).strip())
    bootstraps = list(samples.rglob("bootstrap"))
    assert bootstraps
    assert all(os.access(path, os.X_OK) for path in bootstraps)


def test_events_list_reads_the_shipped_catalogue(installed: Path, elsewhere: Path) -> None:
    listed = run(installed / "workbench", "events", "list")
    assert "s3-put" in listed


def test_demo_says_what_it_does(installed: Path, elsewhere: Path) -> None:
    assert "sample" in run(installed / "workbench", "demo", "--help")


def test_demo_paints_its_functions_and_quits(installed: Path, elsewhere: Path) -> None:
    with Terminal([installed / "workbench", "demo"], cwd=elsewhere) as terminal:
        try:
            terminal.wait_for("Functions", 30)
            terminal.wait_for("Hello", 30)
            terminal.press("\x11")
            assert terminal.wait_for_end(20) == 0
        finally:
            stop_local_lambdas(elsewhere)


def files(folder: Path) -> set[Path]:
    """The files under `folder` that belong to it: not what running the samples left there."""
    left_over = {"__pycache__", ".workbench", "node_modules"}
    return {
        path for path in folder.rglob("*") if path.is_file() and not left_over & set(path.parts)
    }


def stop_local_lambdas(folder: Path) -> None:
    """End the local Lambda the screen started: it would wait a minute for the next screen."""
    for announced in folder.rglob("server.json"):
        os.kill(json.loads(announced.read_text())["Pid"], signal.SIGTERM)
