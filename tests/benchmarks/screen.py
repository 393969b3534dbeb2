"""The screen, from outside: in a pseudo-terminal, real keys in, output timed as it comes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks import screen_answers, screen_keys, screen_memory, screen_start
from tests.benchmarks.measure import Row, limit_row, milliseconds, percentile
from tests.benchmarks.terminal import NotShown, Terminal
from workbench.project import server_process


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `screen`. What can't be shown yet is told in `notes`."""
    parts = (
        screen_start.first_paint, _many_functions, _flood, screen_answers.run, screen_memory.run
    )  # fmt: skip
    for part in parts:
        try:
            yield from part(scratch)
        except NotShown as error:
            notes.append(f"{part.__module__.rpartition('.')[2]}: {error}")


def _many_functions(scratch: Path) -> Iterator[Row]:
    """The bound is the widget's; the whole screen shows the same with all around it."""
    with screen_start.widget("list") as terminal:
        terminal.wait_for("orders-0")
        yield from _filter_rows(terminal, "10,000 functions, the list alone")
    project = screen_start.write_many(scratch / "many")
    yield from screen_start.ready(project)
    with screen_start.screen(project) as terminal:
        terminal.press("/")
        yield from _filter_rows(terminal, "10,000 functions, the whole screen")


def _filter_rows(terminal: Terminal, what: str) -> Iterator[Row]:
    """Type and take back six letters, four times; a keystroke ends when rows are painted. (What
    Textual paints two frames later is the scrollbar.)"""
    samples = []
    for key in ("ordhan" + "\x7f" * 6) * 4:
        terminal.wait_until_quiet()
        pressed = terminal.press(key)
        samples.append((terminal.wait_for("orders-") - pressed) * 1000)
    slowest = milliseconds(max(samples))
    yield limit_row(
        f"{what}: a filter keystroke (slowest {slowest})", statistics.median(samples), at_most=50
    )


def _flood(scratch: Path) -> Iterator[Row]:
    """First into the log view at one stroke, then for seconds, with a burst of invocations."""
    with screen_start.widget("logs") as terminal:
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
    with screen_start.screen(project) as terminal:
        info = server_process.running(project)
        assert info is not None
        yield from screen_keys.measure(terminal, urlsplit(info.url).port or 0)


def _flood_row(what: str, samples: list[float], flooded: float) -> Row:
    median, seconds = milliseconds(percentile(samples, 0.5)), time.perf_counter() - flooded
    detail = f"slowest of {len(samples)} keys, median {median}, over {seconds:.1f} s"
    return limit_row(f"{what}: {detail}", max(samples), at_most=100)
