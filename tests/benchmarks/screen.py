"""The screen, from outside: in a pseudo-terminal, real keys in, output timed as it comes."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Row, in_turn, limit_row, milliseconds, percentile, ratio_row
from tests.benchmarks.processes import REPOSITORY
from tests.benchmarks.terminal import NotShown, Terminal

OURS = "workbench"
ONE_WIDGET = "one-widget Textual app"
HERE = {"PYTHONPATH": str(REPOSITORY)}


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `screen`. What can't be shown yet is told in `notes`."""
    for part in (_first_paint, _filter, _flood, _large_response):
        try:
            yield from part(scratch)
        except NotShown as error:
            notes.append(f"{part.__name__.strip('_')}: {error}")


def _widget(name: str) -> Terminal:
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
        with _widget("one") as terminal:
            return [(terminal.wait_for("Functions") - terminal.started) * 1000]

    one_widget()
    ours()
    rounds = in_turn({OURS: ours, ONE_WIDGET: one_widget}, 7)
    median = rounds.figure(OURS, 0.5)
    yield limit_row("start to first paint", median, at_most=600)
    ratio = ratio_row("… beside the least there can be", rounds, OURS, ONE_WIDGET, at_most=2)
    yield Row(ratio.what, ratio.ours, ratio.peer, ratio.ratio)


def _stop_local_lambda(project: Path) -> None:
    from workbench.project import server_process

    if info := server_process.running(project):
        os.kill(info.pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while server_process.running(project) and time.monotonic() < deadline:
            time.sleep(0.02)


def _filter(scratch: Path) -> Iterator[Row]:
    samples = []
    with _widget("list") as terminal:
        terminal.wait_for("orders-0")
        for _ in range(4):
            for key in "ordhan":
                terminal.wait_until_quiet()
                pressed = terminal.press(key)
                samples.append((terminal.wait_until_quiet() - pressed) * 1000)
            for _ in "ordhan":
                terminal.wait_until_quiet()
                pressed = terminal.press("\x7f")
                samples.append((terminal.wait_until_quiet() - pressed) * 1000)
    yield limit_row(
        "10,000 functions: a filter keystroke, median", statistics.median(samples), at_most=50
    )
    yield limit_row("… the slowest of 48", max(samples), at_most=50)


def _flood(scratch: Path) -> Iterator[Row]:
    with _widget("logs") as terminal:
        terminal.wait_for("pressed 0")
        terminal.wait_until_quiet(0.4)
        flooded = terminal.press("\x07")
        samples = []
        for count in range(1, 41):
            pressed = terminal.press("x")
            samples.append((terminal.wait_for(f"pressed {count} times") - pressed) * 1000)
            time.sleep(0.02)
        terminal.wait_until_quiet()
        seconds = time.perf_counter() - flooded
    median = milliseconds(percentile(samples, 0.5))
    yield limit_row(
        f"100,000 log lines at once: slowest of 40 keys (median {median}, over {seconds:.1f} s)",
        max(samples),
        at_most=100,
    )


def _large_response(scratch: Path) -> Iterator[Row]:
    samples = []
    for _ in range(5):
        with _widget("json") as terminal:
            terminal.wait_for("pressed 0")
            terminal.wait_until_quiet(0.4)
            pressed = terminal.press("\x07")
            samples.append((terminal.wait_for("shown in full") - pressed) * 1000)
    yield limit_row("a 6 MB response shown", statistics.median(samples), at_most=300)
