"""FormDialog: a few values to fill in, each with a default, a line of help and its own check."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static

from workbench.ui.widgets.json_editor import JsonEditor
from workbench.ui.widgets.json_fault import json_fault
from workbench.ui.widgets.key_names import hint
from workbench.ui.widgets.modal import Modal

_NOTHING = "— nothing chosen —"


@dataclass(frozen=True)
class Field:
    """One value of a form.

    ``kind``: "text" gives str, "number" int or float, "choice" one of ``choices`` (str), "json"
    the value of a JSON text written in an editor. ``default`` is the text the field starts with.
    An empty field that isn't ``required`` gives None ("text": ""). ``check`` takes the value and
    returns what is wrong with it, or None.
    """

    name: str
    label: str
    kind: Literal["text", "number", "choice", "json"] = "text"
    default: str = ""
    help: str = ""
    choices: Sequence[str] = ()
    required: bool = True
    check: Callable[[object], str | None] | None = None


class FormDialog(Modal[dict[str, object] | None]):
    """A form. The answer has a value per field name; None when it was given up.

    ctrl+j, or enter in a one-line field, submits; escape gives up; tab goes from field to field.
    """

    DEFAULT_CSS = """
    FormDialog { align: center middle; }
    FormDialog > .dialog {
        width: 76; max-width: 94%; height: auto; max-height: 94%; background: $surface;
        border: round $border; padding: 0 1; border-title-color: $foreground;
        border-title-style: bold; border-subtitle-color: $text-muted;
    }
    FormDialog .form-fields { height: auto; }
    FormDialog .form-field { height: auto; margin-bottom: 1; }
    FormDialog .form-label { text-style: bold; width: 1fr; }
    FormDialog SelectCurrent .arrow { color: $foreground; }
    FormDialog .form-help { color: $text-muted; width: 1fr; height: auto; }
    FormDialog .form-wrong { color: $text-error; width: 1fr; height: auto; display: none; }
    FormDialog .form-wrong.-shown { display: block; }
    FormDialog .form-field Input, FormDialog .form-field JsonEditor,
    FormDialog .form-field Select.-textual-compact > SelectCurrent {
        border: none !important; border-left: vkey $border-blurred !important; background: $panel;
    }
    FormDialog Input { height: 1; }
    FormDialog .form-field Input:focus, FormDialog .form-field JsonEditor:focus,
    FormDialog .form-field Select.-textual-compact:focus > SelectCurrent {
        border: none !important; border-left: outer $border !important; background: $panel;
    }
    FormDialog Select { width: 1fr; }
    FormDialog JsonEditor { height: auto; min-height: 3; max-height: 8; }
    FormDialog .form-buttons { height: 1; align-horizontal: right; }
    FormDialog Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+j",
            "submit",
            "OK; so does enter in a line",
            priority=True,
            id="form.submit",
        ),
        Binding("escape", "give_up", "Cancel", id="form.cancel"),
    ]

    def __init__(self, title: str, fields: Sequence[Field], *, submit: str = "OK") -> None:
        super().__init__()
        self._heading = title
        self._form = list(fields)
        self._submit = submit
        self._inputs: dict[str, Widget] = {}
        self._wrong: dict[str, Static] = {}

    def compose(self) -> ComposeResult:
        frame = Vertical(classes="dialog")
        frame.border_title = Content(self._heading)
        submit = f"<form.submit> {self._submit}"
        frame.border_subtitle = Content(
            hint(self, submit, "tab next field", "<form.cancel> cancel")
        )
        with frame:
            with VerticalScroll(classes="form-fields", can_focus=False):
                for field in self._form:
                    self._inputs[field.name] = _input_of(field)
                    self._wrong[field.name] = Static("", classes="form-wrong", markup=False)
                    with Vertical(classes="form-field"):
                        optional = "" if field.required else "  (may be empty)"
                        yield Label(field.label + optional, classes="form-label", markup=False)
                        yield self._inputs[field.name]
                        if field.help:
                            yield Static(field.help, classes="form-help", markup=False)
                        yield self._wrong[field.name]
            with Horizontal(classes="form-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(Content(self._submit), id="submit", variant="primary", compact=True)

    def on_mount(self) -> None:
        for widget in self._inputs.values():
            # Not scrolled to: that would push its label out.
            widget.focus(scroll_visible=False)
            break

    def on_resize(self, event: events.Resize) -> None:
        """The fields scroll; borders and buttons keep their three lines."""
        fields = self.query_one(".form-fields")
        fields.styles.max_height = max(3, int(event.size.height * 0.94) - 3)

    def action_give_up(self) -> None:
        self.dismiss(None)

    def action_submit(self) -> None:
        """Answer with the values if all are right, else say at each field what is wrong."""
        values: dict[str, object] = {}
        first_wrong: Widget | None = None
        for field in self._form:
            value, wrong = _value_of(field, self._text_of(field.name))
            self._say(field.name, wrong)
            values[field.name] = value
            if wrong is not None and first_wrong is None:
                first_wrong = self._inputs[field.name]
        if first_wrong is None:
            self.dismiss(values)
        else:
            first_wrong.focus()

    def _text_of(self, name: str) -> str:
        widget = self._inputs[name]
        if isinstance(widget, Input):
            return widget.value
        if isinstance(widget, JsonEditor):
            return widget.text
        assert isinstance(widget, Select)
        return "" if widget.is_blank() else str(widget.value)

    def _say(self, name: str, wrong: str | None) -> None:
        line = self._wrong[name]
        line.update(f"✗ {wrong}" if wrong else "")
        line.set_class(bool(wrong), "-shown")

    @on(Input.Changed)
    @on(Select.Changed)
    @on(JsonEditor.Changed)
    def _edited(self, event: Input.Changed | Select.Changed | JsonEditor.Changed) -> None:
        for field in self._form:
            # What was wrong is checked again while it is mended; nothing is blamed before.
            if self._inputs[field.name] is event.control and self._wrong[field.name].has_class(
                "-shown"
            ):
                self._say(field.name, _value_of(field, self._text_of(field.name))[1])

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.action_submit()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "submit":
            self.action_submit()
        else:
            self.dismiss(None)


def _input_of(field: Field) -> Widget:
    if field.kind == "choice":
        options = [(Content(choice), choice) for choice in field.choices]
        if field.default in field.choices:
            return Select(
                options, value=field.default, allow_blank=not field.required, compact=True
            )
        return Select(options, prompt=_NOTHING, allow_blank=True, compact=True)
    if field.kind == "json":
        return JsonEditor(field.default)
    return Input(field.default, compact=True)


def _value_of(field: Field, text: str) -> tuple[object, str | None]:
    """Return (value, what is wrong) of a field's text."""
    if not text.strip():
        if field.required:
            return None, f"{field.label} is missing: write a value"
        return ("" if field.kind == "text" else None), None
    value: object = text
    if field.kind == "number":
        try:
            value = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                return None, f"{text.strip()} is no number: write digits, for example 30"
            if value in (float("inf"), float("-inf")) or value != value:
                return None, f"{text.strip()} is no number: write digits, for example 30"
    elif field.kind == "json":
        fault = json_fault(text)
        if fault is not None:
            return None, str(fault)
        value = json.loads(text)
    return value, field.check(value) if field.check else None
