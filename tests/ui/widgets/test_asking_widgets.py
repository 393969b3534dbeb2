"""JsonEditor, FormDialog, the dialogs, Pane and the lines at the foot."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.document._document import Document
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from workbench.ui.widgets.dialogs import Choose, Confirm, Message
from workbench.ui.widgets.editor_lines import Lines, UnwrappedLines
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Row
from workbench.ui.widgets.json_editor import LARGE_ABOVE, JsonEditor
from workbench.ui.widgets.json_fault import Fault
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.pane import Pane
from workbench.ui.widgets.status_bar import KeyFooter, StatusLine

APP_KEYS = (
    *(f"ctrl+{letter}" for letter in "jopsnrt"),
    *(f"f{number}" for number in range(1, 11)),
    "escape",
)


class Host(App[None]):
    """Holds widgets and notes the keys that reach the app."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [Binding(key, f"note('{key}')") for key in APP_KEYS]  # noqa: RUF012

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self.widgets = widgets
        self.pressed: list[str] = []
        self.validity: list[Fault | None] = []
        self.answer: list[Any] = []

    def compose(self) -> ComposeResult:
        yield from self.widgets

    def action_note(self, key: str) -> None:
        self.pressed.append(key)

    def on_json_editor_validity_changed(self, event: JsonEditor.ValidityChanged) -> None:
        self.validity.append(event.fault)

    def ask(self, screen: Screen[Any]) -> None:
        self.push_screen(screen, self.answer.append)


def screen_text(app: App[None]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


async def test_editor_leaves_the_apps_keys_alone() -> None:
    editor = JsonEditor("{}")
    app = Host(editor)
    async with app.run_test() as pilot:
        editor.focus()
        await pilot.press(*APP_KEYS)
        assert tuple(app.pressed) == APP_KEYS
        assert editor.text == "{}"


async def test_editor_checks_while_typing() -> None:
    editor = JsonEditor('{"a": 1}')
    app = Host(editor)
    async with app.run_test() as pilot:
        editor.focus()
        await pilot.pause()
        assert app.validity == [None]
        editor.move_cursor((0, 7))
        await pilot.press("comma")
        async with asyncio.timeout(10):
            while app.validity[-1] is None:
                await pilot.pause(0.02)
        last = app.validity[-1]
        assert last is not None
        assert (last.line, last.column) == (1, 8)
        assert last.message == "a comma without a member after it: remove the comma"
        assert "1✗" in screen_text(app)
        await pilot.press("ctrl+g")
        assert editor.cursor_location == (0, 7)


async def test_editor_indents_and_formats() -> None:
    editor = JsonEditor("{}")
    app = Host(editor)
    async with app.run_test() as pilot:
        editor.focus()
        editor.move_cursor((0, 1))
        await pilot.press("enter", *'"a":1.50')
        assert editor.text == '{\n  "a":1.50\n}'
        await pilot.press("ctrl+l")
        assert editor.text == '{\n  "a": 1.50\n}'
        await pilot.press("ctrl+z")
        assert editor.text == '{\n  "a":1.50\n}'


async def test_editor_matches_brackets_outside_texts() -> None:
    editor = JsonEditor('{"a": "}",\n "b": []}')
    app = Host(editor)
    async with app.run_test():
        assert editor.find_matching_bracket("{", (0, 0)) == (1, 8)
        assert editor.find_matching_bracket("}", (1, 8)) == (0, 0)


async def test_editor_takes_a_large_text_plainly() -> None:
    editor = JsonEditor()
    app = Host(editor)
    async with app.run_test() as pilot:
        editor.load_text("[" + "1,\n" * LARGE_ABOVE + "]")
        async with asyncio.timeout(20):
            while editor.fault is None or "comma" not in editor.fault.message:
                await pilot.pause(0.02)
        assert not editor.soft_wrap and editor.is_large


TEXTS = st.text(alphabet="ab 日\t,\n", max_size=60)
PLACES = st.tuples(st.integers(0, 6), st.integers(0, 20))


@given(TEXTS, TEXTS, PLACES, PLACES)
def test_lines_are_where_textual_has_them(
    text: str, added: str, start: tuple[int, int], end: tuple[int, int]
) -> None:
    documents = (Lines(text), Document(text))
    ours, theirs = UnwrappedLines(documents[0], 0, 2), WrappedDocument(documents[1], 0, 2)
    lines = documents[0].lines
    start, end = sorted((min(row, len(lines) - 1), column) for row, column in (start, end))
    start, end = ((row, min(column, len(lines[row]))) for row, column in (start, end))
    for document, wrapped in zip(documents, (ours, theirs), strict=True):
        edit = document.replace_range(start, end, added)
        wrapped.wrap_range(start, end, edit.end_location)
    assert documents[0].text == documents[1].text
    assert documents[0].get_size(2) == documents[1].get_size(2)
    assert ours.height == theirs.height
    assert ours._offset_to_line_info == theirs._offset_to_line_info
    for row, line in enumerate(documents[1].lines):
        for column in range(len(line) + 1):
            offset = theirs.location_to_offset((row, column))
            assert ours.location_to_offset((row, column)) == offset
            assert ours.offset_to_location(offset) == theirs.offset_to_location(offset)
        assert ours.get_sections(row) == theirs.get_sections(row)
        beyond = Offset(99, row)
        assert ours.offset_to_location(beyond) == theirs.offset_to_location(beyond)


async def test_editor_scrolls_sideways_and_marks_lines_that_go_on() -> None:
    editor = JsonEditor('{\n  "a": "' + "x" * 60 + 'y",\n  "b": 1\n}')
    app = Host(editor)
    async with app.run_test(size=(30, 8)) as pilot:
        editor.focus()
        await pilot.pause()
        rows = screen_text(app).split("\n")
        assert rows[1].endswith("x›") and rows[2].endswith('"b": 1')
        await pilot.press("down", "end")
        await pilot.pause()
        assert 'xy",' in screen_text(app)


FIELDS = [
    Field("bucket", "Bucket", default="photos", help="Without s3://"),
    Field("size", "Size", "number", "1024", check=lambda v: "too big" if v == 5 else None),
    Field("method", "Method", "choice", "POST", choices=("GET", "POST")),
    Field("body", "Body", "json", '{"a": 1}'),
    Field("note", "Note", required=False),
]


async def test_form_answers_with_values() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.ask(FormDialog("S3 put", FIELDS, submit="Make event"))
        await pilot.pause()
        text = screen_text(app)
        assert "Bucket" in text and "Make event" in text and "Cancel" in text
        await pilot.press("ctrl+j")
        assert app.answer == [
            {"bucket": "photos", "size": 1024, "method": "POST", "body": {"a": 1}, "note": ""}
        ]


async def test_form_says_what_is_wrong_and_escape_gives_up() -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.ask(FormDialog("S3 put", FIELDS))
        await pilot.pause()
        inputs = app.screen.query(Input)
        inputs[1].value = "many"
        await pilot.press("enter")
        assert "✗ many is no number" in screen_text(app)
        inputs[1].value = "5"
        await pilot.pause()
        assert "✗ too big" in screen_text(app)
        await pilot.press("escape")
        assert app.answer == [None]


@pytest.mark.parametrize(
    ("keys", "danger", "answer"),
    [
        (["y"], True, True),
        (["n"], False, False),
        (["escape"], False, False),
        (["enter"], False, True),
        (["enter"], True, False),
        (["right", "enter"], True, True),
    ],
)
async def test_confirm(keys: list[str], danger: bool, answer: bool) -> None:
    app = Host()
    async with app.run_test(size=(80, 24)) as pilot:
        app.ask(Confirm("Publish [x]", ["arn:aws", "second"], "Publish", danger=danger))
        await pilot.pause()
        text = screen_text(app)
        assert "Publish [x]" in text and "second" in text
        assert ("careful" in text) == danger
        await pilot.press(*keys)
        await pilot.pause()
        assert app.answer == [answer]


async def test_choose_filters_previews_and_answers() -> None:
    app = Host()
    rows = [Row(f"id{n}", (f"event {n}",)) for n in range(300)]
    async with app.run_test(size=(100, 30)) as pilot:
        app.ask(Choose("Event", rows, preview=lambda row: f"about {row}"))
        await pilot.pause()
        await pilot.press(*"217")
        await pilot.pause()
        assert "about id217" in screen_text(app)
        await pilot.press("enter")
        app.ask(Choose("Event", rows))
        await pilot.pause()
        await pilot.press("down", "x", "escape")
        await pilot.press("escape")
        await pilot.pause()
        assert app.answer == ["id217", None]


async def test_message_closes() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.ask(Message("No credentials", "aws sso login", severity="error"))
        await pilot.pause()
        assert "✗ error: No credentials" in screen_text(app)
        await pilot.press("escape")
        assert app.answer == [None]


async def test_pane_and_foot_lines() -> None:
    pane = Pane(JsonView(), number=3, title="Result [a]", subtitle="$.x")
    status, footer = StatusLine(), KeyFooter()
    app = Host(pane, status, footer)
    async with app.run_test(size=(80, 24)) as pilot:
        footer.set_keys(
            [("ctrl+j", "invoke"), ("slash", "find"), *[("x", str(n)) for n in range(9)]]
        )
        status.context = "local"
        status.say("saved", "success", None)
        pane.show_empty("Nothing yet: ctrl+j invokes.")
        await pilot.pause()
        text = screen_text(app)
        assert "3 Result [a]" in text and "$.x" in text and "Nothing yet" in text
        assert "local" in text and "✓ done: saved" in text
        assert "^j invoke   / find" in text
        assert len(footer.keys) == 7
        await pilot.click(KeyFooter, offset=(2, 0))
        assert app.pressed == ["ctrl+j"]
        pane.hide_empty()
        pane.zoomed = True
        await pilot.pause()
        assert "(zoomed)" in screen_text(app) and "Nothing yet" not in screen_text(app)
        status.clear()
        assert status.message == ""
