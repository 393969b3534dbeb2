"""The screen, from outside: in a pseudo-terminal, real keys in, output timed as it comes."""

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
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks import screen_keys
from tests.benchmarks.measure import Row, in_turn, limit_row, milliseconds, percentile, ratio_row
from tests.benchmarks.peers import PYTHON_RUNTIME
from tests.benchmarks.processes import REPOSITORY
from tests.benchmarks.terminal import NotShown, Terminal
from tests.benchmarks.workbench_server import TRIVIAL
from workbench.project import server_process

OURS = "workbench"
ONE_WIDGET = "one-widget Textual app"
HERE = {"PYTHONPATH": str(REPOSITORY)}


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `screen`. What can't be shown yet is told in `notes`."""
    for part in (_first_paint, _many_functions, _flood):
        try:
            yield from part(scratch)
        except NotShown as error:
            notes.append(f"{part.__name__.strip('_')}: {error}")


def widget(name: str) -> Terminal:
    """One widget of ours alone, in a terminal: see `screen_apps`."""
    args = [sys.executable, "-m", "tests.benchmarks.screen_apps", name]
    return Terminal(args, cwd=REPOSITORY)


def _first_paint(scratch: Path) -> Iterator[Row]:
    project = scratch / "demo"
    shutil.copytree(REPOSITORY / "samples" / "functions", project)

    def ours() -> list[float]:
        args = [sys.executable, "-m", "workbench"]
        with Terminal(args, cwd=project, environment=HERE) as terminal:
            shown = [(terminal.wait_for("Functions") - terminal.started) * 1000]
            # It is starting the local Lambda: let it, or a half-started one would outlive us.
            terminal.wait_until_quiet(1)
        _stop_local_lambda(project)
        return shown

    def one_widget() -> list[float]:
        with widget("one") as terminal:
            return [(terminal.wait_for("Functions") - terminal.started) * 1000]

    one_widget()
    ours()
    rounds = in_turn({OURS: ours, ONE_WIDGET: one_widget}, 7)
    median = rounds.figure(OURS, 0.5)
    yield limit_row("start to first paint", median, at_most=600)
    ratio = ratio_row("… beside the least there can be", rounds, OURS, ONE_WIDGET, at_most=2)
    yield Row(ratio.what, ratio.ours, ratio.peer, ratio.ratio)


def _stop_local_lambda(project: Path) -> None:
    if info := server_process.running(project):
        os.kill(info.pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while server_process.running(project) and time.monotonic() < deadline:
            time.sleep(0.02)


TEAMS = ("orders", "billing", "search", "media", "identity")
VERBS = ("handler", "worker", "authorizer", "rotation", "thumbnail")


def _many_functions(scratch: Path) -> Iterator[Row]:
    """The bound is the widget's; the whole screen shows the same with all around it."""
    with widget("list") as terminal:
        terminal.wait_for("orders-0")
        yield from _filter_rows(terminal, "10,000 functions, the list alone")
    project = scratch / "many"
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
    with _screen(project) as terminal:
        terminal.press("/")
        yield from _filter_rows(terminal, "10,000 functions, the whole screen")


def _filter_rows(terminal: Terminal, what: str) -> Iterator[Row]:
    """Type and take back six letters, four times; a keystroke ends with its last output."""
    samples = []
    for key in ("ordhan" + "\x7f" * 6) * 4:
        terminal.wait_until_quiet()
        pressed = terminal.press(key)
        samples.append((terminal.wait_until_quiet() - pressed) * 1000)
    slowest = milliseconds(max(samples))
    yield limit_row(
        f"{what}: a filter keystroke (slowest {slowest})", statistics.median(samples), at_most=50
    )


def _flood(scratch: Path) -> Iterator[Row]:
    """First into the log view at one stroke, then for seconds, with a burst of invocations."""
    with widget("logs") as terminal:
        terminal.wait_for("pressed 0")
        terminal.wait_until_quiet(0.4)
        flooded = terminal.press("\x07")
        samples = []
        for count in range(1, 41):
            pressed = terminal.press("x")
            samples.append((terminal.wait_for(f"pressed {count} times") - pressed) * 1000)
            time.sleep(0.02)
        terminal.wait_until_quiet()
        yield _flood_row("100,000 log lines at once, the view alone", samples, flooded)
    project = scratch / "flood"
    screen_keys.write_project(project)
    with _screen(project) as terminal:
        info = server_process.running(project)
        assert info is not None
        yield from screen_keys.measure(terminal, urlsplit(info.url).port or 0)


def _flood_row(what: str, samples: list[float], flooded: float) -> Row:
    median, seconds = milliseconds(percentile(samples, 0.5)), time.perf_counter() - flooded
    detail = f"slowest of {len(samples)} keys, median {median}, over {seconds:.1f} s"
    return limit_row(f"{what}: {detail}", max(samples), at_most=100)


@contextmanager
def _screen(project: Path) -> Iterator[Terminal]:
    """The whole screen on `project`, its local Lambda ready; both are ended with the block."""
    args = [sys.executable, "-m", "workbench"]
    try:
        with Terminal(args, cwd=project, environment=HERE) as terminal:
            terminal.wait_for("Lambda ready", 60)
            terminal.wait_until_quiet(1)
            yield terminal
    finally:
        _stop_local_lambda(project)
