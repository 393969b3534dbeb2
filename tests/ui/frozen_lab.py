"""The screen on a real local Lambda, standing still: what differs from run to run is made equal
where it comes in from the target, so that what is shown can be compared with what was shown once.

Request ids are numbered as they come, times are minutes after a fixed one, durations and memory are
fixed. What others invoked is left out.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rich.style import Style
from screen_lab import FUNCTIONS, Hands
from textual.geometry import Size
from textual.widgets import Input, TextArea

from workbench.aws.records import Alias, Counts, Function, Invocation, LogEvent
from workbench.project.history import Entry, Summary
from workbench.ui.backend import Backend, Request

SIZES = (
    Size(200, 60),
    Size(80, 24),
    Size(120, 40),
)  # the last is what the screen has between two looks
STYLED = SIZES[-1]
NOON = 1_772_366_400.0  # 2026-03-01 12:00 UTC
_FIGURES = {
    "duration_ms": 1.5,
    "billed_ms": 2,
    "max_memory_used": 20,
    "init_ms": None,
}
_STARTED = re.compile(r"START RequestId: (\S+)")
_REPORTED = (
    (re.compile(r"(?<!Init )(?<!Billed )Duration: [\d.]+ ms"), "Duration: 1.50 ms"),
    (re.compile(r"Billed Duration: \d+ ms"), "Billed Duration: 2 ms"),
    (re.compile(r"Max Memory Used: \d+ MB"), "Max Memory Used: 20 MB"),
    (re.compile(r"\tInit Duration: [\d.]+ ms\t?"), "\t"),
)


class FrozenBackend(Backend):
    """A target whose invocations happen at noon and take 1.5 ms."""

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)
        self._began = time.time()
        self._ids: dict[str, str] = {}
        self._lock = threading.Lock()

    def _frozen(self, real: str) -> str:
        with self._lock:
            return self._ids.setdefault(real, f"00000000-0000-4000-8000-{len(self._ids) + 1:012}")

    def _real(self, frozen: str) -> str:
        return next((real for real, id in self._ids.items() if id == frozen), frozen)

    def _time(self, frozen: str) -> float:
        return NOON + 60 * int(frozen[-4:])

    def _text(self, text: str) -> str:
        for real, frozen in self._ids.items():
            text = text.replace(real, frozen)
        for pattern, words in _REPORTED:
            text = pattern.sub(words, text)
        return text

    def _summary(self, row: Summary) -> Summary:
        frozen = self._frozen(row.request_id)
        return replace(row, request_id=frozen, started=self._time(frozen), **_FIGURES)

    def invoke(self, request: Request, token: str) -> Invocation:
        done = super().invoke(request, token)
        frozen = self._frozen(done.request_id)
        return replace(
            done,
            request_id=frozen,
            started=self._time(frozen),
            round_trip_ms=3.0,
            log_text=self._text(done.log_text),
            report=done.report and replace(done.report, request_id=frozen, **_FIGURES),
        )

    def wait_recorded(self, function: str, request_id: str, stop: threading.Event) -> None:
        super().wait_recorded(function, self._real(request_id), stop)

    def recent(self, function: str | None, limit: int = 500) -> list[Summary]:
        rows = super().recent(function, limit)
        ours = [row for row in rows if row.started >= self._began]
        return [self._summary(row) for row in reversed(ours)][::-1]

    def last_results(self) -> dict[str, Summary]:
        found = super().last_results().items()
        return {name: self._summary(row) for name, row in found if row.started >= self._began}

    def with_request_id(self, request_id: str) -> Summary | None:
        row = super().with_request_id(self._real(request_id))
        return row and self._summary(row)

    def entry(self, entry_id: int) -> Entry:
        entry = super().entry(entry_id)
        frozen = self._summary(entry)
        assert isinstance(frozen, Entry)
        return replace(frozen, log_text=self._text(entry.log_text))

    def functions(self) -> Iterator[list[Function]]:
        for page in super().functions():
            yield [_built(function) for function in page if function.name.lower() in FUNCTIONS]

    def versions(self, function: str) -> tuple[list[Function], list[Alias]]:
        versions, aliases = super().versions(function)
        return [_built(each) for each in versions], aliases

    def version_counts(self, *values: Any) -> Counts:
        return Counts({"$LATEST": 3, "1": 2, "live": 2}, {"$LATEST": 1})

    def follow_logs(
        self, group: str, since_ms: int, stop: threading.Event
    ) -> Iterator[list[LogEvent]]:
        lines, current = itertools.count(), ""
        for events in super().follow_logs(group, max(since_ms, int(self._began * 1000)), stop):
            kept = []
            for event in events:
                started = _STARTED.match(event.message)
                current = self._frozen(started[1]) if started else current
                if current:
                    at = int(self._time(current) * 1000) + next(lines)
                    kept.append(event._replace(timestamp=at, message=self._text(event.message)))
            yield kept


def _built(function: Function) -> Function:
    return replace(
        function, last_modified="2026-03-01T11:00:00.000+0000", code_sha256="A" * 43 + "=",
        revision_id="1" * 36,
    )  # fmt: skip


async def painted(hands: Hands) -> str:
    """The screen at three sizes as text, at the last with the styles of each row below it.

    Rows like the one above are counted. A style has a letter, which the end explains: other
    colours change these lines only.
    """
    parts, letters = [], dict[str, str]()
    for size in SIZES:
        await hands.pilot.resize_terminal(*size)
        for editor in hands.app.screen.query("Input, TextArea"):
            assert isinstance(editor, Input | TextArea)
            editor.cursor_blink = False
        await hands.sees(lambda size=size: hands.app.screen.size == size, "the size")
        parts.append("── {} × {} ──".format(*size))
        for row, same in itertools.groupby(
            "".join(segment.text for segment in strip).rstrip()
            + ("\n" + _styles(strip, letters) if size == STYLED else "")
            for strip in hands.app.screen._compositor.render_strips()
        ):
            times = len(list(same))
            parts += [row, f"⋮ {times} times"] if times > 1 else [row]
    legend = [f"{letter}  {words}" for words, letter in letters.items()]
    return "\n".join([*parts, "── styles ──", *legend, ""])


def _styles(strip: Any, letters: dict[str, str]) -> str:
    runs: list[tuple[str, int]] = []
    for segment in strip:
        letter = letters.setdefault(_words(segment.style), _letter(len(letters)))
        width = segment.cell_length
        if runs and runs[-1][0] == letter:
            runs[-1] = (letter, runs[-1][1] + width)
        else:
            runs.append((letter, width))
    return "┆" + " ".join(f"{letter}{width}" for letter, width in runs)


def _letter(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[number % 26] * (number // 26 + 1)


def _words(style: Style | None) -> str:
    return (
        str(style.without_color + Style(color=style.color, bgcolor=style.bgcolor))
        if style
        else "none"
    )
