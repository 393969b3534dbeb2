"""Log events as lines of the Logs pane: levels, invocations, headings. Nothing of the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from workbench.aws.logs.log_invocations import Streams, report_of, request_id_of
from workbench.aws.records import Function, LogEvent, Report
from workbench.project.cost import cost_of
from workbench.ui.formats import milliseconds
from workbench.ui.widgets.log_view import LogLine

_PLATFORM = re.compile(r"(?:START|END|REPORT) RequestId: |INIT_START |INIT_REPORT |XRAY TraceId")
_ERROR = re.compile(
    r"^\[?(?:ERROR|CRITICAL|FATAL)\b|\t(?:ERROR|FATAL)\t|^Traceback |Task timed out after"
    r'|"level": ?"(?:ERROR|CRITICAL|FATAL)"|Status: (?:error|timeout)'
)
_WARNING = re.compile(r'^\[?WARN(?:ING)?\b|\tWARN\t|"level": ?"WARN')
_DEBUG = re.compile(r'^\[?(?:DEBUG|TRACE)\b|\t(?:DEBUG|TRACE)\t|"level": ?"(?:DEBUG|TRACE)"')
_BREAK = re.compile(r"\r\n|\r|\n")

LEVELS: tuple[tuple[str, Callable[[LogLine], bool] | None], ...] = (
    ("all levels", None),
    ("no debug lines", lambda line: classify(line) != "debug"),
    ("warnings and errors", lambda line: classify(line) in ("warning", "error")),
    ("errors", lambda line: classify(line) == "error"),
)
"""What the pane can be narrowed to: words, and what passes."""

RANGES = (
    ("0", "from now on", 0),
    ("1", "the last minute", 60),
    ("2", "the last 5 minutes", 5 * 60),
    ("3", "the last 15 minutes", 15 * 60),
    ("4", "the last hour", 3600),
    ("5", "the last 6 hours", 6 * 3600),
    ("6", "the last day", 24 * 3600),
)
"""The ranges of time: key, words, seconds."""


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


def lines_of(events: Iterable[LogEvent], streams: Streams, label: str = "") -> list[LogLine]:
    """Log events as lines of the view: Python's tracebacks are one event of several lines."""
    lines: list[LogLine] = []
    for event in events:
        place = streams.place(event)
        text = event.message.rstrip("\r\n")
        line = LogLine(event.timestamp, text, label, place.invocation, place.framing)
        if "\n" in text or "\r" in text:
            lines += [line._replace(text=part) for part in _BREAK.split(text)]
        else:
            lines.append(line)
    return lines


def heading(lines: Sequence[LogLine], function: Function | None) -> tuple[str, str]:
    """One quiet line for an invocation's START, END and REPORT: duration, memory, cost."""
    invocation = lines[0].group
    name = f"── {request_id_of(invocation)[:8]}  "
    report = report_of((line.text for line in lines), invocation)
    if report is None:
        reported = any("REPORT" in line.text or "platform.report" in line.text for line in lines)
        return name + ("" if reported else "… running"), "platform"
    if report.status:
        what = report.error_type or report.status
        return f"{name}✗ {what} · {_figures(report, function)}", "error"
    return name + _figures(report, function), "platform"


def _figures(report: Report, function: Function | None) -> str:
    architecture = function.architectures[0] if function and function.architectures else None
    storage = function.ephemeral_storage if function else None
    cost = cost_of(report.billed_ms, report.memory_size, architecture, storage)
    parts = [
        milliseconds(report.duration_ms),
        f"{report.max_memory_used} of {report.memory_size} MB",
        f"${cost.total:.8f}",
    ]
    if report.init_ms is not None:
        parts.append(f"init {milliseconds(report.init_ms)}")
    return " · ".join(parts)


class Interleaved:
    """Puts the lines of several log groups into the order of time.

    Groups answer at different moments: lines wait a little for those of the others. What comes
    too late stands where it came.
    """

    _FIRST_MS = 1_500
    _WAIT_MS = 400

    def __init__(self, now_ms: int, sources: int) -> None:
        self._begun = now_ms
        self._sources = sources
        self._waiting: list[LogLine] = []

    def add(self, lines: list[LogLine]) -> None:
        """Take lines of one group, in their order."""
        self._waiting += lines

    def ready(self, now_ms: int) -> list[LogLine]:
        """The lines whose turn it is."""
        if self._sources < 2:
            ready, self._waiting = self._waiting, []
            return ready
        if not self._waiting or now_ms < self._begun + self._FIRST_MS:
            return []
        self._waiting.sort(key=_time)
        until = now_ms - self._WAIT_MS
        count = sum(1 for line in self._waiting if line.time_ms <= until)
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        return ready


def _time(line: LogLine) -> int:
    return line.time_ms
