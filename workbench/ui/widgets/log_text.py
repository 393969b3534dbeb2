"""How one log line looks: its time, its label, a mark for what is wrong, its text in colours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from rich.style import Style
from rich.text import Text

from workbench.ui.widgets.log_store import LogLine
from workbench.ui.widgets.palette import Palette
from workbench.ui.widgets.safe_text import ansi_text
from workbench.ui.widgets.search_bar import find_spans

LINE_LIMIT = 8_000
"""Characters of one line that are painted."""

TIME_CELLS = 13

# Not by colour alone: what is wrong carries a mark.
_MARKS = {"error": "✗ ", "warning": "▲ "}
_MARKED = "◆ "
_LABELS = ("log-label", "json-string", "json-number", "json-literal", "json-key", "diff-added")
_MESSAGES = ("message", "msg", "errorMessage", "event")
_LEVELS = ("level", "severity", "log.level")


@dataclass
class LogLook:
    """What of a line is shown, and how. `labels` gives each label a number, which gives it a
    colour; `fold` shows JSON objects as their message."""

    times: bool = True
    fold: bool = True
    needle: str = ""
    case_counts: bool = False
    labels: Mapping[str, int] = field(default_factory=dict)

    def text(self, line: LogLine, kind: str, colors: Palette, *, marked: bool = False) -> Text:
        """Return a line in the colours of its kind, occurrences of the needle marked."""
        style = colors[f"log-{kind}"] if kind else Style()
        message = folded(line.text) if self.fold else None
        if message is None:
            text = ansi_text(line.text[:LINE_LIMIT], style)
        else:
            text = ansi_text(message[0][:LINE_LIMIT], style)
            text.append(f"  {message[1]}", colors["log-platform"])
        for start, end in find_spans(text.plain, self.needle, self.case_counts):
            text.stylize(colors.match, start, end)
        head = self._head(line, colors)
        if marked:
            head.append((_MARKED, colors["log-warning"]))
        if kind in _MARKS:
            head.append((_MARKS[kind], colors[f"log-{kind}"]))
        return Text.assemble(*head, text, no_wrap=True, end="")

    def _head(self, line: LogLine, colors: Palette) -> list[tuple[str, Style]]:
        head = []
        if self.times:
            head.append((f"{clock(line.time_ms):<{TIME_CELLS}}", colors["log-time"]))
        if line.label:
            width = max(map(len, self.labels), default=0)
            style = colors[_LABELS[self.labels.get(line.label, 0) % len(_LABELS)]]
            head.append((f"{line.label:<{width}} ", style))
        return head

    def heading(
        self, line: LogLine, words: str, kind: str, colors: Palette, *, marked: bool = False
    ) -> Text:
        """Return the heading of a group that began with `line`."""
        mark = _MARKED if marked else ""
        text = Text(f"{mark}{words}", style=colors[f"log-{kind}"])
        for start, end in find_spans(text.plain, self.needle, self.case_counts):
            text.stylize(colors.match, start, end)
        return Text.assemble(*self._head(line, colors), text, no_wrap=True, end="")


def clock(time_ms: int) -> str:
    """The local time of day with milliseconds, "" when the time is not known (0)."""
    if not time_ms:
        return ""
    moment = datetime.fromtimestamp(time_ms / 1000)
    return f"{moment:%H:%M:%S}.{time_ms % 1000:03d}"


@lru_cache(maxsize=1_000)
def folded(text: str) -> tuple[str, str] | None:
    """The message of a line that is a JSON object, and how much more there is; None for others."""
    if not text.startswith("{") or len(text) > LINE_LIMIT * 32:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    name = next((name for name in _MESSAGES if name in document), None)
    if name is None:
        return None
    value = document[name]
    message = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    level = next((document[each] for each in _LEVELS if isinstance(document.get(each), str)), "")
    return f"{level} {message}".lstrip(), f"{{+{len(document) - 1}}}"
