"""ChooseMany: a picker of several rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content

from workbench.ui.widgets.fuzzy_list import FuzzyList, Row
from workbench.ui.widgets.key_names import hint
from workbench.ui.widgets.modal import Modal


class ChooseMany(Modal[list[str] | None]):
    """Type to filter, enter marks a row or takes its mark away, ctrl+j is done; the answer are
    the marked ids in the order of the rows, None when given up. At most `most` can be marked."""

    DEFAULT_CSS = """
    ChooseMany { align: center middle; }
    ChooseMany > .dialog {
        width: 72; max-width: 94%; height: 80%; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel", show=False, id="choose-many.cancel"),
        Binding("ctrl+j,alt+enter", "done", "Done", show=False, priority=True,
                id="choose-many.done"),
    ]  # fmt: skip

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], chosen: Iterable[str], *, most: int
    ) -> None:
        super().__init__()
        self._heading = title
        self._choices = choices
        self._chosen = set(chosen)
        self._most = most
        self._list = FuzzyList(2, always_filter=True)

    def compose(self) -> ComposeResult:
        self._frame = Horizontal(self._list, classes="dialog")
        self._frame.border_title = Content(self._heading)
        yield self._frame

    def on_mount(self) -> None:
        self._list.set_rows([self._row(each) for each, _ in self._choices])
        self._show_count()
        self._list.focus()

    def _row(self, id: str) -> Row:
        words = dict(self._choices)[id]
        mark = "◆ " if id in self._chosen else "◇ "
        return Row(id, (Text(mark + id), Text(words)), search=id)

    def _show_count(self) -> None:
        count = f"{len(self._chosen)} of {self._most}"
        self._frame.border_subtitle = Content(
            hint(
                self, count, "enter marks", "<choose-many.done> done", "<choose-many.cancel> cancel"
            )
        )

    @on(FuzzyList.Selected)
    def _marked(self, event: FuzzyList.Selected) -> None:
        event.stop()
        if event.row_id in self._chosen or len(self._chosen) < self._most:
            self._chosen ^= {event.row_id}
            self._list.update_row(self._row(event.row_id))
            self._show_count()
        else:
            self.app.bell()

    def action_give_up(self) -> None:
        """Choose nothing."""
        self.dismiss(None)

    def action_done(self) -> None:
        """Take what is marked."""
        self.dismiss([id for id, _ in self._choices if id in self._chosen])
