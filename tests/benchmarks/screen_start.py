"""From the command to the first paint, and to the first key with 10,000 functions.

Where others use the machine, processor time is held to the bounds instead of the clock's: until
then the screen does one thing after the other, so on a machine of its own they are the same.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measure import Row, in_turn, limit_row, milliseconds, ratio_row
from tests.benchmarks.peers import PYTHON_RUNTIME
from tests.benchmarks.processes import REPOSITORY
from tests.benchmarks.terminal import Terminal
from tests.benchmarks.workbench_server import TRIVIAL
from workbench.project import server_process

OURS = "workbench"
ONE_WIDGET = "one-widget Textual app"
HERE = {"PYTHONPATH": str(REPOSITORY)}
TEAMS = ("orders", "billing", "search", "media", "identity")
VERBS = ("handler", "worker", "authorizer", "rotation", "thumbnail")
_ROUNDS = 7
_BUSY = 0.7


@dataclass(frozen=True)
class _Passed:
    """Milliseconds since the start."""

    clock: float
    processor: float


def widget(name: str) -> Terminal:
    """One widget of ours alone, in a terminal: see `screen_apps`."""
    args = [sys.executable, "-m", "tests.benchmarks.screen_apps", name]
    return Terminal(args, cwd=REPOSITORY)


@contextmanager
def screen(project: Path) -> Iterator[Terminal]:
    """The whole screen on `project`, its local Lambda ready; both are ended with the block."""
    try:
        with _opened(project) as terminal:
            terminal.wait_for("Lambda ready", 60)
            terminal.wait_until_quiet(1)
            yield terminal
    finally:
        stop_local_lambda(project)


def stop_local_lambda(project: Path) -> None:
    """End the project's `workbench serve`, if there is one."""
    if info := server_process.running(project):
        os.kill(info.pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while server_process.running(project) and time.monotonic() < deadline:
            time.sleep(0.02)


def first_paint(scratch: Path) -> Iterator[Row]:
    """The frames of all panes with their titles, beside the least that Textual can show."""
    project = scratch / "demo"
    shutil.copytree(REPOSITORY / "samples" / "functions", project)
    processor: dict[str, list[float]] = {OURS: [], ONE_WIDGET: []}

    def ours() -> list[float]:
        with _opened(project) as terminal:
            shown = _shown(terminal, "7 Triggers")
            # It is starting the local Lambda: let it, or a half-started one would outlive us.
            terminal.wait_for("Lambda ready", 60)
        stop_local_lambda(project)
        processor[OURS].append(shown.processor)
        return [shown.clock]

    def one_widget() -> list[float]:
        with widget("one") as terminal:
            shown = _shown(terminal, "Functions")
        processor[ONE_WIDGET].append(shown.processor)
        return [shown.clock]

    one_widget()
    ours()
    for samples in processor.values():
        samples.clear()
    rounds = in_turn({OURS: ours, ONE_WIDGET: one_widget}, _ROUNDS)
    yield ratio_row("start to first paint, by the clock", rounds, OURS, ONE_WIDGET, at_most=1.5)
    pairs = zip(processor[OURS], processor[ONE_WIDGET], strict=True)
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    mine, theirs = (milliseconds(statistics.median(each)) for each in processor.values())
    yield Row("… processor time", mine, f"{theirs} {ONE_WIDGET}", ratio, "≤ 1.5×", ratio <= 1.5)


def write_many(project: Path) -> Path:
    """A project of 10,000 functions."""
    (project / "src").mkdir(parents=True)
    (project / "src" / "app.py").write_text(TRIVIAL)
    names = [f"{TEAMS[n % 5]}-{n:05}-{VERBS[n // 5 % 5]}" for n in range(10_000)]
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {
            "Function": {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "CodeUri": "src/"}
        },
        "Resources": {
            f"F{n}": {"Type": "AWS::Serverless::Function", "Properties": {"FunctionName": name}}
            for n, name in enumerate(names)
        },
    }
    (project / "template.json").write_text(json.dumps(template))
    return project


def ready(project: Path) -> Iterator[Row]:
    """A key pressed at the first paint, its answer seen; the local Lambda of `project` runs."""
    server_process.ensure(project)
    answered, listed = [], []
    try:
        for _ in range(_ROUNDS):
            with _opened(project) as terminal:
                _shown(terminal, "Functions")
                terminal.press("/")
                answered.append(_shown(terminal, "Type to filter"))
                listed.append(_shown(terminal, "10,000 functions"))
    finally:
        stop_local_lambda(project)
    yield _start_row("ready for keys with 10,000 functions", answered, at_most=1000)
    clock = milliseconds(statistics.median(each.clock for each in listed))
    yield Row("… all of them listed, filtered as they come", clock)


def _opened(project: Path) -> Terminal:
    return Terminal([sys.executable, "-m", "workbench"], cwd=project, environment=HERE)


def _shown(terminal: Terminal, text: str) -> _Passed:
    came = terminal.wait_for(text, 60)
    return _Passed((came - terminal.started) * 1000, terminal.processor_ms())


def _start_row(what: str, samples: list[_Passed], *, at_most: float) -> Row:
    clock = statistics.median(each.clock for each in samples)
    processor = statistics.median(each.processor for each in samples)
    if os.getloadavg()[0] <= _BUSY:
        return limit_row(what, clock, at_most=at_most)
    words = f"{what} (processor time; {milliseconds(clock)} by the clock)"
    return limit_row(words, processor, at_most=at_most)
