"""Large answers: shown, searched, filtered and compared, each by one widget in a terminal."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Row, limit_row, milliseconds
from tests.benchmarks.screen_start import widget

_ROUNDS = 5
GO = "\x07"


def run(scratch: Path) -> Iterator[Row]:
    """The rows."""
    shown, searched, filtered = [], [], []
    for _ in range(_ROUNDS):
        with widget("json") as terminal:
            terminal.wait_for("pressed 0")
            terminal.wait_until_quiet(0.4)
            pressed = terminal.press(GO)
            shown.append((terminal.wait_for("shown in full") - pressed) * 1000)
            terminal.wait_for("laid out")
            terminal.wait_until_quiet(0.4)
            for key in "/needlez":
                terminal.press(key)
                terminal.wait_until_quiet()
            pressed = terminal.press("\x7f")
            searched.append((terminal.wait_for("1 of 1") - pressed) * 1000)
            terminal.press("\x1b")
            terminal.wait_until_quiet(0.4)
            for key in "flas":
                terminal.press(key)
                terminal.wait_until_quiet()
            pressed = terminal.press("t")
            filtered.append((terminal.wait_for("1 value") - pressed) * 1000)
    yield limit_row("an answer of 6 MB shown", statistics.median(shown), at_most=150)
    yield limit_row("… searched, to its end", statistics.median(searched), at_most=100)
    yield Row("… filtered by JMESPath", milliseconds(statistics.median(filtered)))
    compared = []
    for _ in range(_ROUNDS):
        with widget("diff") as terminal:
            terminal.wait_for("pressed 0")
            terminal.wait_until_quiet(0.4)
            pressed = terminal.press(GO)
            compared.append((terminal.wait_for("unchanged lines") - pressed) * 1000)
    yield limit_row("two answers of 1 MB compared", statistics.median(compared), at_most=300)
