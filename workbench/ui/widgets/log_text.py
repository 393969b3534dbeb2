"""How one log line looks: its time, its label, a mark for what is wrong, its text in colours."""

from __future__ import annotations

from datetime import datetime

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


def log_text(
    line: LogLine, kind: str, colors: Palette, *, times: bool, needle: str, case_counts: bool
) -> Text:
    """Return a line in the colours of its kind, occurrences of needle marked."""
    text = ansi_text(line.text[:LINE_LIMIT], colors[f"log-{kind}"] if kind else Style())
    for start, end in find_spans(text.plain, needle, case_counts):
        text.stylize(colors.match, start, end)
    head: list[tuple[str, Style]] = []
    if times:
        moment = datetime.fromtimestamp(line.time_ms / 1000)
        head.append((f"{moment:%H:%M:%S}.{line.time_ms % 1000:03d} ", colors["log-time"]))
    if line.label:
        head.append((f"{line.label} ", colors["log-label"]))
    if kind in _MARKS:
        head.append((_MARKS[kind], colors[f"log-{kind}"]))
    return Text.assemble(*head, text, no_wrap=True, end="")
