"""DiffView: what changed between two texts, JSON compared by structure rather than by spelling."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from workbench.ui.widgets.json_paths import is_volatile, path_at
from workbench.ui.widgets.line_diff import changes, comparable, diff_lines, no_collection
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.recall import Recall
from workbench.ui.widgets.safe_text import safe, strip_ansi
from workbench.ui.widgets.search_bar import find_spans, needle_of
from workbench.ui.widgets.search_prompt import SearchPrompt
from workbench.ui.work import in_thread, stop

_CONTEXT = 3
"""Unchanged lines shown around each change."""

_THREAD_ABOVE = 200_000
_LINE_LIMIT = 2_000
_LOOKED_AT = 200
"""Changes that are searched for times and ids."""


_BESIDE = 6
"""Cells of a line for its sign and for what follows the change that is scrolled to."""


@dataclass(slots=True)
class _Block:
    """Rows of one kind. ``partners`` are the lines they replace or are replaced by, one by one."""

    kind: Literal["same", "old", "new", "fold", "title"]
    lines: Sequence[str]
    partners: Sequence[str] = ()
    hidden: Sequence[str] = ()
    source: Sequence[str] = ()
    at: int = 0
    """Where ``lines`` (of a fold: ``hidden``) begin in all the lines of their text, ``source``."""

    @property
    def is_change(self) -> bool:
        return self.kind in ("old", "new")


class DiffView(LineView):
    """Changes between an old and a new text. n/N go from change to change, enter opens a fold.

    While a text is searched, n/N go from line to line with it (of `!text`: without it), also into
    folds.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next(1)", "Next change", show=False, id="diff.next"),
        Binding("N", "next(-1)", "Previous change", show=False, id="diff.previous"),
        Binding("slash", "open_search", "Search", show=False, id="diff.search"),
        Binding("enter,space", "open_fold", "Unfold", show=False, id="diff.unfold"),
    ]

    class Compared(Message):
        """A comparison is shown."""

    @dataclass
    class _Found(Message, bubble=False):
        """What changed between large texts."""

        blocks: list[_Block]
        added: int
        removed: int

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._blocks: list[_Block] = []
        self._starts: list[int] = []  # the first row of each block, and the number of rows
        self._texts: tuple[str, str, tuple[str, str]] | None = None
        self._needle, self._case_counts, self._inverse = "", False, False
        self._recall = Recall()
        self._awaits_size = False
        self.summary = ""
        """What changed, in a few words: "+3 −1", or "no difference"."""

    def compare(
        self,
        old: str,
        new: str,
        *,
        old_label: str = "before",
        new_label: str = "after",
        ignored: Sequence[str] = (),
    ) -> None:
        """Show what changed from old to new; large texts are compared in a thread.

        ``ignored`` are paths of JSON values (see ``json_paths``) that make no difference.
        """
        self._texts = (old, new, (old_label, new_label))
        self.ignore(ignored)

    def ignore(self, paths: Sequence[str]) -> None:
        """Compare the same texts again, with other paths ignored."""
        if self._texts is None:
            return
        texts = old, new, _ = self._texts
        if len(old) + len(new) > _THREAD_ABOVE:
            in_thread(self, "diff", lambda job: self._Found(*_compared(*texts, paths)))
        else:
            stop(self, "diff")
            self._show(*_compared(*texts, paths))

    @property
    def path(self) -> str | None:
        """The path of the value under the cursor, indexes as [*]; None where there is none."""
        block = self._blocks[self._block_at(self.cursor)] if self._blocks else None
        if block is None or block.kind in ("title", "fold"):
            return None
        index = block.at + self.cursor - self._starts[self._block_at(self.cursor)]
        return path_at(block.source, index)

    def volatile_paths(self) -> list[str]:
        """Paths of changed values that look like times or ids, on both sides; at most ten."""
        found: dict[str, None] = {}
        changed = (block for block in self._blocks if block.kind == "new" and block.partners)
        for block in islice(changed, _LOOKED_AT):
            for index, (come, gone) in enumerate(zip(block.lines, block.partners, strict=True)):
                if is_volatile(come) and is_volatile(gone):
                    path = path_at(block.source, block.at + index)
                    if path is not None:
                        found[path] = None
            if len(found) >= 10:
                break
        return list(found)

    def clear(self) -> None:
        """Show nothing."""
        stop(self, "diff")
        self.summary = ""
        self._texts = None
        self._blocks = []
        self._blocks_changed()

    @on(_Found)
    def _found(self, message: _Found) -> None:
        self._show(message.blocks, message.added, message.removed)

    def on_unmount(self) -> None:
        """Nobody looks at it any more."""
        stop(self)

    def _show(self, blocks: list[_Block], added: int, removed: int) -> None:
        self._blocks = blocks
        self.summary = f"+{added} −{removed}" if added or removed else "no difference"
        self.cursor = 0
        self.scroll_to(0, 0, animate=False, force=True)
        self._blocks_changed()
        # How far to scroll depends on the size: a view that is about to be shown has none yet.
        self._awaits_size = not self.size.area
        if not self._awaits_size:
            self.action_next_change(1)
        self.post_message(self.Compared())

    def on_resize(self) -> None:
        """It is shown now: go to the first change, if that had to wait."""
        if self._awaits_size and self.size.area:
            self._awaits_size = False
            self.action_next_change(1)

    def _blocks_changed(self) -> None:
        self._starts = list(accumulate((len(block.lines) for block in self._blocks), initial=0))
        longest = max((max(map(len, block.lines)) for block in self._blocks), default=0)
        self.rows_changed(min(longest, _LINE_LIMIT) + 4)

    def _block_at(self, row: int) -> int:
        return bisect_right(self._starts, row) - 1

    # -- rows -----------------------------------------------------------------------------------

    def row_count(self) -> int:
        return self._starts[-1] if self._starts else 0

    def paint_row(self, row: int) -> list[Segment]:
        number = self._block_at(row)
        block, index = self._blocks[number], row - self._starts[number]
        colors = palette(self)
        source = safe(strip_ansi(block.lines[index][:_LINE_LIMIT]))
        signs = {"same": "  ", "old": "- ", "new": "+ "}
        styles = {"same": "log-platform", "old": "diff-removed", "new": "diff-added"}
        shown, x = signs.get(block.kind, "") + source, self.scroll_offset.x
        if x and block.is_change:  # the sign stays in sight
            shown = shown[:x] + signs[block.kind] + shown[x + 2 :]
        elif x and block.kind != "same":
            shown = " " * x + shown
        text = Text(shown)
        # As a span: Rich leaves the style of a text without spans out.
        text.stylize(colors[styles[block.kind]] if block.kind in styles else colors.muted)
        if block.partners:
            partner = safe(strip_ansi(block.partners[index][:_LINE_LIMIT]))
            start, end = _changed_part(source, partner)
            text.stylize(Style(bold=True, underline=True), start + 2, end + 2)
        needle = "" if self._inverse else self._needle
        for start, end in find_spans(text.plain, needle, self._case_counts):
            text.stylize(colors.match, start, end)
        text.no_wrap = True
        text.end = ""
        return [segment for segment in text.render(self.app.console) if segment.text]

    def row_clicked(self, row: int, x: int, *, twice: bool) -> None:
        self.action_open_fold()

    def action_open_fold(self) -> None:
        """Show the lines hidden by the cursor's row."""
        number = self._block_at(self.cursor)
        if number < len(self._blocks) and self._blocks[number].kind == "fold":
            fold = self._blocks[number]
            self._blocks[number] = _Block("same", fold.hidden, (), (), fold.source, fold.at)
            self._blocks_changed()

    # -- search ---------------------------------------------------------------------------------

    def action_open_search(self) -> None:
        """Ask for a text to search."""
        words = "text to find, or !text for lines without it"
        self.app.push_screen(SearchPrompt(self.search, self._recall, words))

    def search(self, text: str) -> str:
        """Mark text, and go to the first line with it from the cursor on, or of `!text` to the
        first without it; "" ends the search. Returns what came of it, in words."""
        self._inverse = text.startswith("!") and len(text) > 1
        self._needle, self._case_counts = needle_of(text[1:] if self._inverse else text)
        self.refresh()
        if not text:
            return ""
        return "" if self._go_to_match(1, include_here=True) else "✗ not found"

    def _go_to_match(self, step: int, *, include_here: bool) -> bool:
        """Go to the next line with the needle, around the ends; unfold it if it is hidden."""
        here = self._block_at(self.cursor)
        for distance in range(len(self._blocks) + 1 if self._blocks else 0):
            number = (here + step * distance) % len(self._blocks)
            block, start = self._blocks[number], self._starts[number]
            if block.kind == "title":
                continue
            lines = block.hidden or block.lines
            first = 0 if step > 0 else len(lines) - 1
            if not distance and not block.hidden:
                first = self.cursor - start + (0 if include_here else step)
            for index in range(first, len(lines) if step > 0 else -1, step):
                line = lines[index] if self._case_counts else lines[index].lower()
                if (self._needle in line) != self._inverse:
                    self.move_to(start)
                    self.action_open_fold()
                    self.move_to(start + index, center=True)
                    return True
        return False

    def action_next(self, step: int) -> None:
        """Go to the next or previous line with what is searched, or else to the next change."""
        if self._needle:
            self._go_to_match(step, include_here=False)
        else:
            self.action_next_change(step)

    def action_next_change(self, step: int) -> None:
        """Go to the first line of the next or previous change; stay when there is none."""
        changes = [
            self._starts[number]
            for number, block in enumerate(self._blocks)
            if block.is_change and not (number and self._blocks[number - 1].is_change)
        ]
        at = (
            bisect_right(changes, self.cursor)
            if step > 0
            else bisect_left(changes, self.cursor) - 1
        )
        if 0 <= at < len(changes):
            self.move_to(changes[at], center=True)
            self._show_columns(changes[at])

    def _show_columns(self, row: int) -> None:
        """Scroll sideways to what is different in a long line, and back for a short one."""
        number = self._block_at(row)
        block, index = self._blocks[number], row - self._starts[number]
        x, width = 0, self.scrollable_content_region.width
        if block.partners:
            start, end = _changed_part(block.lines[index], block.partners[index])
            if start + _BESIDE > width:
                x = min(start, end + _BESIDE - width)  # no further than needed
        self.scroll_to(x=x, animate=False, force=True)


def _compared(
    old: str, new: str, titles: tuple[str, str], ignored: Sequence[str] = ()
) -> tuple[list[_Block], int, int]:
    """Return the blocks to show, and how many lines were added and removed."""
    with no_collection():
        return _blocks(old, new, titles, ignored)


def _blocks(
    old: str, new: str, titles: tuple[str, str], ignored: Sequence[str]
) -> tuple[list[_Block], int, int]:
    old_lines, new_lines = comparable(old, new, ignored)
    spans = diff_lines(old_lines, new_lines)
    added, removed = changes(spans)
    # Counts first: labels may be longer than the view is wide.
    but = f" · {len(ignored)} path{'' if len(ignored) == 1 else 's'} ignored" if ignored else ""
    title = f"+{added} −{removed}{but}   - {titles[0]}   + {titles[1]}"
    if not added and not removed:
        title = f"✓ no difference{but}   {titles[0]} and {titles[1]}"
    blocks = [_Block("title", [title])]
    for number, span in enumerate(spans):
        come = new_lines[span.new_start : span.new_end]
        if not span.equal:
            gone = old_lines[span.old_start : span.old_end]
            paired = len(gone) == len(come)
            partners = (come, gone) if paired else ((), ())
            blocks.append(_Block("old", gone, partners[0], (), old_lines, span.old_start))
            blocks.append(_Block("new", come, partners[1], (), new_lines, span.new_start))
            continue
        head = _CONTEXT if number else 0
        tail = _CONTEXT if number < len(spans) - 1 else 0
        hidden = come[head : len(come) - tail]
        if len(hidden) < 3 or (len(spans) == 1 and len(come) < 200):
            blocks.append(_Block("same", come, (), (), new_lines, span.new_start))
            continue
        words = [f"  ▸ {len(hidden):,} unchanged lines"]
        at = span.new_start + head
        blocks.append(_Block("same", come[:head], (), (), new_lines, span.new_start))
        blocks.append(_Block("fold", words, (), hidden, new_lines, at))
        tail_at = span.new_end - tail
        blocks.append(_Block("same", come[len(come) - tail :], (), (), new_lines, tail_at))
    return [block for block in blocks if block.lines], added, removed


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
