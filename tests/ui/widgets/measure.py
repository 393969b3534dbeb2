"""Measures the widgets' speeds and prints a table: `python tests/ui/widgets/measure.py`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from time import perf_counter

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widget import Widget

from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.fuzzy_list import FuzzyList, Row
from workbench.ui.widgets.json_editor import JsonEditor
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.line_view import LineView
from workbench.ui.widgets.log_view import LogLine, LogView


class Host(App[None]):
    """One widget alone."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.done = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_json_view_loaded(self) -> None:
        self.done.set()

    def on_diff_view_compared(self) -> None:
        self.done.set()


def say(what: str, seconds: float) -> None:
    print(f"{what:<62} {seconds * 1000:8.1f} ms")


def painted(view: Widget, action: Callable[[], object]) -> float:
    """Seconds of an action and of painting the whole view after it."""
    start = perf_counter()
    action()
    view.render_lines(Region(0, 0, view.size.width, view.size.height))
    return perf_counter() - start


def large_json(size: int) -> str:
    record = {"id": 0, "name": "x" * 30, "ok": True, "list": [1, 2.5], "s3": {"key": "a/b,{}"}}
    count = size // len(json.dumps(record))
    return json.dumps({"Records": [{**record, "id": n} for n in range(count)]})


async def worst_stall(app: Host, until: Callable[[], bool]) -> float:
    """Longest time the event loop was held until the condition is true."""
    worst = 0.0
    while not until():
        start = perf_counter()
        await asyncio.sleep(0.002)
        worst = max(worst, perf_counter() - start - 0.002)
    return worst


async def json_view() -> None:
    text = large_json(6_000_000)
    view = JsonView()
    async with Host(view).run_test(size=(120, 40)) as pilot:
        app = pilot.app
        assert isinstance(app, Host)
        view.load("1")
        await pilot.pause()
        app.done.clear()
        start = perf_counter()
        say("JSON 6 MB: first page painted", painted(view.lines, lambda: view.load(text)))
        stall = await worst_stall(app, app.done.is_set)
        say("JSON 6 MB: whole document ready", perf_counter() - start)
        say("JSON 6 MB: longest the loop was held meanwhile", stall)
        say("JSON 6 MB: page down", painted(view.lines, lambda: view.lines.action_page(1)))
        say("JSON 6 MB: end", painted(view.lines, view.lines.action_last_row))
        say("JSON 6 MB: fold all", painted(view.lines, view.fold_all))
        say("JSON 6 MB: search, found at the end", painted(view, lambda: view.search(": 5999")))
        say("JSON 6 MB: search, not found", painted(view, lambda: view.search("nowhere")))


async def log_view() -> None:
    for wrap in (False, True):
        view = LogView()
        async with Host(view).run_test(size=(120, 40)) as pilot:
            app = pilot.app
            assert isinstance(app, Host)
            view.wrap = wrap
            view.append([LogLine(n, f"line {n} " + "x" * 150) for n in range(1_000)])
            await pilot.pause(0.2)
            lines = [LogLine(n, f"line {n} " + "word " * 30) for n in range(100_000)]
            view.append(lines)
            stall = await worst_stall(app, lambda v=view: not v.tail.store.is_behind)
            note = "wrapped" if wrap else "plain"
            say(f"logs {note}: 100,000 lines at once, longest stall", stall)
            start = perf_counter()
            while perf_counter() < start + 1:  # 100,000 lines a second
                view.append(lines[:4_000])
                await asyncio.sleep(0.04)
            say(f"logs {note}: key up", painted(view.tail, view.tail.action_row_up))
    view = LogView()
    async with Host(view).run_test(size=(120, 40)) as pilot:
        view.append(lines * 10)
        await pilot.pause(0.5)
        say("logs: 1,000,000 lines, page up", painted(view.tail, lambda: view.tail.action_page(-1)))
        say("logs: 1,000,000 lines, search, not found", painted(view, lambda: view.search("zz")))
        say("logs: 1,000,000 lines, !hide keystroke", painted(view, lambda: view.search("!zz")))


async def fuzzy_list() -> None:
    view = FuzzyList(3)
    names = ("resize-photo", "send-invoice", "nightly-report", "webhook")
    rows = [Row(str(n), (f"{names[n % 4]}-{n}", "python3.13", "ok")) for n in range(10_000)]
    async with Host(view).run_test(size=(120, 40)) as pilot:
        body: LineView = view.body
        say("list: 10,000 rows set", painted(body, lambda: view.set_rows(rows)))
        await pilot.pause()
        for text in ("e", "ei", "ein", "einv", "einv9", ""):
            view.filter_text = ""
            say(f"list: filter {text!r}, all rows", painted(body, lambda t=text: _filter(view, t)))


def _filter(view: FuzzyList, text: str) -> None:
    view.body.apply_filter("")
    view.body.apply_filter(text)
    view.body.rows_changed(0)


async def diff_view() -> None:
    old = json.loads(large_json(1_000_000))
    new = json.loads(large_json(1_000_000))
    for index in range(0, len(new["Records"]), 50):
        new["Records"][index]["name"] = f"changed {index}"
    del new["Records"][500:520]
    other = [{"v": n % 7, "w": [n % 3, n % 5]} for n in range(30_000)]
    unlike = [{"v": n % 5, "w": [n % 4, n % 3]} for n in range(30_000)]
    for name, left, right in (("few changes", old, new), ("all different", other, unlike)):
        view = DiffView()
        async with Host(view).run_test(size=(120, 40)) as pilot:
            app = pilot.app
            assert isinstance(app, Host)
            start = perf_counter()
            view.compare(json.dumps(left), json.dumps(right))
            await app.done.wait()
            view.render_lines(Region(0, 0, 120, 40))
            say(f"diff of two 1 MB answers, {name} ({view.summary})", perf_counter() - start)


async def editor() -> None:
    indented = [json.dumps(json.loads(large_json(n)), indent=2) for n in (125_000, 2_500_000)]
    for text in (*indented, large_json(1_000_000)):
        view = JsonEditor()
        async with Host(view).run_test(size=(120, 40)) as pilot:
            lines = text.count("\n") + 1
            what = f"editor {len(text) / 1e6:.2f} MB, {lines:,} lines"
            say(f"{what}: load", painted(view, lambda v=view, t=text: v.load_text(t)))
            await pilot.pause()
            say(f"{what}: key", painted(view, lambda v=view: v.insert("x")))
            say(f"{what}: page down", painted(view, view.action_cursor_page_down))
            stall = 0.0
            until = perf_counter() + 1.5
            stall = await worst_stall(pilot.app, lambda u=until: perf_counter() > u)  # type: ignore[arg-type]
            say(f"{what}: longest stall while it is checked", stall)


async def main() -> None:
    for measure in (json_view, log_view, fuzzy_list, diff_view, editor):
        await measure()


if __name__ == "__main__":
    asyncio.run(main())
