"""Pane 4: the log group of the function, live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from workbench.aws.records import LogEvent
from workbench.ui import work
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.session import Session
from workbench.ui.widgets.log_view import LogLine, LogView
from workbench.ui.work import Job, in_thread

_PLATFORM = re.compile(r"(?:START|END|REPORT) RequestId: |INIT_START |INIT_REPORT |XRAY TraceId")
_ERROR = re.compile(
    r"^\[?(?:ERROR|CRITICAL|FATAL)\b|\t(?:ERROR|FATAL)\t|^Traceback |Task timed out after"
    r'|"level": ?"(?:ERROR|CRITICAL|FATAL)"|Status: (?:error|timeout)'
)
_WARNING = re.compile(r'^\[?WARN(?:ING)?\b|\tWARN\t|"level": ?"WARN')
_DEBUG = re.compile(r'^\[?(?:DEBUG|TRACE)\b|\t(?:DEBUG|TRACE)\t|"level": ?"(?:DEBUG|TRACE)"')


def classify(line: LogLine) -> str:
    """A line's style: platform lines are quiet, levels of Python's, Node's and JSON logs count."""
    text = line.text
    if _ERROR.search(text):
        return "error"
    if _PLATFORM.match(text):
        return "platform"
    if _WARNING.search(text):
        return "warning"
    return "debug" if _DEBUG.search(text) else ""


def lines_of(events: Sequence[LogEvent]) -> list[LogLine]:
    """Log events as lines of the view: Python's tracebacks are one event of several lines."""
    return [
        LogLine(event.timestamp, part)
        for event in events
        for part in (re.split(r"\r\n|\r|\n", event.message.rstrip("\r\n")) or [""])
    ]


class LogsPane(WorkbenchPane):
    """Follows the chosen function's log group."""

    scope = "logs"

    @dataclass
    class Batch(Message):
        """New log events of a group."""

        group: str
        lines: list[LogLine]

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=4, title="Logs")
        self._group: str | None = None

    def compose(self) -> ComposeResult:
        yield LogView(classify=classify, empty="What the function prints appears here, live.")

    @property
    def view(self) -> LogView:
        """The tail itself."""
        return self.query_one(LogView)

    def focus_content(self) -> None:
        """Focus the lines."""
        self.view.focus()

    def follow_function(self) -> None:
        """Follow the log group of the chosen function; the same group stays as it is."""
        name, backend = self.session.function, self.session.backend
        group = self.session.log_group(name) if name and backend else None
        if group == self._group:
            return
        self._group = group
        self.view.clear()
        if group is None or backend is None:
            work.stop(self, "tail")
            return

        def tail(job: Job) -> None:
            for events in backend.follow_logs(group, job.stop):
                job.post(self.Batch(group, lines_of(events)))

        in_thread(self, "tail", tail)

    def forget(self) -> None:
        """Stop following: the target changes."""
        work.stop(self, "tail")
        self._group = None
        self.view.clear()

    @on(Batch)
    def _batch(self, message: Batch) -> None:
        if message.group == self._group:
            self.view.append(message.lines)

    @on(LogView.FollowChanged)
    def _follow_changed(self, message: LogView.FollowChanged) -> None:
        self.subtitle = "" if message.following else "paused · s follows"

    def show_text(self, text: str, label: str) -> None:
        """Show the log text of a past invocation."""
        now = [LogLine(0, f"── {label} ──"), *(LogLine(0, line) for line in text.splitlines())]
        self.view.append(now)

    def failed(self, group: str, sentence: str) -> None:
        """Say in place why there are no logs."""
        self._group = None
        self.subtitle = "not following"
        super().failed(group, sentence)

    def action_follow(self) -> None:
        """Follow new lines, or stay."""
        self.view.follow = not self.view.follow

    def action_wrap(self) -> None:
        """Wrap long lines, or not."""
        self.view.wrap = not self.view.wrap

    def action_times(self) -> None:
        """Show or hide times."""
        self.view.show_times = not self.view.show_times

    def action_clear(self) -> None:
        """Clear the pane."""
        self.view.clear()

    def action_search(self) -> None:
        """Open the search."""
        self.view.tail.action_open_search()

    def copy_text(self) -> tuple[str, str] | None:
        """All lines of the pane."""
        lines = [line.text for line in self.view.lines()]
        return ("the log lines", "\n".join(lines)) if lines else None
