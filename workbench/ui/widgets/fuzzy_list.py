"""FuzzyList: rows of columns, filtered as one types; quick with tens of thousands of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from workbench.ui.widgets.fuzzy_rows import Column, FuzzyRows, Row
from workbench.ui.widgets.prompt import Prompt
from workbench.ui.widgets.recall import Recall

__all__ = ["Column", "FuzzyList", "Row"]


class FuzzyList(Vertical):
    """A list with a filter that ``/`` opens (or that is always there).

    The first column takes the room the others leave. Escape in the filter clears and hides it.
    """

    DEFAULT_CSS = """
    FuzzyList { height: 1fr; width: 1fr; }
    FuzzyList > Input {
        height: 1; border: none; padding: 0 1; background: $panel; display: none;
    }
    FuzzyList > Input:focus { border: none; }
    FuzzyList.-filtering > Input { display: block; }
    FuzzyList > .fuzzy-titles { height: 1; color: $text-muted; text-style: bold; }
    FuzzyList > .fuzzy-empty { height: auto; color: $text-muted; padding: 1 2; display: none; }
    FuzzyList.-empty > .fuzzy-empty { display: block; }
    FuzzyList.-empty > FuzzyRows { height: 0; min-height: 0; display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", show=False, id="list.filter"),
        Binding("escape", "end_filter", "Clear filter", show=False, id="list.end-filter"),
        Binding("alt+up", "recall(-1)", "Earlier filter", show=False, id="list.earlier"),
        Binding("alt+down", "recall(1)", "Later filter", show=False, id="list.later"),
    ]

    @dataclass
    class Highlighted(Message):
        """Another row has the cursor: its id, or None when there are no rows."""

        row_id: str | None

    @dataclass
    class Selected(Message):
        """Enter on a row, or a double click."""

        row_id: str

    class Filtered(Message):
        """Another filter leaves other rows."""

    def __init__(
        self,
        columns: int | Sequence[Column] = 1,
        *,
        always_filter: bool = False,
        empty: str = "Nothing here.",
        no_match: str = "Nothing matches. Esc clears the filter.",
        placeholder: str = "Type to filter, !word leaves out",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        specs = [Column()] * columns if isinstance(columns, int) else list(columns)
        self.body = FuzzyRows(self, specs)
        self._always = always_filter
        self._texts = (empty, no_match)
        self._prompt = Prompt(placeholder=placeholder, compact=True, select_on_focus=False)
        self._titles = Static("", classes="fuzzy-titles", markup=False)
        self._titles.display = any(spec.title for spec in specs)
        self._nothing = Static("", classes="fuzzy-empty", markup=False)
        self._last: str | None = None
        self._before_filter: str | None = None
        self._recall = Recall()
        self.set_class(always_filter, "-filtering")

    def compose(self) -> ComposeResult:
        yield self._prompt
        yield self._titles
        yield self.body
        yield self._nothing

    def on_mount(self) -> None:
        self._refreshed()
        # Not by Input.Changed: a message would be late for the paint that shows the letter, and the
        # next one comes only two frames later.
        self.watch(self._prompt, "value", self._filter_changed, init=False)

    # -- public ---------------------------------------------------------------------------------

    @property
    def rows(self) -> list[Row]:
        """All rows, filtered out or not."""
        return list(self.body.rows)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows. The cursor stays on the row with the same id if it is still there."""
        keep = self.highlighted
        self.body.take(list(rows), self.filter_text)
        self.body.cursor = self.body.row_of(keep) if keep is not None else 0
        self._refreshed()

    def set_empty(self, text: str) -> None:
        """What to say from now on when there are no rows at all."""
        self._texts = (text, self._texts[1])

    def update_row(self, row: Row) -> None:
        """Replace the row with the same id; nothing happens when there is none."""
        self.body.replace(row)

    @property
    def highlighted(self) -> str | None:
        """The id of the cursor's row."""
        return self.body.id_at(self.body.cursor)

    def highlight(self, row_id: str) -> None:
        """Put the cursor on the row with that id, if it is shown."""
        self.body.move_to(self.body.row_of(row_id), center=True)

    @property
    def filter_text(self) -> str:
        """The filter; setting it filters."""
        return self._prompt.value

    @filter_text.setter
    def filter_text(self, text: str) -> None:
        self._prompt.value = text
        self.set_class(self._always or bool(text), "-filtering")

    def focus(self, scroll_visible: bool = True) -> FuzzyList:
        """Focus the filter if it is always there, else the rows."""
        (self._prompt if self._always else self.body).focus(scroll_visible)
        return self

    # -- filter ---------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Show the filter and focus it."""
        self._before_filter = self.highlighted
        self.add_class("-filtering")
        self._prompt.focus()

    def action_end_filter(self) -> None:
        """Clear and hide the filter; the cursor stays on its row."""
        self._prompt.value = ""
        if not self._always:
            self.remove_class("-filtering")
            self.body.focus()

    def action_recall(self, step: int) -> None:
        """Put an earlier or later filter into the line."""
        self.filter_text = self._recall.step(step)
        self._prompt.cursor_position = len(self.filter_text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is ours only while there is a filter to clear; else it goes on to the screen."""
        if action == "end_filter":
            return bool(self.filter_text) or (
                not self._always and self.has_class("-filtering") and self._prompt.has_focus
            )
        if action == "recall":
            return self._prompt.has_focus
        return True

    def _filter_changed(self, text: str) -> None:
        keep = self.highlighted or self._before_filter
        self.body.apply_filter(text)
        # While one types the best match has the cursor; without a filter the row stays.
        self.body.cursor = 0 if text else self.body.row_of(keep)
        self._refreshed()
        self.post_message(self.Filtered())

    @on(Input.Changed)
    def _filter_told(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def _filter_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._recall.add(event.value)
        if self._always:
            self.select()
        else:
            self.set_class(bool(event.value), "-filtering")
            self.body.focus()

    def on_key(self, event: events.Key) -> None:
        """In the filter the arrows move in the list."""
        moves = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10}
        if self._prompt.has_focus and event.key in moves:
            event.stop()
            self.body.move_to(self.body.cursor + moves[event.key])

    # -- the rows tell --------------------------------------------------------------------------

    def select(self) -> None:
        """Post Selected for the cursor's row."""
        row_id = self.highlighted
        if row_id is not None:
            self.post_message(self.Selected(row_id))

    def tell_highlighted(self) -> None:
        """Post Highlighted if it is another row than before."""
        row_id = self.highlighted
        if row_id != self._last:
            self._last = row_id
            self.post_message(self.Highlighted(row_id))

    def _refreshed(self) -> None:
        nothing = not self.body.row_count()
        if self.has_class("-empty") != nothing:
            had_focus = self.body.has_focus
            self.set_class(nothing, "-empty")
            if had_focus:
                self.call_after_refresh(self.focus)
        if nothing:
            empty, no_match = self._texts
            text = no_match if self.body.rows else empty
            if self._nothing.content != text:  # the screen is laid out anew
                self._nothing.update(text)
        self.body.show_titles()
        self.body.rows_changed(0)
        self.body.show_row(self.body.cursor)
        self.tell_highlighted()

    def show_titles(self, titles: str) -> None:
        """Set the title line."""
        if self._titles.content != titles:  # the screen is laid out anew
            self._titles.update(titles)
