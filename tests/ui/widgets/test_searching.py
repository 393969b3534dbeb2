"""What all searches have in common: leaving out with !, recall of earlier ones, n and N."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Input, Label

from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.fuzzy import rank
from workbench.ui.widgets.fuzzy_list import FuzzyList, Row
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.recall import Recall


def test_words_are_left_out() -> None:
    texts = ["orders-new", "orders-old", "mail"]
    assert rank("!old", texts, range(3)) == [0, 2]
    assert rank("ord !old", texts, range(3)) == [0]
    assert rank("ord !", texts, range(3)) == [0, 1]
    assert rank("hello", ["nodehello", "shellruntime\nprovided", "hxexlxlxo"], range(3)) == [0, 2]


def test_recall_steps_through_earlier_texts() -> None:
    recall = Recall()
    for text in ("one", "two", "one", ""):
        recall.add(text)
    assert [recall.step(step) for step in (-1, -1, -1, 1, 1, 1)] == [
        "one", "two", "two", "one", "", "",
    ]  # fmt: skip


class Both(App[None]):
    def compose(self) -> ComposeResult:
        yield FuzzyList()
        yield JsonView()


async def test_in_a_list_and_in_json() -> None:
    app = Both()
    async with app.run_test(size=(80, 24)) as pilot:
        rows, view = app.query_one(FuzzyList), app.query_one(JsonView)
        rows.set_rows([Row(name, (name,)) for name in ("alpha", "beta", "gamma", "delta")])
        rows.focus()
        await pilot.press("slash", *"!l", "enter")
        assert [rows.body.id_at(row) for row in range(rows.body.row_count())] == ["beta", "gamma"]
        await pilot.press("n")
        assert rows.highlighted == "gamma"
        await pilot.press("n", "N", "N")
        assert rows.highlighted == "beta"
        await pilot.press("slash", "ctrl+u", "alt+up")
        assert rows.filter_text == "!l"
        await pilot.press("escape")
        assert len(rows.rows) == rows.body.row_count()

        view.load('{"a": 1, "b": 1, "c": 2, "d": 1}')
        view.focus()
        await pilot.press("slash", *"!1", "enter")
        assert view.path == "$"
        await pilot.press("n")
        assert view.path == "$.c"
        await pilot.press("slash", "up")
        assert view.query_one("SearchBar > Input", Input).value == "!1"


async def test_in_changes_also_what_is_folded() -> None:
    view = DiffView()

    class Diff(App[None]):
        def compose(self) -> ComposeResult:
            yield view

    app = Diff()
    async with app.run_test(size=(60, 12)) as pilot:
        lines = [f"line {number}" for number in range(400)]
        view.compare("\n".join(lines), "\n".join([*lines[:-1], "other"]))
        view.focus()
        await pilot.press("slash", *"line 77", "enter")
        assert app.screen is app.screen_stack[0]
        assert view.row_count() > 400
        row = view.cursor
        await pilot.press("slash", *"line 7", "enter", "n")
        assert view.cursor == row + 1
        await pilot.press("N", "N")
        assert view.cursor == row - 1
        await pilot.press("slash", *"nowhere")
        await pilot.pause()
        assert "✗ not found" in str(app.screen.query_one(".search-status", Label).render())
        await pilot.press("escape", "g", "slash", *"!line", "enter")  # lines without it
        assert view.cursor == view.row_count() - 1
        await pilot.press("slash", "escape", "g", "n")  # from change to change again
        assert view.cursor > 350
