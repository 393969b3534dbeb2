"""FilterLine: the one-line prompt for a JMESPath expression over a document."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from workbench.ui.widgets.prompt import Prompt
from workbench.ui.widgets.recall import Recall


class FilterLine(Horizontal):
    """A hidden line that ``open`` shows and that stays while its expression is in force.

    Enter leaves it as it is, escape takes the expression away, up and down recall earlier ones.
    """

    DEFAULT_CSS = """
    FilterLine { height: 1; dock: top; display: none; background: $panel; }
    FilterLine.-open { display: block; }
    FilterLine > .filter-prompt { width: auto; color: $accent; text-style: bold; padding: 0 1; }
    FilterLine > Input { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterLine > Input:focus { border: none; }
    FilterLine > .filter-status { width: auto; max-width: 50%; color: $text-muted; padding: 0 1;
        text-wrap: nowrap; text-overflow: ellipsis; }
    FilterLine.-wrong > .filter-status { color: $text-error; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", show=False, id="filter.close"),
        Binding("up", "recall(-1)", "Earlier", show=False, id="filter.earlier"),
        Binding("down", "recall(1)", "Later", show=False, id="filter.later"),
    ]

    class Changed(Message):
        """Another expression was typed; "" is none."""

        def __init__(self, expression: str) -> None:
            super().__init__()
            self.expression = expression

    class Left(Message):
        """Enter or escape: the lines take the focus again."""

    def __init__(self) -> None:
        super().__init__()
        self._recall = Recall()

    def compose(self) -> ComposeResult:
        yield Label("JMESPath", classes="filter-prompt")
        yield Prompt(placeholder="Records[].s3.object.key", compact=True, select_on_focus=False)
        yield Label("", classes="filter-status", markup=False)

    @property
    def expression(self) -> str:
        """The expression as it stands."""
        return self.query_one(Input).value.strip()

    def open(self) -> None:
        """Show the line and focus it."""
        self.add_class("-open")
        self._recall.begin()
        prompt = self.query_one(Input)
        prompt.focus()
        prompt.cursor_position = len(prompt.value)

    def clear(self) -> None:
        """Take the expression away and hide the line, without a message."""
        prompt = self.query_one(Input)
        with prompt.prevent(Input.Changed):
            prompt.value = ""
        self.status("")
        self.remove_class("-open")

    def status(self, text: str, *, wrong: bool = False) -> None:
        """Set the text at the right end."""
        self.set_class(wrong, "-wrong")
        self.query_one(".filter-status", Label).update(text)

    def action_close(self) -> None:
        self.clear()
        self.post_message(self.Changed(""))
        self.post_message(self.Left())

    def action_recall(self, step: int) -> None:
        prompt = self.query_one(Input)
        prompt.value = self._recall.step(step)
        prompt.cursor_position = len(prompt.value)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value.strip()))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        expression = self.expression
        if not expression:
            self.clear()
        self._recall.add(expression)
        self.post_message(self.Left())
