"""Small programs for `screen`: one widget of ours each, with as much in it as anyone has.

`python -m tests.benchmarks.screen_apps one|list|logs|json`, in a terminal.
"""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

FUNCTIONS = 10_000
LINES = 100_000
MEGABYTES = 6


class OneWidget(App[None]):
    """The least a Textual program can be."""

    def compose(self) -> ComposeResult:
        yield Static("Functions")


class CountsKeys(App[None]):
    """Shows how often x was pressed, so that an answer to a key can be seen from outside."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "count", priority=True),
        Binding("ctrl+g", "go", priority=True),
    ]
    counted = 0

    def action_count(self) -> None:
        self.counted += 1
        self.query_one("#counter", Static).update(f"pressed {self.counted} times")


class ManyFunctions(App[None]):
    """10,000 functions in a filterable list."""

    def compose(self) -> ComposeResult:
        from workbench.ui.widgets.fuzzy_list import FuzzyList

        yield FuzzyList(columns=3, always_filter=True)

    def on_mount(self) -> None:
        from workbench.ui.widgets.fuzzy_list import FuzzyList, Row

        teams = ("orders", "billing", "search", "media", "identity")
        verbs = ("handler", "worker", "authorizer", "rotation", "thumbnail")
        rows = [
            Row(str(n), (f"{teams[n % 5]}-{n:05}-{verbs[n // 5 % 5]}", "python3.13", "Active"))
            for n in range(FUNCTIONS)
        ]
        self.query_one(FuzzyList).set_rows(rows)


class ManyLines(CountsKeys):
    """A log view that gets 100,000 lines with one key."""

    def compose(self) -> ComposeResult:
        from workbench.ui.widgets.log_view import LogView

        yield Static("pressed 0 times", id="counter")
        yield LogView()

    def on_mount(self) -> None:
        from workbench.ui.widgets.log_view import LogLine

        now, words = 1_767_225_600_000, "of the flood, with some words to fill it"
        self.lines = [LogLine(now + n, f"line {n} {words}") for n in range(LINES)]

    def action_go(self) -> None:
        from workbench.ui.widgets.log_view import LogView

        self.query_one(LogView).append(self.lines)


class LargeDocument(CountsKeys):
    """A JSON view that gets a response of 6 MB with one key."""

    def compose(self) -> ComposeResult:
        from workbench.ui.widgets.json_view import JsonView

        yield Static("pressed 0 times", id="counter")
        yield JsonView()

    def on_mount(self) -> None:
        import json

        item = {"name": "shown in full", "price": 12.5, "tags": ["a", "b"], "stock": {"berlin": 3}}
        count = MEGABYTES * 1_000_000 // (len(json.dumps(item)) + 2)
        self.document = json.dumps({"items": [item] * count}).encode()

    def action_go(self) -> None:
        from workbench.ui.widgets.json_view import JsonView

        self.query_one(JsonView).load(self.document)


if __name__ == "__main__":
    {"one": OneWidget, "list": ManyFunctions, "logs": ManyLines, "json": LargeDocument}[
        sys.argv[1]
    ]().run()
