"""The timeline: what every execution environment did in the last minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from workbench.ui import keys, work
from workbench.ui.formats import clock
from workbench.ui.screens.help import HelpScreen
from workbench.ui.session import Session
from workbench.ui.timeline_rows import Limits, legend, rows
from workbench.ui.widgets.keys_help import keys_in_force
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.pane import Pane
from workbench.ui.widgets.status_bar import KeyFooter
from workbench.ui.work import Failed, Job, in_thread

_DRAW_S = 0.25
_ASK_S = 2.0
_WINDOWS = (60, 5 * 60, 15 * 60)

_ON_AWS = """AWS does not tell which execution environments a function has, what each of them is \
doing, or what waits in the queue of asynchronous invocations: there is no API for it.

What there is:

  Logs (4)       one stream an environment; i groups the lines by invocation
  History (6)    what was invoked from here, with durations and costs
  workbench metrics NAME --target aws
                 ConcurrentExecutions, Throttles and Duration as CloudWatch counts them, by minute

{target} goes to the local Lambda, where all of it can be seen."""


class TimelineScreen(Screen[None]):
    """One row an environment; concurrency, throttles and what waits above. Live until paused."""

    CSS = """
    TimelineScreen { background: $background; layout: vertical; }
    TimelineScreen #timeline-legend { height: 1; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("timeline")]

    @dataclass
    class Asked(Message):
        """Limits and the queue were asked for."""

        limits: Limits

    def __init__(self, session: Session) -> None:
        super().__init__(id="timeline")
        self._session = session
        self._limits = Limits()
        self._window = 1
        self._paused_at: float | None = None

    def compose(self) -> ComposeResult:
        yield Pane(TimelineRows(), title="Timeline")
        yield Static(id="timeline-legend")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(KeyFooter).set_keys(keys.of_screen("timeline", keys.in_force(self.app)))
        self.query_one(TimelineRows).focus()
        if self._session.is_aws or self._session.backend is None:
            self.query_one(Pane).show_empty(
                _ON_AWS.format(target=keys.key_of(self.app, "screen.target"))
                if self._session.is_aws
                else "There is no target yet."
            )
            return
        self.query_one("#timeline-legend", Static).update(legend(palette(self)))
        self.set_interval(_DRAW_S, self._draw)
        self.set_interval(_ASK_S, self._ask)
        self._ask()
        self._draw()

    def on_unmount(self) -> None:
        work.stop(self)

    def _ask(self) -> None:
        """Ask for the limits and the queue, in a thread."""
        backend = self._session.backend
        if backend is None or self._paused_at is not None:
            return
        names = self._session.activity.functions(time.time() - _WINDOWS[-1])

        def ask(job: Job) -> Message:
            return self.Asked(backend.limits(names))

        in_thread(self, "limits", ask)

    @on(Asked)
    def _asked(self, message: Asked) -> None:
        self._limits = message.limits

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        message.stop()
        self.query_one(Pane).subtitle = message.sentence.partition("\n")[0]

    def _draw(self) -> None:
        view, pane = self.query_one(TimelineRows), self.query_one(Pane)
        end = self._paused_at or time.time()
        seconds = _WINDOWS[self._window]
        lines = rows(
            self._session.activity,
            self._limits,
            self._session.functions,
            (end - seconds, end),
            view.scrollable_content_region.width or view.size.width,
            palette(self),
        )
        view.show(lines)
        minutes = f"{seconds // 60} min" if seconds > 60 else "1 min"
        pane.title = f"Timeline · the last {minutes}"
        state = f"paused at {clock(end)} · space goes on" if self._paused_at else "live"
        pane.subtitle = state

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self._paused_at = None if self._paused_at else time.time()
        self._draw()

    def action_window(self) -> None:
        """Look back over another time."""
        self._window = (self._window + 1) % len(_WINDOWS)
        self._draw()

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)

    def run_key(self, key: keys.Key) -> None:
        """Do an action of the key table: what the command palette calls."""
        self.call_later(self.run_action, key.action)

    def action_help(self) -> None:
        """Help for the timeline."""
        here = keys_in_force(self, {key.id for key in keys.in_force(self.app)})
        self.app.push_screen(HelpScreen(self.app, "timeline", here, ()))


class TimelineRows(LineView):
    """The lines, scrolled and never moved by what comes."""

    shows_cursor = False

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Text] = []

    def show(self, lines: list[Text]) -> None:
        """Show other lines."""
        self._lines = lines
        self.rows_changed(0)

    def row_count(self) -> int:
        return len(self._lines)

    def paint_row(self, row: int) -> list[Segment]:
        return [part for part in self._lines[row].render(self.app.console) if part.text]
