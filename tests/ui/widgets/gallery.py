"""Shows each widget with example content, to look at: `python tests/ui/widgets/gallery.py NAME`.

`--shot FILE.svg [--size 100x30] [--theme NAME] [--press key,key]` writes a picture instead.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget

from workbench.themes import load_themes
from workbench.ui.widgets.dialogs import Choose, Confirm, Message
from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.json_editor import JsonEditor
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.log_view import LogLine, LogView
from workbench.ui.widgets.palette import textual_theme
from workbench.ui.widgets.pane import Pane
from workbench.ui.widgets.status_bar import KeyFooter, StatusLine

THEMES = Path(__file__).parents[3] / "themes"

EVENT = {
    "Records": [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "s3": {"bucket": {"name": "photos", "arn": "arn:aws:s3:::photos"}, "size": 1024.50},
            "responseElements": {},
            "tags": ["eins", "zwei", "日本語テキスト", "👨‍👩‍👧 family"],
            "ok": True,
            "none": None,
        },
        {"eventVersion": "2.2", "empty": []},
    ]
}


class Gallery(App[None]):
    """One widget, or one dialog, alone."""

    def __init__(self, name: str, theme: str) -> None:
        super().__init__()
        self._shown = name
        self._wanted_theme = theme

    def compose(self) -> ComposeResult:
        yield from WIDGETS[self._shown]()

    def on_mount(self) -> None:
        for theme in load_themes(THEMES):
            self.register_theme(textual_theme(theme))
        self.theme = self._wanted_theme
        prepare = PREPARE.get(self._shown)
        if prepare:
            prepare(self)


def _json() -> list[Widget]:
    return [JsonView()]


def _fill_json(app: App[None]) -> None:
    view = app.query_one(JsonView)
    view.load(json.dumps(EVENT, ensure_ascii=False))
    view.focus()


def _lines(count: int) -> list[LogLine]:
    texts = (
        "START RequestId: 8f5c1b0e-1b7c Version: $LATEST",
        "\x1b[32mINFO\x1b[0m loaded\tconfiguration \x1b[2Jin 3 ms 日本語 " + "and on " * 20,
        "[ERROR] KeyError: 'bucket'",
        "[WARNING] slow answer",
        "REPORT RequestId: 8f5c1b0e Duration: 12.30 ms Billed Duration: 13 ms",
    )
    return [LogLine(1_700_000_000_000 + 250 * n, texts[n % 5], "thumb") for n in range(count)]


def classify(line: LogLine) -> str:
    """Give the example lines their styles."""
    if line.text.startswith(("START", "REPORT")):
        return "platform"
    return "error" if "ERROR" in line.text else "warning" if "WARNING" in line.text else ""


def _fill_log(app: App[None]) -> None:
    view = app.query_one(LogView)
    view.append(_lines(200))
    view.focus()


def _rows(count: int) -> list[Row]:
    names = ("resize-photo", "send-invoice", "nightly-report", "webhook-[github]", "日本語関数")
    return [
        Row(str(n), (f"{names[n % 5]}-{n}", "python3.13", "✓ ok" if n % 3 else "✗ error"))
        for n in range(count)
    ]


_COLUMNS = (Column("Function"), Column("Runtime"), Column("Last"))


def _fill_list(app: App[None]) -> None:
    view = app.query_one(FuzzyList)
    view.set_rows(_rows(500))
    view.focus()


def _fill_editor(app: App[None]) -> None:
    app.query_one(JsonEditor).focus()


def _fill_diff(app: App[None]) -> None:
    old = {"statusCode": 200, "body": {"total": 3, "items": list(range(40))}, "when": "10:00:01"}
    new = {"when": "10:00:02", "body": {"total": 4, "items": [*range(40), 41]}, "statusCode": 200}
    view = app.query_one(DiffView)
    view.compare(json.dumps(old), json.dumps(new))
    view.focus()


def _frame() -> list[Widget]:
    footer = KeyFooter()
    footer.set_keys([("ctrl+j", "invoke"), ("slash", "search"), ("f1", "help"), ("q", "quit")])
    return [
        Horizontal(
            Pane(JsonView(), number=1, title="Result [x]", subtitle="$.a"),
            Pane(LogView(), number=2, title="Logs"),
        ),
        StatusLine(),
        footer,
    ]


def _fill_frame(app: App[None]) -> None:
    app.query_one(JsonView).load(json.dumps(EVENT))
    app.query_one(JsonView).focus()
    status = app.query_one(StatusLine)
    status.context = "local · us-east-1"
    status.say("the function failed: KeyError 'bucket'", "error", None)


FORM = [
    Field("bucket", "Bucket", default="photos", help="The bucket's name, without s3://"),
    Field("size", "Size in bytes", "number", "1024", help="Of the object"),
    Field("method", "Method", "choice", "POST", choices=("GET", "POST", "PUT")),
    Field("body", "Body", "json", '{\n  "a": 1\n}', help="Any JSON value"),
    Field("note", "Note", required=False),
]


def _dialog(make: Callable[[], Screen[Any]]) -> Callable[[App[None]], None]:
    def show(app: App[None]) -> None:
        app.push_screen(make())

    return show


WIDGETS: dict[str, Callable[[], list[Widget]]] = {
    "json": _json,
    "log": lambda: [LogView(classify)],
    "list": lambda: [FuzzyList(_COLUMNS)],
    "editor": lambda: [JsonEditor('{\n  "a": [1, 2.50],\n  "b": "text"\n  "c": null\n}')],
    "diff": lambda: [DiffView()],
    "frame": _frame,
    "form": list,
    "confirm": list,
    "danger": list,
    "choose": list,
    "message": list,
}
PREPARE: dict[str, Callable[[App[None]], None]] = {
    "json": _fill_json,
    "log": _fill_log,
    "list": _fill_list,
    "editor": _fill_editor,
    "diff": _fill_diff,
    "frame": _fill_frame,
    "form": _dialog(lambda: FormDialog("S3 put event", FORM, submit="Make event")),
    "confirm": _dialog(
        lambda: Confirm("Publish a version", ["thumb", "from $LATEST [local]"], "Publish")
    ),
    "danger": _dialog(
        lambda: Confirm("Delete alias", ["arn:aws:lambda:…:thumb:live"], "Delete", danger=True)
    ),
    "choose": _dialog(
        lambda: Choose("Event", _rows(300), _COLUMNS, preview=lambda row: f"preview of {row}")
    ),
    "message": _dialog(lambda: Message("No credentials", "Run aws sso login", severity="error")),
}


async def shoot(app: App[None], size: tuple[int, int], keys: list[str], to: Path) -> None:
    """Write a picture of the app after the keys."""
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        if keys:
            await pilot.press(*keys)
        await pilot.pause(0.3)
        to.write_text(app.export_screenshot(), encoding="utf-8")


def main() -> None:
    """Run or picture one widget."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=sorted(WIDGETS))
    parser.add_argument("--shot", type=Path)
    parser.add_argument("--size", default="100x30")
    parser.add_argument("--theme", default="workbench-dark")
    parser.add_argument("--press", default="")
    options = parser.parse_args()
    app = Gallery(options.name, options.theme)
    if options.shot:
        width, height = map(int, options.size.split("x"))
        keys = [key for key in options.press.split(",") if key]
        asyncio.run(shoot(app, (width, height), keys, options.shot))
    else:
        app.run()


if __name__ == "__main__":
    main()
