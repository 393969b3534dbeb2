"""Small programs for `screen`: one widget of ours each, with as much in it as anyone has.

`python -m tests.benchmarks.screen_apps one|list|logs|json|diff`, in a terminal.
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
    """A JSON view that gets a response of 6 MB with one key; another opens its filter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "filter")]

    def compose(self) -> ComposeResult:
        from workbench.ui.widgets.json_view import JsonView

        yield Static("pressed 0 times", id="counter")
        yield JsonView()

    def on_mount(self) -> None:
        import json

        item = {"name": "shown in full", "price": 12.5, "tags": ["a", "b"], "stock": {"berlin": 3}}
        count = MEGABYTES * 1_000_000 // (len(json.dumps(item)) + 2)
        document = {"items": [item] * count, "last": "needle"}
        self.document = json.dumps(document).encode()

    def action_go(self) -> None:
        from workbench.ui.widgets.json_view import JsonView

        self.query_one(JsonView).load(self.document)

    def action_filter(self) -> None:
        from workbench.ui.widgets.json_view import JsonView

        self.query_one(JsonView).open_filter()

    def on_json_view_loaded(self) -> None:
        from workbench.ui.widgets.json_view import JsonView

        if self.query_one(JsonView).text:
            self.query_one("#counter", Static).update("laid out")


class TwoDocuments(CountsKeys):
    """A diff view that gets two answers of 1 MB with one key: every tenth item is another."""

    def compose(self) -> ComposeResult:
        from workbench.ui.widgets.diff_view import DiffView

        yield Static("pressed 0 times", id="counter")
        yield DiffView()

    def on_mount(self) -> None:
        import json

        def document(changed: str) -> str:
            items = [
                {
                    "id": f"{number:032x}",
                    "name": f"item {number}",
                    "price": 12.5,
                    "tags": ["a", "b"],
                    "stock": {"berlin": 3, "state": "same" if number % 10 else changed},
                }
                for number in range(7_200)
            ]
            return json.dumps({"items": items})

        self.documents = document("before"), document("after")

    def action_go(self) -> None:
        from workbench.ui.widgets.diff_view import DiffView

        self.query_one(DiffView).compare(*self.documents)


if __name__ == "__main__":
    {
        "one": OneWidget,
        "list": ManyFunctions,
        "logs": ManyLines,
        "json": LargeDocument,
        "diff": TwoDocuments,
    }[sys.argv[1]]().run()
