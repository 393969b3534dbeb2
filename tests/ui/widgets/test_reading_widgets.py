"""JsonView, LogView, DiffView and FuzzyList through keys and messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.log_view import LogLine, LogView


class Host(App[None]):
    """Holds one widget and notes the messages that reach the app."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.seen: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def note(self, message: Message) -> None:
        self.seen.append(message)

    on_json_view_copy_requested = note
    on_json_view_loaded = note
    on_log_view_follow_changed = note
    on_log_view_line_selected = note
    on_fuzzy_list_selected = note
    on_fuzzy_list_highlighted = note


def screen_text(app: App[None]) -> str:
    """Return what is on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await pilot.pause(0.02)


DOCUMENT = '{"Records":[{"s3":{"key":"a.jpg"},"n":1.50},{"x":[]}]}'


async def test_json_is_shown_indented_and_folds() -> None:
    view = JsonView()
    app = Host(view)
    async with app.run_test(size=(60, 20)) as pilot:
        view.load(DOCUMENT.encode())
        view.focus()
        await pilot.pause()
        assert '"n": 1.50' in screen_text(app)
        await pilot.press("j", "j", "enter")
        assert "{ … 2 members }," in screen_text(app)
        assert "a.jpg" not in screen_text(app)
        assert view.path == "$.Records[0]"
        await pilot.press("space")
        assert "a.jpg" in screen_text(app)
        await pilot.press("minus")
        assert '"Records": [ … 2 elements ]' in screen_text(app)
        await pilot.press("plus", "G", "y")
        copied = [m for m in app.seen if isinstance(m, JsonView.CopyRequested)]
        assert copied[-1].text == DOCUMENT


async def test_json_search_opens_folds_and_copies_path() -> None:
    view = JsonView()
    app = Host(view)
    async with app.run_test(size=(60, 20)) as pilot:
        view.load(DOCUMENT)
        view.focus()
        await pilot.press("minus", "slash", *"jpg", "enter", "p")
        await pilot.pause()
        copied = [m for m in app.seen if isinstance(m, JsonView.CopyRequested)]
        assert (copied[-1].what, copied[-1].text) == ("path", "$.Records[0].s3.key")
        assert "1 of 1" in screen_text(app)


async def test_text_that_is_no_json_is_shown_as_text() -> None:
    view = JsonView()
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        view.load("<h1>hello</h1>\n\x1b[31m[red]\x1b[0m\n{not json")
        await pilot.pause()
        assert not view.is_json
        text = screen_text(app)
        assert "<h1>hello</h1>" in text and "[red]" in text and "{not json" in text
        view.clear()
        await pilot.pause()
        assert screen_text(app).strip() == ""


async def test_a_large_document_is_there_before_it_is_laid_out() -> None:
    view = JsonView()
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        view.load(json.dumps([{"n": n} for n in range(60_000)]))
        assert view.is_json
        view.focus()
        view.lines.action_last_row()  # of what is there so far: the end is wanted
        await until(pilot, lambda: any(isinstance(m, JsonView.Loaded) for m in app.seen))
        assert view.lines.cursor == view.lines.row_count() - 1
        await pilot.press("k", "k")
        assert view.path == "$[59999].n"


def lines(count: int, start: int = 0) -> list[LogLine]:
    return [LogLine(1_700_000_000_000 + n, f"line {n}") for n in range(start, start + count)]


async def test_logs_follow_pause_and_resume() -> None:
    view = LogView()
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        assert "No log lines yet." in screen_text(app)
        view.append(lines(100_000))
        view.focus()
        await until(pilot, lambda: "line 99999" in screen_text(app))
        await pilot.press("k")
        assert not view.follow
        view.append(lines(10, 100_000))
        await until(pilot, lambda: len(list(view.lines())) == 100_010)
        assert "line 100009" not in screen_text(app)
        await pilot.press("s")
        await until(pilot, lambda: "line 100009" in screen_text(app))
        followed = [m.following for m in app.seen if isinstance(m, LogView.FollowChanged)]
        assert followed == [False, True]
        await pilot.press("c")
        await until(pilot, lambda: "No log lines yet." in screen_text(app))


async def test_logs_are_bounded() -> None:
    view = LogView(max_lines=100)
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        view.append(lines(1_000))
        await until(pilot, lambda: "line 999" in screen_text(app))
        assert view.line_count == 100


async def test_more_lines_lay_out_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    view = LogView()
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        for last in (99, 199):  # the scrollbar comes, and is given its style
            view.append(lines(100, last - 99))
            await until(pilot, lambda last=last: f"line {last}" in screen_text(app))
        laid_out: list[object] = []
        monkeypatch.setattr(app.screen, "_refresh_layout", lambda *args, **_: laid_out.append(args))
        view.append(lines(100, 200))
        await until(pilot, lambda: "line 299" in screen_text(app))
        assert view.tail.vertical_scrollbar.window_virtual_size == 300
        assert view.tail.scroll_offset.y == view.tail.max_scroll_y == 290
        assert not laid_out


async def test_logs_search_hide_and_wrap() -> None:
    view = LogView(lambda line: "error" if "bad" in line.text else "")
    app = Host(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.append([LogLine(0, "good one"), LogLine(1, "bad " + "wörd日本 " * 10)])
        view.focus()
        await until(pilot, lambda: "✗ bad" in screen_text(app))
        await pilot.press("w")
        await pilot.pause()
        assert screen_text(app).count("wörd") == 10 or screen_text(app).count("日") == 10
        await pilot.press("slash", *"good", "enter", "enter")
        selected = [m.lines[0].text for m in app.seen if isinstance(m, LogView.LineSelected)]
        assert selected == ["good one"]
        await pilot.press("slash", *"!good", "enter")
        await until(pilot, lambda: "good one" not in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "good one" in screen_text(app))


async def test_wrapped_logs_leave_room_for_the_scroll_bar() -> None:
    view = LogView()
    app = Host(view)
    async with app.run_test(size=(40, 8)) as pilot:
        view.wrap, view.show_times = True, False
        view.append([LogLine(0, "abcdefghij" * 8)] * 20)
        await until(pilot, lambda: "abc" in screen_text(app))
        await pilot.pause(0.1)
        rows = [row.rstrip(" ▁▂▃▄▅▆▇█▔") for row in screen_text(app).split("\n")]
        assert "abcdefghij" * 8 in "".join(rows)


ROWS = [Row(name, (name, "python3.13")) for name in ("resize-photo", "send-invoice", "[odd]")]


async def test_list_filters_ranks_and_selects() -> None:
    view = FuzzyList((Column("Name"), Column("Runtime")), empty="No functions.")
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        assert "No functions." in screen_text(app)
        view.set_rows(ROWS)
        view.focus()
        await pilot.pause()
        assert "[odd]" in screen_text(app)
        await pilot.press("slash", *"siv")
        await pilot.pause()
        assert view.highlighted == "send-invoice"
        assert "resize" not in screen_text(app)
        await pilot.press("enter", "enter")
        chosen = [m.row_id for m in app.seen if isinstance(m, FuzzyList.Selected)]
        assert chosen == ["send-invoice"]
        await pilot.press("escape")
        await pilot.pause()
        assert "resize-photo" in screen_text(app)
        assert view.highlighted == "send-invoice"


async def test_list_keeps_its_row_when_rows_change() -> None:
    view = FuzzyList(2)
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        view.set_rows(ROWS)
        view.focus()
        await pilot.press("j")
        view.set_rows([Row("new", ("new", "")), *ROWS])
        assert view.highlighted == "send-invoice"
        view.update_row(Row("send-invoice", ("send-invoice", "✓ ok")))
        await pilot.pause()
        assert "✓ ok" in screen_text(app)
        view.filter_text = "zzz"
        await pilot.pause()
        assert "Nothing matches" in screen_text(app)
        assert view.highlighted is None


async def test_titles_stand_above_their_columns() -> None:
    figures = [Column("MB", right=True), Column("answer")]
    view = FuzzyList((Column("where", grows=False), *figures))
    app = Host(view)
    async with app.run_test(size=(60, 10)) as pilot:
        view.set_rows([Row(name, (name, "", "")) for name in ("v1", "v2")])
        view.update_row(Row("v2", ("v2", "1,024", "◆ base")))
        view.update_row(Row("v1", ("version", "128", "= same")))
        await pilot.pause()
        titles, first, second = screen_text(app).splitlines()[:3]
        assert titles[1:].rstrip() == "where       MB  answer"
        assert first[1:].rstrip() == "version    128  = same"
        assert second[1:].rstrip() == "v2       1,024  ◆ base"


async def test_diff_that_is_shown_later_begins_at_the_left() -> None:
    view = DiffView()
    view.display = False
    app = Host(view)
    async with app.run_test(size=(40, 10)) as pilot:
        labels = {"old_label": "what was before", "new_label": "what is there now"}
        view.compare('{"said": "first"}', '{"said": "second"}', **labels)
        await pilot.pause()
        await pilot.pause()
        view.display = True
        await until(pilot, lambda: "first" in screen_text(app))
        assert '-   "said": "first"' in screen_text(app)
        assert view.cursor > 0


async def test_diff_marks_changes_and_folds_context() -> None:
    view = DiffView()
    app = Host(view)
    async with app.run_test(size=(60, 24)) as pilot:
        old = json.dumps({"a": 1, "list": list(range(30)), "z": "x"})
        view.compare(old, json.dumps({"z": "y", "a": 2, "list": list(range(30))}))
        view.focus()
        await pilot.pause()
        text = screen_text(app)
        assert '-   "a": 1' in text and '+   "a": 2' in text and "unchanged lines" in text
        assert view.summary == "+2 −2"
        row = view.cursor
        await pilot.press("n")
        assert view.cursor > row
        await pilot.press("N")
        assert view.cursor == row
        view.compare(old, old)
        await pilot.pause()
        assert "✓ no difference" in screen_text(app)
