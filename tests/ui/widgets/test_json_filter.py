"""The JMESPath filter: what it finds, and what it says of an expression that is none."""

from __future__ import annotations

import json

import pytest
from textual.app import App, ComposeResult

from workbench.ui.widgets.filter_line import FilterLine
from workbench.ui.widgets.json_filter import fault_of, filtered
from workbench.ui.widgets.json_view import JsonView

EVENT = {"Records": [{"key": "ä.jpg", "size": 1.0}, {"key": "b.jpg", "size": 12345678901234567890}]}


@pytest.mark.parametrize(
    ("expression", "found", "words"),
    [
        ("Records[].key", '["ä.jpg", "b.jpg"]', "2 elements"),
        ("Records[].size", "[1.0, 12345678901234567890]", "2 elements"),
        ("Records[?size > `2`].key | [0]", '"b.jpg"', "1 value"),
        ("Records[0]", '{"key": "ä.jpg", "size": 1.0}', "2 members"),
        ("nowhere", "null", "nothing (null)"),
    ],
)
def test_an_expression_finds_a_part(expression: str, found: str, words: str) -> None:
    assert fault_of(expression) == ""
    result = filtered(json.dumps(EVENT), expression)
    assert (result.text, result.words, result.fault) == (found, words, "")


def test_a_large_text_is_searched_elsewhere_with_the_same_result() -> None:
    text = json.dumps({**EVENT, "padding": "x" * 300_000})
    assert filtered(text, "Records[].key").text == '["ä.jpg", "b.jpg"]'
    assert filtered(text, "abs(Records)").fault.startswith("In function abs()")


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("Records[", "goes on …"),
        ("Records[].key]", "column 14: ']' does not belong there"),
        ("a # b", "column 3: Unknown token #"),
        ("nothing(@)", ""),
    ],
)
def test_a_fault_is_told_in_words(expression: str, fault: str) -> None:
    assert fault_of(expression) == fault
    assert fault or filtered("{}", expression).fault == "Unknown function: nothing()"


class Reader(App[None]):
    def compose(self) -> ComposeResult:
        yield JsonView()


async def test_the_filter_line_filters_stays_for_the_next_document_and_goes() -> None:
    async with Reader().run_test() as pilot:
        view = pilot.app.query_one(JsonView)
        view.load(json.dumps(EVENT))
        view.open_filter()
        await pilot.press(*"Records[].key", "enter")
        assert json.loads(view.shown_text) == ["ä.jpg", "b.jpg"]
        assert view.lines.has_focus
        view.load('{"Records": [{"key": 5}]}')
        assert view.shown_text == "[5]"
        view.open_filter()
        await pilot.press("end", ",")
        line = view.query_one(FilterLine)
        assert line.has_class("-wrong")
        assert view.shown_text == "[5]"  # what was found last, while one types
        await pilot.press("escape")
        assert view.shown_text == view.text
        assert not line.has_class("-open")


async def test_a_large_document_is_filtered_and_searched_to_its_end() -> None:
    async with Reader().run_test() as pilot:
        view = pilot.app.query_one(JsonView)
        view.load(json.dumps({"rows": [{"n": n} for n in range(30_000)], "last": "the end"}))
        assert not view.search("the end") or view.path == "$.last"
        while view.path != "$.last":  # the rest of it comes, and what was searched is in it
            await pilot.pause(0.01)
        view.open_filter()
        await pilot.press(*"rows[-1]", "enter")
        while view.shown_text != '{"n": 29999}':
            await pilot.pause(0.01)
