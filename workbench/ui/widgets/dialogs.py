"""Small questions over the screen: Confirm, Choose, Message. Each is pushed as a screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.key_names import hint
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.status_bar import SEVERITIES, Severity

_FRAME_CSS = """
    {name} {{ align: center middle; }}
    {name} > .dialog {{
        width: 72; max-width: 94%; height: auto; max-height: 90%;
        background: $surface; border: round $border; padding: 1 2;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }}
    {name} > .-danger {{ border: heavy $error; border-title-color: $text-error; }}
    {name} .dialog-body {{ height: auto; max-height: 16; }}
    {name} .dialog-buttons {{ height: auto; align-horizontal: right; margin-top: 1; }}
    {name} Button {{ margin-left: 2; }}
"""


class Confirm(Modal[bool]):
    """Asks before something is done. The answer is whether to do it.

    ``body`` are the lines that say what will happen; ``action`` is the word on the button
    ("Publish"). y does it; enter does the button with the focus; n and escape don't. A dangerous
    action has a heavy border, the word "careful", and Cancel has the focus.
    """

    DEFAULT_CSS = _FRAME_CSS.format(name="Confirm")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape", "answer(False)", "No", id="confirm.no"),
        Binding("left,h", "app.focus_previous", show=False, id="confirm.left"),
        Binding("right,l", "app.focus_next", show=False, id="confirm.right"),
    ]

    def __init__(
        self, title: str, body: str | Sequence[str], action: str, *, danger: bool = False
    ) -> None:
        super().__init__()
        self._heading = title
        self._body = body if isinstance(body, str) else "\n".join(body)
        self._action = action
        self._danger = danger

    def compose(self) -> ComposeResult:
        frame = Vertical(classes="dialog -danger" if self._danger else "dialog")
        mark = "▲ careful: " if self._danger else ""
        frame.border_title = Content(mark + self._heading)
        frame.border_subtitle = Content(
            hint(self, f"<confirm.yes> {self._action}", "<confirm.no> cancel")
        )
        with frame:
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield Static(self._body, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                act = Button(Content(self._action), id="act", compact=True)
                act.variant = "error" if self._danger else "primary"
                yield act

    def on_mount(self) -> None:
        self.query_one("#cancel" if self._danger else "#act").focus()

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "act")


class Message(Modal[None]):
    """Tells something that needs more than a line. Enter, space or escape closes it."""

    DEFAULT_CSS = _FRAME_CSS.format(name="Message")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,space", "close", "Close", id="message.close"),
    ]

    def __init__(
        self, title: str, body: str | Sequence[str], *, severity: Severity | None = None
    ) -> None:
        super().__init__()
        self._heading = title
        self._body = body if isinstance(body, str) else "\n".join(body)
        self._severity = severity

    def compose(self) -> ComposeResult:
        bad = self._severity == "error"
        frame = Vertical(classes="dialog -danger" if bad else "dialog")
        frame.border_title = Content(
            f"{SEVERITIES[self._severity]} {self._heading}" if self._severity else self._heading
        )
        frame.border_subtitle = Content(hint(self, "<message.close> close"))
        with frame, VerticalScroll(classes="dialog-body"):
            yield Static(self._body, markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        self.dismiss(None)


class Choose(Modal[str | None]):
    """A picker: type to filter, enter takes the row. The answer is its id, None when given up.

    ``preview`` gives the text shown beside the list for the row with the cursor; ``enter`` and
    ``leave`` are the words for what enter and escape do.
    """

    DEFAULT_CSS = """
    Choose { align: center middle; }
    Choose > .dialog {
        width: 110; max-width: 94%; height: 80%; background: $surface; border: round $border;
        border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $text-muted;
    }
    Choose.-plain > .dialog { width: 72; }
    Choose .dialog-preview {
        width: 1fr; height: 1fr; border-left: vkey $border-blurred; padding: 0 1;
        color: $text-muted;
    }
    Choose FuzzyList { width: 1fr; }
    Choose.-plain .dialog-preview { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel", show=False, id="choose.cancel"),
    ]

    def __init__(
        self,
        title: str,
        rows: Sequence[Row],
        columns: int | Sequence[Column] = 1,
        *,
        preview: Callable[[str], str] | None = None,
        highlighted: str | None = None,
        empty: str = "Nothing to choose from.",
        enter: str = "choose",
        leave: str = "cancel",
    ) -> None:
        super().__init__(classes="" if preview else "-plain")
        self._heading = title
        self._words = (f"enter {enter}", f"<choose.cancel> {leave}")
        self._rows = rows
        self._preview = preview
        self._first = highlighted
        self._list = FuzzyList(columns, always_filter=True, empty=empty)
        self._beside = Static("", markup=False)

    def compose(self) -> ComposeResult:
        frame = Horizontal(classes="dialog")
        frame.border_title = Content(self._heading)
        frame.border_subtitle = Content(hint(self, *self._words))
        with frame:
            yield self._list
            with VerticalScroll(classes="dialog-preview", can_focus=False):
                yield self._beside

    def on_resize(self, event: events.Resize) -> None:
        """In a narrow terminal the list has all the room."""
        self.set_class(self._preview is None or event.size.width < 76, "-plain")

    def on_mount(self) -> None:
        self._list.set_rows(self._rows)
        if self._first is not None:
            self._list.highlight(self._first)
        self._list.focus()

    def action_give_up(self) -> None:
        self.dismiss(None)

    @on(FuzzyList.Highlighted)
    def _show_preview(self, event: FuzzyList.Highlighted) -> None:
        if self._preview is not None:
            self._beside.update(self._preview(event.row_id) if event.row_id else "")

    @on(FuzzyList.Selected)
    def _chosen(self, event: FuzzyList.Selected) -> None:
        self.dismiss(event.row_id)
