"""Burst: one event sent many times at once; how long it takes, cold, warm, throttled, failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Label, Static

from workbench.aws.burst import MOST_AT_ONCE, MOST_INVOCATIONS, BurstFigures, words
from workbench.aws.metrics.histogram import chart
from workbench.ui import keys
from workbench.ui.backend import Backend, Request
from workbench.ui.burst_process import BurstProcess
from workbench.ui.consent import Change, agreed
from workbench.ui.formats import BAD, GOOD, QUIET, STRONG, WARN
from workbench.ui.screens.help import HelpScreen
from workbench.ui.status import Status
from workbench.ui.widgets.keys_help import keys_in_force
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.status_bar import KeyFooter, Severity
from workbench.ui.work import Failed, Job, dialog, in_thread


class BurstChart(Static, can_focus=True):
    """The histogram; it has the focus while a burst runs."""


class BurstScreen(Screen[None]):
    """Starts bursts of one request on one target, and shows how they go."""

    CSS_PATH = "burst.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("burst")]

    @dataclass
    class Progress(Message):
        """How far the burst is."""

        figures: BurstFigures

    def __init__(self, backend: Backend, request: Request) -> None:
        super().__init__()
        self._backend = backend
        self._request = request
        self._process: BurstProcess | None = None
        self._figures: BurstFigures | None = None
        self._round_trip = False

    @property
    def figures(self) -> BurstFigures | None:
        """The figures that are shown, None before the first burst."""
        return self._figures

    def compose(self) -> ComposeResult:
        request, target = self._request, self._backend.target
        where = "local" if self._backend.is_local else f"AWS {target.account} {target.region}"
        size = len(request.event.encode())
        what = f"{request.function}:{request.qualifier or '$LATEST'}"
        yield Static(f"Burst · {what} · {where} · event of {size:,} bytes", id="burst-what",
                     markup=False)  # fmt: skip
        with Horizontal(id="burst-form"):
            yield Label("invocations")
            yield Input("100", type="integer", compact=True, id="burst-count")
            yield Label("at once")
            yield Input("10", type="integer", compact=True, id="burst-at-once")
        yield Static("", id="burst-figures")
        yield BurstChart("", id="burst-chart")
        yield Status(id="burst-status")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one("#burst-count", Input).focus()
        self._show_keys()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """The bars are as long as the screen is wide."""
        self.call_after_refresh(self._show)

    def on_unmount(self) -> None:
        """Whoever quits wants nothing more to be sent."""
        if self._process is not None:
            self._process.stop()

    @property
    def is_under_way(self) -> bool:
        """Whether a burst has not come to its end."""
        return self._process is not None

    # -- a burst ----------------------------------------------------------------------------------

    @on(Input.Submitted)
    def action_start(self) -> None:
        """Start a burst."""
        if self.is_under_way:
            key = keys.key_of(self.app, "burst.stop")
            self._say(f"A burst is running: {key} stops it.", "warning")
            return
        count = self._number("#burst-count", MOST_INVOCATIONS)
        at_once = self._number("#burst-at-once", MOST_AT_ONCE)
        if count is not None and at_once is not None:
            self._ask_first(count, at_once)

    def _number(self, field: str, most: int) -> int | None:
        entry = self.query_one(field, Input)
        number = int(entry.value) if entry.value.isdecimal() else 0
        if 1 <= number <= most:
            return number
        self._say(f"Write a number from 1 to {most:,}.", "error")
        entry.focus()
        return None

    @dialog
    async def _ask_first(self, count: int, at_once: int) -> None:
        request, backend = self._request, self._backend
        arn = backend.arn(request.function) + (f":{request.qualifier}" if request.qualifier else "")
        sentence = f"Invoke {count:,} times, {at_once} at once:"
        change = Change("Burst", "Invoke", arn, [sentence], danger=True)
        if await agreed(self.app, backend, request.function, change):
            self._start(count, at_once)

    def _start(self, count: int, at_once: int) -> None:
        backend = self._backend
        try:
            process = BurstProcess(backend.root, backend.target, self._request, count, at_once)
        except OSError as error:
            self._say(f"The burst could not begin: {error.strerror or error}.", "error")
            return
        self._process = process
        self._figures = None
        self.query_one("#burst-chart").focus()
        self._show()
        self._show_keys()

        def follow(job: Job) -> Message | None:
            for figures in process.figures():
                job.post(self.Progress(figures))
            return None

        in_thread(self, "burst", follow)

    @on(Progress)
    def _progress(self, message: Progress) -> None:
        self._figures = message.figures
        if message.figures.is_over:
            self._over()
            self.query_one(Status).clear()
        self._show()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.details:
            self.log.error(message.details)
        self._over()
        self._show()
        self._say(message.sentence, "error")

    def _over(self) -> None:
        self._process = None
        self._show_keys()

    def action_stop(self) -> None:
        """Stop: nothing more is sent."""
        if self._process is None:
            self._say("No burst is running.", "warning")
        else:
            self._process.stop()
            self._say("Stopping: what runs is waited for.")

    def action_close(self) -> None:
        """Back to the workbench; a burst is stopped."""
        self.dismiss(None)

    # -- what is shown ----------------------------------------------------------------------------

    def action_other_time(self) -> None:
        """Change between the function's own time and the caller's."""
        self._round_trip = not self._round_trip
        self._show()

    def action_help(self) -> None:
        """What this screen does."""
        here = keys_in_force(self, {key.id for key in keys.in_force(self.app)})
        self.app.push_screen(HelpScreen(self.app, "burst", here, ()))

    def _show(self) -> None:
        box = self.query_one(BurstChart)
        which = "round trip: what a caller waits" if self._round_trip else "duration, as in REPORT"
        box.border_title = f"{which} ({keys.key_of(self.app, 'burst.other_time')} changes)"
        figures = self._figures
        if figures is None:
            key = keys.key_of(self.app, "burst.start")
            starts = "… starting" if self.is_under_way else f"{key} starts."
            self.query_one("#burst-figures", Static).update(starts)
            box.update("")
            return
        self.query_one("#burst-figures", Static).update(self._figures_text(figures))
        histogram = figures.round_trip if self._round_trip else figures.duration
        size = box.content_size
        lines = chart(histogram, size.width, max(size.height, 4)) if len(histogram) else []
        box.update(Text("\n".join(lines), no_wrap=True))

    def _figures_text(self, figures: BurstFigures) -> Text:
        colors = palette(self.query_one(BurstChart))
        bad = figures.errors or figures.failed
        glyph, style = ("✗", BAD) if bad else ("▲", WARN) if figures.throttled else ("✓", GOOD)
        if not figures.is_over:
            glyph, style = "▶", STRONG
        text = Text(no_wrap=True, overflow="ellipsis")
        for name, value in words(figures):
            mark = f"{glyph} " if name in ("sent", "trouble") else "  "
            text.append(mark, colors[style])
            text.append(f"{name:<11}", colors[QUIET])
            text.append(f"{value}\n")
        told = (("▲", "throttled", figures.throttle, WARN), ("✗", "error", figures.error, BAD),
                ("✗", "not sent", figures.failure, BAD))  # fmt: skip
        for sign, name, sentence, style in told:
            if sentence:
                text.append(f"{sign} {name:<11}{sentence}\n", colors[style])
        text.rstrip()
        return text

    def _show_keys(self) -> None:
        other = "start" if self.is_under_way else "stop"
        pairs = [
            pair for pair in keys.of_screen("burst", keys.in_force(self.app)) if pair[1] != other
        ]
        self.query_one(KeyFooter).set_keys(pairs)

    def _say(self, text: str, severity: Severity = "info") -> None:
        self.query_one(Status).say(text, severity)
