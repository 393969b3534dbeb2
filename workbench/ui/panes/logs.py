"""Pane 4: the log groups of one or several functions, live."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from workbench.aws.logs.log_invocations import Streams, request_id_of
from workbench.aws.records import LogEvent
from workbench.ui import work
from workbench.ui.keys import key_of
from workbench.ui.log_export import export
from workbench.ui.messages import GoToInvocation, Say
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.panes.log_lines import LEVELS, RANGES, Interleaved, classify, heading, lines_of
from workbench.ui.screens.log_line import LogLineScreen
from workbench.ui.session import Session
from workbench.ui.widgets.choose_many import ChooseMany
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.log_view import LogLine, LogView
from workbench.ui.widgets.quick_pick import QuickPick
from workbench.ui.work import Job, dialog, in_thread

_MOST_FUNCTIONS = 8
_INTERLEAVE_S = 0.1
_USUAL_RANGE = "3"
_EARLIER_LINES_S = 2.0
"""What was written before comes within this time after a group began to be followed."""


@dataclass(frozen=True, slots=True)
class _Sought:
    """An invocation whose lines may be on their way; `text` is what is remembered of them."""

    request_id: str
    text: str


class LogsPane(WorkbenchPane):
    """Follows the chosen function's log group, and those of other functions beside it."""

    scope = "logs"

    @dataclass
    class Batch(Message):
        """New lines; `reading` tells which choice of groups they belong to."""

        reading: int
        lines: list[LogLine]

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=4, title="Logs")
        self._followed: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()  # by the person; else it is the function of the screen
        self._reading = 0
        self._begun = 0.0
        self._interleaved = Interleaved(0, 1)
        memory = session.memory
        known = [key for key, _, _ in RANGES]
        self._range = memory.log_range if memory.log_range in known else _USUAL_RANGE
        self._level = memory.log_level if 0 <= memory.log_level < len(LEVELS) else 0
        self._waiting = 0
        self._sought: _Sought | None = None
        self._looks_back = False
        """An earlier invocation was asked for, while new lines were followed."""

    def compose(self) -> ComposeResult:
        earlier = key_of(self.app, "logs.range")
        words = (
            f"What the function prints appears here, live.\n{earlier} shows what it printed before."
        )
        view = LogView(classify, self._heading, empty=words)
        view.grouped = True
        yield view

    def on_mount(self) -> None:
        self.set_interval(_INTERLEAVE_S, self._interleave)
        if self._level:
            self.view.keep(LEVELS[self._level][1])
            self._show_state()

    @property
    def view(self) -> LogView:
        """The tail itself."""
        return self.query_one(LogView)

    def focus_content(self) -> None:
        """Focus the lines."""
        self.view.focus()

    def _heading(self, lines: Sequence[LogLine]) -> tuple[str, str]:
        name = lines[0].label or self.session.function or ""
        return heading(lines, self.session.functions.get(name))

    # -- following ------------------------------------------------------------------------------

    def follow_function(self) -> None:
        """Follow the chosen functions, or that of the screen; the same ones stay as they are."""
        name = self.session.function
        functions = self._chosen or ((name,) if name else ())
        if functions != self._followed:
            self._follow(functions)

    def _follow(self, functions: tuple[str, ...]) -> None:
        self._stop()
        backend = self.session.backend
        self.view.clear()
        self.hide_empty()
        if backend is None:
            return
        self._followed = functions
        reading, now = self._reading, int(time.time() * 1000)
        self._begun = time.monotonic()
        self._interleaved = Interleaved(now, len(functions))
        self.view.name_labels(functions if len(functions) > 1 else ())
        seconds = next(seconds for key, _, seconds in RANGES if key == self._range)
        since = now - seconds * 1000
        for name in functions:
            group, label = self.session.log_group(name), name if len(functions) > 1 else ""

            def tail(job: Job, group: str = group, label: str = label) -> None:
                streams = Streams()
                for events in backend.follow_logs(group, since, job.stop):
                    job.post(self.Batch(reading, lines_of(events, streams, label)))

            in_thread(self, f"tail {name}", tail)
        self._show_titles_of(functions)

    def _stop(self) -> None:
        for name in self._followed:
            work.stop(self, f"tail {name}")
        self._followed = ()
        self._reading += 1
        self._sought = None

    def forget(self) -> None:
        """Stop following: the target changes."""
        self._stop()
        self._chosen = ()
        self.view.clear()
        self.hide_empty()
        self._show_titles_of(())

    @on(Batch)
    def _batch(self, message: Batch) -> None:
        if message.reading == self._reading:
            self._interleaved.add(message.lines)
            if len(self._followed) < 2:
                self._interleave()

    def _interleave(self) -> None:
        lines = self._interleaved.ready(int(time.time() * 1000))
        if lines:
            self.view.append(lines)
        if self._sought is not None:
            self._seek(self._sought)

    def failed(self, group: str, sentence: str) -> None:
        """Say in place why there are no logs."""
        if group.startswith("tail ") and len(self._followed) == 1:
            self._stop()
            self.subtitle = "not following"
            if not self.view.line_count:
                self.show_empty(f"✗ {sentence}")
        super().failed(group, sentence)

    # -- what the border tells ------------------------------------------------------------------

    def _show_titles_of(self, functions: Sequence[str]) -> None:
        self.title = f"Logs of {len(functions)} functions" if len(functions) > 1 else "Logs"
        self._show_state()

    def _show_state(self) -> None:
        view, parts = self.view, []
        if view.paused:
            parts.append(
                f"paused, {self._waiting:,} wait · {key_of(self.app, 'logs.pause')} goes on"
            )
        elif not view.follow:
            parts.append(f"not following · {key_of(self.app, 'logs.follow')} follows")
        if self._level:
            parts.append(LEVELS[self._level][0])
        if self._range != _USUAL_RANGE:
            parts.append(next(words for key, words, _ in RANGES if key == self._range))
        self.subtitle = " · ".join(parts)

    @on(LogView.FollowChanged)
    def _follow_changed(self, message: LogView.FollowChanged) -> None:
        message.stop()
        self._show_state()

    @on(LogView.Waiting)
    def _waiting_changed(self, message: LogView.Waiting) -> None:
        message.stop()
        self._waiting = message.count
        self._show_state()

    # -- lines and invocations ------------------------------------------------------------------

    def show_text(self, text: str, label: str, request_id: str = "") -> None:
        """Show the log text of a past invocation."""
        events = [LogEvent(0, line) for line in text.splitlines()]
        lines = [
            line._replace(group=line.group or request_id) for line in lines_of(events, Streams())
        ]
        group = lines[0].group if lines else request_id
        self.view.append([LogLine(0, f"── {label} ──", group=group), *lines])

    def go_to_invocation(self, request_id: str, log_text: str) -> None:
        """Go to an invocation's lines; those that are remembered are added if there are none, and
        none that are on their way."""
        self._looks_back = self.view.follow or self._looks_back
        self._sought = _Sought(request_id, log_text)
        self._seek(self._sought)

    def _seek(self, sought: _Sought) -> None:
        if self.view.go_to_group(sought.request_id):
            self._sought = None
        elif time.monotonic() > self._begun + _EARLIER_LINES_S or not self._followed:
            self._sought = None
            self.view.follow = True
            self.show_text(sought.text, "from the history", sought.request_id)

    def invoked(self) -> None:
        """Something is invoked: back from an earlier invocation's lines to the new ones."""
        self._sought = None
        if self._looks_back:
            self._looks_back, self.view.follow = False, True

    @on(LogView.LineSelected)
    def _selected(self, message: LogView.LineSelected) -> None:
        message.stop()
        self.app.push_screen(LogLineScreen(message.lines))

    def why_not(self, action: str) -> str | None:
        """What needs a line says so."""
        line = self.view.current
        if action == "invocation" and (line is None or not line.group):
            return "This line belongs to no invocation." if line else "There is no line yet."
        if action in ("export", "functions") and self.session.backend is None:
            return "There is no target yet."
        if action in ("open", "mark", "export") and line is None:
            return "There is no line yet."
        return None

    def action_invocation(self) -> None:
        """Go to the line's invocation in the History."""
        line = self.view.current
        if self.allowed("invocation") and line is not None:
            self.post_message(GoToInvocation(request_id_of(line.group)))

    def action_open(self) -> None:
        """Open the line."""
        if self.allowed("open"):
            self.view.tail.action_select()

    # -- what is shown --------------------------------------------------------------------------

    def action_follow(self) -> None:
        """Follow new lines, or stay."""
        self.view.follow = not self.view.follow

    def action_pause(self) -> None:
        """Let new lines wait, or show them."""
        self.view.paused = not self.view.paused
        self._show_state()

    def action_wrap(self) -> None:
        """Wrap long lines, or not."""
        self.view.wrap = not self.view.wrap

    def action_times(self) -> None:
        """Show or hide times."""
        self.view.show_times = not self.view.show_times

    def action_fold(self) -> None:
        """Show JSON lines as their message, or whole."""
        self.view.fold = not self.view.fold

    def action_by_invocation(self) -> None:
        """Group the lines by invocation, or show them as they came."""
        self.view.grouped = not self.view.grouped
        self.say("Grouped by invocation." if self.view.grouped else "As the lines came.")

    def action_levels(self) -> None:
        """Narrow to warnings, to errors, or show all levels."""
        self._level = self.session.memory.log_level = (self._level + 1) % len(LEVELS)
        words, passes = LEVELS[self._level]
        self.view.keep(passes)
        self._show_state()
        self.say(f"Showing {words}.")

    def action_clear(self) -> None:
        """Clear the pane."""
        self.view.clear()

    def action_search(self) -> None:
        """Open the search."""
        self.view.tail.action_open_search()

    def action_mark(self) -> None:
        """Mark the line."""
        if self.allowed("mark"):
            self.view.tail.action_mark()

    def action_next_mark(self) -> None:
        """Go to the next mark."""
        self.view.tail.action_next_mark(1)

    def action_previous_mark(self) -> None:
        """Go to the previous mark."""
        self.view.tail.action_next_mark(-1)

    @dialog
    async def action_range(self) -> None:
        """Choose from when on lines are shown."""
        choices = [(key, words) for key, words, _ in RANGES]
        key = await self.app.push_screen_wait(
            QuickPick("Show lines from", choices, current=self._range)
        )
        if key is not None:
            self._range = self.session.memory.log_range = key
            self._follow(self._followed)

    @dialog
    async def action_functions(self) -> None:
        """Choose the functions whose lines are shown."""
        if not self.allowed("functions"):
            return
        self.follow_function()  # quick hands: the cursor has not rested on the function yet
        functions = sorted(self.session.functions.values(), key=lambda each: each.name.casefold())
        chosen = await self.app.push_screen_wait(
            ChooseMany(
                "Functions whose logs are shown",
                [(each.name, each.runtime or each.package_type) for each in functions],
                self._followed,
                most=_MOST_FUNCTIONS,
            )
        )
        if chosen is not None:
            alone = chosen in ([], [self.session.function])
            self._chosen = () if alone else tuple(chosen)
            self.follow_function()

    @dialog
    async def action_export(self) -> None:
        """Write the lines into a file."""
        if not self.allowed("export"):
            return
        name = f"logs-{'-'.join(self._followed)[:60]}-{time.strftime('%Y%m%d-%H%M%S')}.txt"
        values = await self.app.push_screen_wait(
            FormDialog("Export the lines shown", [Field("path", "File", default=name)],
                       submit="Write")
        )  # fmt: skip
        if values is not None:
            path = self.session.root / Path(str(values["path"])).expanduser()
            lines = self.view.store.snapshot()
            in_thread(self, "export", lambda job: Say(export(path, lines), "success"))

    def copy_text(self) -> tuple[str, str] | None:
        """The lines from the first to the last mark, or all that are shown."""
        lines = self.view.marked_lines()
        if lines:
            return "the lines from the first to the last mark", "\n".join(lines)
        lines = [line.text for line in self.view.store.snapshot()]
        return ("the log lines", "\n".join(lines)) if lines else None
