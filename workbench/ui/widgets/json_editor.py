"""JsonEditor: a text area for JSON: coloured, checked while one types, indenting, formatting.

It never uses tree-sitter, which crashes on some machines: the visible lines are coloured with our
own tokens. Lines are not wrapped: in a narrow pane the indentation is what one reads JSON by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.document._document_navigator import DocumentNavigator
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import TextArea

from workbench.ui.widgets.editor_lines import Lines, UnwrappedLines
from workbench.ui.widgets.json_fault import Fault, json_fault
from workbench.ui.widgets.json_text import TOKEN, format_json
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.safe_text import safe_same_length
from workbench.ui.widgets.strips import windowed
from workbench.ui.work import in_thread, stop

LARGE_ABOVE = 256 * 1024
"""Characters above which a text is checked in a thread, after a pause in the typing."""

_CHECK_AFTER_SECONDS = 0.06
_CHECK_LARGE_AFTER_SECONDS = 0.3
_BRACKET_CHARACTERS = 30_000
_COLORED_CHARACTERS = 4_000
_PAIRS = {"{": "}", "[": "]"}

_TOLD = {
    "cut": "Cut",
    "copy": "Copy what is selected",
    "paste": "Paste",
    "undo": "Undo",
    "redo": "Redo",
    "delete_word_left": "Delete the word",
    "delete_to_start_of_line": "Delete to the line's start",
}
"""What the help tells of TextArea's own keys: arrows and the like everybody knows."""


def _own_bindings() -> Iterator[Binding]:
    """TextArea's, without those that belong to the app; what the help tells has an id."""
    for binding in TextArea.BINDINGS:
        if not isinstance(binding, Binding) or binding.key in ("f6", "f7", "ctrl+k"):
            continue
        keys = [key for key in binding.key.split(",") if key != "ctrl+a" and "super" not in key]
        told = _TOLD.get(binding.action)
        own = replace(binding, key=",".join(keys))
        yield replace(own, id=f"editor.{binding.action}", description=told) if told else own


class JsonEditor(TextArea, inherit_bindings=False):
    """An editor for one JSON text. ctrl+l formats it, ctrl+g goes to the fault, ctrl+a selects all.

    ctrl+j, ctrl+o, ctrl+p, ctrl+s, ctrl+n, ctrl+r, ctrl+t, tab, escape and the function keys are
    left to the app.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *_own_bindings(),
        Binding(
            "ctrl+a",
            "select_more",
            "Start of the line; once more: select all",
            show=False,
            id="editor.all",
        ),
        Binding("ctrl+l", "format", "Format", show=False, id="editor.format"),
        Binding("ctrl+g", "go_to_fault", "Go to the fault", show=False, id="editor.fault"),
    ]

    DEFAULT_CSS = """
    JsonEditor { border: none; padding: 0; background: $surface; }
    JsonEditor:focus { border: none; }
    JsonEditor .text-area--gutter { color: $text-muted; }
    JsonEditor .text-area--cursor-gutter { color: $foreground; }
    """

    wrapped_document: UnwrappedLines

    @dataclass
    class ValidityChanged(Message):
        """The text was checked with another outcome: what is wrong with it, None for JSON."""

        fault: Fault | None

    @dataclass
    class _LargeChecked(Message, bubble=False):
        """A large text was checked."""

        fault: Fault | None

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(
            text,
            soft_wrap=False,
            show_line_numbers=True,
            tab_behavior="focus",
            id=id,
            classes=classes,
        )
        self.indent_width = 2
        self.fault: Fault | None = None
        self._checked = False
        self._check_timer: Timer | None = None

    # -- checking -------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._check()

    @property
    def is_large(self) -> bool:
        """Is the text too large to be checked at each key?"""
        lines = self.document.lines
        return sum(map(len, lines)) + len(lines) > LARGE_ABOVE

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        stop(self, "check")
        if self._check_timer is not None:
            self._check_timer.stop()
        after = _CHECK_LARGE_AFTER_SECONDS if self.is_large else _CHECK_AFTER_SECONDS
        self._check_timer = self.set_timer(after, self._check)

    def _set_document(self, text: str, language: str | None) -> None:
        self._highlight_query = None
        self.document = Lines(text)
        self.wrapped_document = UnwrappedLines(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def _check(self) -> None:
        text = self.text
        if self.is_large:
            in_thread(self, "check", lambda job: self._LargeChecked(json_fault(text)))
        else:
            self._checked_as(json_fault(text))

    @on(_LargeChecked)
    def _large_checked(self, message: _LargeChecked) -> None:
        self._checked_as(message.fault)

    def on_unmount(self) -> None:
        """Nobody edits it any more."""
        stop(self)

    def _checked_as(self, fault: Fault | None) -> None:
        if self._checked and fault == self.fault:
            return
        self._checked = True
        self.fault = fault
        self._line_cache.clear()
        self.refresh()
        self.post_message(self.ValidityChanged(fault))

    # -- actions --------------------------------------------------------------------------------

    def format(self) -> bool:
        """Indent the text, one undo step. Return False (and change nothing) if it is no JSON."""
        text = self.text
        if json_fault(text) is not None:
            return False
        formatted = format_json(text)
        if formatted != text:
            row = self.cursor_location[0]
            self.replace(formatted, self.document.start, self.document.end)
            self.move_cursor((min(row, self.document.line_count - 1), 0))
        return True

    def go_to_fault(self) -> None:
        """Put the cursor on the fault."""
        if self.fault is not None:
            self.move_cursor((self.fault.line - 1, self.fault.column - 1), center=True)

    def action_select_more(self) -> None:
        """To the line's start, as in a shell; there already, select all, as elsewhere."""
        if self.cursor_location[1] == 0:
            self.action_select_all()
        else:
            self.action_cursor_line_start()

    def action_format(self) -> None:
        if not self.format():
            self.go_to_fault()

    def action_go_to_fault(self) -> None:
        self.go_to_fault()

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter" and not self.read_only:
            event.stop()
            event.prevent_default()
            self._new_line()
            return
        await super()._on_key(event)

    def _new_line(self) -> None:
        start, end = sorted(self.selection)
        before = self.document.get_line(start[0])[: start[1]]
        after = self.document.get_line(end[0])[end[1] :]
        indent = before[: len(before) - len(before.lstrip())]
        opener = before.rstrip()[-1:]
        if opener not in _PAIRS:
            self.replace("\n" + indent, start, end, maintain_selection_offset=False)
            return
        deeper = indent + " " * self.indent_width
        closing = after.lstrip()[:1] == _PAIRS[opener]
        self.replace(
            f"\n{deeper}" + (f"\n{indent}" if closing else ""),
            start,
            end,
            maintain_selection_offset=False,
        )
        self.move_cursor((start[0] + 1, len(deeper)))

    # -- brackets -------------------------------------------------------------------------------

    def find_matching_bracket(
        self, bracket: str, search_from: tuple[int, int]
    ) -> tuple[int, int] | None:
        """Return where the partner of the bracket at search_from is; texts are skipped."""
        if bracket not in "{}[]" or not bracket:
            return None
        forward = bracket in "{["
        row, column = search_from
        lines = self.document.lines
        step = 1 if forward else -1
        last = len(lines) if forward else -1
        left = _BRACKET_CHARACTERS
        depth = 0
        for index in range(row, last, step):
            left -= len(lines[index])
            if left < 0:
                return None
            found = [
                (match.start(), match.group())
                for match in TOKEN.finditer(lines[index])
                if match.group() in ("{", "}", "[", "]")
            ]
            for at, token in found if forward else reversed(found):
                if index == row and (at < column if forward else at > column):
                    continue
                depth += 1 if (token in "{[") == forward else -1
                if depth == 0:
                    return (index, at)
        return None

    # -- painting -------------------------------------------------------------------------------

    def get_line(self, line_index: int) -> Text:
        """Return a line with its colours, and with the fault underlined."""
        source = self.document.get_line(line_index)
        # What is right of the pane need not be made. Twice, as some characters have no width.
        reach = max(_COLORED_CHARACTERS, 2 * (self.scroll_offset.x + self.size.width))
        shown = source[:reach]
        text = Text(safe_same_length(shown), end="", no_wrap=True)
        colors = palette(self)
        for match in TOKEN.finditer(shown, 0, _COLORED_CHARACTERS):
            text.stylize(colors[f"json-{match.lastgroup}"], match.start(), match.end())
        fault = self.fault
        if fault is not None and fault.line == line_index + 1:
            start = min(fault.column - 1, max(0, len(source) - 1))
            match_here = TOKEN.match(source, start)
            end = match_here.end() if match_here else start + 1
            text.stylize(palette(self)["log-error"] + Style(underline=True), start, end)
        return text

    def render_line(self, y: int) -> Strip:
        # TextArea joins the whole text for every line it paints; for a large one that is too slow.
        if self.document.line_count > 2_000:
            return self._render_line(y)
        return super().render_line(y)

    def _render_line(self, y: int) -> Strip:
        strip = super()._render_line(y)
        line = self.scroll_offset.y + y
        if line >= self.document.line_count:
            return strip
        colors = palette(self)
        if self.fault is not None and line == self.fault.line - 1:
            segments = list(strip)
            number = segments[0]
            style = (number.style or Style()) + colors["log-error"] + Style(bold=True)
            segments[0] = Segment(number.text[:-2] + "✗ ", style)
            strip = Strip(segments, strip.cell_length)
        width = self.scrollable_content_region.width
        beyond = self.scroll_offset.x + width - self.gutter_width
        if line != self.cursor_location[0] and self.wrapped_document.exceeds(line, beyond):
            strip = windowed(strip, 0, width, self.rich_style + colors.muted)
        return strip
