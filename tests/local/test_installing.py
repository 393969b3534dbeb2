"""A function's packages being installed: who waits, what is told, what ends it. The installer is
a stand-in that waits for a word on a fifo."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.project import server_process

UV = """#!/bin/sh
while [ "$1" != --target ]; do shift; done
echo begun > {begun}
read word < {go}
[ "$word" = fail ] && echo "Looking in indexes: here" && echo "ERROR: no such package" && exit 1
echo "value = '$word'" > "$2/helper.py"
"""
COMMAND = [sys.executable, "-m", "workbench"]


class Project:
    """A project with one function that needs a package."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        (self.root / "app.py").write_text(
            "import helper\ndef handler(event, context):\n    return helper.value\n"
        )
        self.require("one")
        self.begun, self.go = folder / "begun", folder / "go"
        os.mkfifo(self.begun)
        os.mkfifo(self.go)
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "uv").write_text(UV.format(begun=self.begun, go=self.go))
        (bin_folder / "uv").chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
        self.server = subprocess.Popen(
            [*COMMAND, "serve", str(self.root)],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def require(self, name: str) -> None:
        (self.root / "requirements.txt").write_text(f"{name}\n")

    def invoking(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, "invoke", "app", "--project", str(self.root)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self.server.kill()
        self.server.communicate()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    project = Project(tmp_path)
    yield project
    project.close()


def _until_begun(project: Project) -> None:
    assert project.server.stdout is not None
    project.server.stdout.readline()
    project.begun.read_text()


def test_invoke_waits_for_the_packages_with_a_word(project: Project) -> None:
    _until_begun(project)
    with project.invoking() as invoking:
        assert invoking.stderr is not None
        assert "waiting for app: Installing its dependencies." in invoking.stderr.readline()
        project.go.write_text("first\n")
        assert invoking.communicate(timeout=30)[0] == '"first"'


def test_a_failed_installation_is_told_and_the_function_answers(project: Project) -> None:
    _until_begun(project)
    project.go.write_text("fail\n")
    with project.invoking() as invoking:
        out, _ = invoking.communicate(timeout=30)
    assert "No module named 'helper'" in out
    assert invoking.returncode == 1
    info = server_process.running(project.root)
    assert info is not None
    [problem] = WorkbenchSurface(info.url).status()["Problems"]
    assert problem["Message"].endswith("(exit status 1):\nERROR: no such package")


def test_what_is_asked_for_meanwhile_ends_the_first_installation(project: Project) -> None:
    _until_begun(project)
    begun = os.open(project.begun, os.O_RDONLY | os.O_NONBLOCK)
    limit = time.monotonic() + 20
    while not select.select([begun], [], [], 0.2)[0] or not os.read(begun, 100):
        assert time.monotonic() < limit, "the second never began"
        project.require("two")  # again: the server may not be watching yet
    os.close(begun)
    with project.invoking() as invoking:
        project.go.write_text("second\n")
        assert invoking.communicate(timeout=30)[0] == '"second"'


def test_a_stopping_server_waits_for_no_installation(project: Project) -> None:
    _until_begun(project)
    project.server.send_signal(signal.SIGTERM)
    assert project.server.wait(20) == 0
