"""DiffView: what changed between two texts, JSON compared by structure rather than by spelling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from workbench.ui.widgets.line_diff import comparable, diff_lines
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe, strip_ansi

_CONTEXT = 3
"""Unchanged lines shown around each change."""

_THREAD_ABOVE = 200_000
_LINE_LIMIT = 2_000


@dataclass(frozen=True)
class _Row:
    kind: Literal["same", "old", "new", "fold", "title"]
    text: str
    partner: str | None = None
    hidden: tuple[str, ...] = ()


class DiffView(LineView):
    """Changes between an old and a new text. n/N go from change to change, enter opens a fold."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next_change(1)", "Next change", show=False, id="diff.next"),
        Binding("N", "next_change(-1)", "Previous change", show=False, id="diff.previous"),
        Binding("enter,space", "open_fold", "Unfold", show=False, id="diff.unfold"),
    ]

    class Compared(Message):
        """A comparison is shown: how many lines were added and removed."""

        def __init__(self, view: DiffView, added: int, removed: int) -> None:
            super().__init__()
            self.view = view
            self.added = added
            self.removed = removed

        @property
        def control(self) -> Widget:
            return self.view

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[_Row] = []
        self._number = 0
        self.summary = ""
        """What changed, in a few words: "+3 −1", or "no difference"."""

    def compare(
        self, old: str, new: str, *, old_label: str = "before", new_label: str = "after"
    ) -> None:
        """Show what changed from old to new; large texts are compared in a thread."""
        self._number += 1
        titles = (old_label, new_label)
        if len(old) + len(new) > _THREAD_ABOVE:
            self._compare_in_thread(old, new, titles, self._number)
        else:
            self._show(*_rows(old, new, titles), self._number)

    def clear(self) -> None:
        """Show nothing."""
        self._number += 1
        self.summary = ""
        self._rows = []
        self.rows_changed(0)

    @work(thread=True, exclusive=True, group="diff")
    def _compare_in_thread(self, old: str, new: str, titles: tuple[str, str], number: int) -> None:
        result = _rows(old, new, titles)
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._show, *result, number)

    def _show(self, rows: list[_Row], added: int, removed: int, number: int) -> None:
        if number != self._number:
            return
        self._rows = rows
        self.summary = f"+{added} −{removed}" if added or removed else "no difference"
        self.cursor = 0
        self.scroll_to(0, 0, animate=False, force=True)
        self._rows_changed()
        self.action_next_change(1)
        self.post_message(self.Compared(self, added, removed))

    def _rows_changed(self) -> None:
        longest = max((len(row.text) for row in self._rows), default=0)
        self.rows_changed(min(longest, _LINE_LIMIT) + 4)

    # -- rows -----------------------------------------------------------------------------------

    def row_count(self) -> int:
        return len(self._rows)

    def paint_row(self, row: int) -> list[Segment]:
        item = self._rows[row]
        colors = palette(self)
        source = safe(strip_ansi(item.text[:_LINE_LIMIT]))
        signs = {"same": "  ", "old": "- ", "new": "+ "}
        styles = {"same": "log-platform", "old": "diff-removed", "new": "diff-added"}
        text = Text(signs.get(item.kind, "") + source)
        # As a span: Rich leaves the style of a text without spans out.
        text.stylize(colors[styles[item.kind]] if item.kind in styles else colors.muted)
        if item.partner is not None:
            start, end = _changed_part(source, safe(strip_ansi(item.partner[:_LINE_LIMIT])))
            text.stylize(Style(bold=True, underline=True), start + 2, end + 2)
        text.no_wrap = True
        text.end = ""
        return [segment for segment in text.render(self.app.console) if segment.text]

    def row_clicked(self, row: int, x: int, *, twice: bool) -> None:
        self.action_open_fold()

    def action_open_fold(self) -> None:
        """Show the lines hidden by the cursor's row."""
        if self.cursor < len(self._rows) and self._rows[self.cursor].kind == "fold":
            hidden = self._rows[self.cursor].hidden
            self._rows[self.cursor : self.cursor + 1] = [_Row("same", line) for line in hidden]
            self._rows_changed()

    def action_next_change(self, step: int) -> None:
        """Go to the first line of the next or previous change; stay when there is none."""
        row = self.cursor + step
        while 0 <= row < len(self._rows):
            before = self._rows[row - 1].kind if row else "same"
            if self._rows[row].kind in ("old", "new") and before not in ("old", "new"):
                self.move_to(row, center=True)
                return
            row += step


def _rows(old: str, new: str, titles: tuple[str, str]) -> tuple[list[_Row], int, int]:
    old_lines, new_lines = comparable(old, new)
    spans = diff_lines(old_lines, new_lines)
    added = sum(span.new_end - span.new_start for span in spans if not span.equal)
    removed = sum(span.old_end - span.old_start for span in spans if not span.equal)
    rows = [_Row("title", f"- {titles[0]}   + {titles[1]}   +{added} −{removed}")]
    if not added and not removed:
        rows = [_Row("title", f"✓ no difference between {titles[0]} and {titles[1]}")]
    for number, span in enumerate(spans):
        if not span.equal:
            gone = old_lines[span.old_start : span.old_end]
            come = new_lines[span.new_start : span.new_end]
            paired = len(gone) == len(come)
            rows += [
                _Row("old", line, come[index] if paired else None)
                for index, line in enumerate(gone)
            ]
            rows += [
                _Row("new", line, gone[index] if paired else None)
                for index, line in enumerate(come)
            ]
            continue
        same = new_lines[span.new_start : span.new_end]
        head = _CONTEXT if number else 0
        tail = _CONTEXT if number < len(spans) - 1 else 0
        hidden = same[head : len(same) - tail]
        if len(hidden) < 3 or (len(spans) == 1 and len(same) < 200):
            rows += [_Row("same", line) for line in same]
            continue
        rows += [_Row("same", line) for line in same[:head]]
        rows.append(_Row("fold", f"  ▸ {len(hidden):,} unchanged lines", hidden=tuple(hidden)))
        rows += [_Row("same", line) for line in same[len(same) - tail :]]
    return rows, added, removed


def _changed_part(text: str, other: str) -> tuple[int, int]:
    """Return where a line differs from its partner: start and end, on word borders."""
    limit = min(len(text), len(other))
    start = 0
    while start < limit and text[start] == other[start]:
        start += 1
    while start and text[start - 1].isalnum():
        start -= 1
    reach = 0
    while reach < limit - start and text[-1 - reach] == other[-1 - reach]:
        reach += 1
    end = len(text) - reach
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end
