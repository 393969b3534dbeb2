"""New events from what is there: the history, a front door's request, a log line, the clipboard.

Each picker reads in a thread what it shows. They answer with the event, or with a sentence that
says why there is none (`Nothing`), or with None when the person gave up.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.app import App

from workbench.project.events.found import describe, event_in, events_in_lines, request_line
from workbench.ui.formats import clock
from workbench.ui.panes.event_source import Chosen
from workbench.ui.terminal.pasting import NoClipboard, clipboard_text
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.fuzzy_list import Column, Row
from workbench.ui.widgets.json_text import format_json
from workbench.ui.work import in_background

if TYPE_CHECKING:
    from workbench.ui.backend import Backend

_NEWEST = 200
_LARGEST = 256 * 1024
LOG_LINES = 5_000
"""So many of the newest log lines are looked through."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no event there, and why."""

    sentence: str


@dataclass(frozen=True, slots=True)
class _Past:
    """An event that a function got."""

    time: str
    function: str
    words: str
    text: str


async def from_history(
    app: App[Any], backend: Backend, function: str, *, requests: bool
) -> Chosen | Nothing | None:
    """One of the newest events of all functions, this one's first; `requests`: HTTP ones only."""
    past = await in_background(lambda: _past(backend, function, requests=requests))
    if not past:
        what = "request of a front door" if requests else "invocation"
        return Nothing(f"There is no {what} in the history yet.")
    rows = [
        Row(str(number), (each.time, each.function, each.words), search=" ".join(
            (each.function, each.words, each.time)))
        for number, each in enumerate(past)
    ]  # fmt: skip
    choice = await app.push_screen_wait(
        Choose(
            "A front door's request" if requests else "An event of the history",
            rows,
            [Column(), Column(), Column()],
            preview=lambda row: formatted(past[int(row)].text),
        )
    )
    if choice is None:
        return None
    chosen = past[int(choice)]
    return Chosen(chosen.words or f"event of {chosen.time}", formatted(chosen.text))


def _past(backend: Backend, function: str, *, requests: bool) -> list[_Past]:
    found, seen = [], set()
    newest = backend.recent(None, _NEWEST)
    for summary in sorted(newest, key=lambda each: each.function != function):
        body = backend.entry(summary.id).event
        if len(body) > _LARGEST or (summary.function, body) in seen:
            continue
        seen.add((summary.function, body))
        text = body.decode(errors="replace")
        try:
            event = json.loads(text)
        except ValueError:
            continue
        words = request_line(event) if requests else describe(event)
        if words or not requests:
            found.append(_Past(clock(summary.started), summary.function, words, text))
    return found


async def from_logs(app: App[Any], lines: Sequence[str]) -> Chosen | Nothing | None:
    """An event that stands in the log lines, the newest first."""
    found = await in_background(lambda: list(events_in_lines(lines))[::-1])
    if not found:
        return Nothing("No line in Logs holds JSON: print the event in the function, and invoke.")
    rows = [
        Row(str(number), (lines[each.line].strip(), describe(json.loads(each.text))))
        for number, each in enumerate(found)
    ]
    choice = await app.push_screen_wait(
        Choose(
            "An event in the logs",
            rows,
            [Column(), Column()],
            preview=lambda row: formatted(found[int(row)].text),
        )
    )
    return None if choice is None else Chosen("from the log", formatted(found[int(choice)].text))


async def from_clipboard(app: App[Any]) -> Chosen | Nothing:
    """The event that was copied, here or in another program."""
    try:
        text = await in_background(clipboard_text)
    except NoClipboard as error:
        text = app.clipboard
        if not text:
            return Nothing(str(error))
    event = event_in(text)
    if event is None:
        start = " ".join(text.split())[:40]
        return Nothing(
            f"What is in the clipboard holds no JSON: “{start}”." if start
            else "The clipboard is empty."
        )  # fmt: skip
    return Chosen("from the clipboard", formatted(event))


def formatted(text: str) -> str:
    """JSON as it is shown in the editor."""
    return f"{format_json(text)}\n"
