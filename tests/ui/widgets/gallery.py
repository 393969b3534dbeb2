"""Shows each widget with example content, to look at: `python tests/ui/widgets/gallery.py NAME`.

`--shot FILE.svg [--size 100x30] [--theme NAME] [--press key,key]` writes a picture instead.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widget import Widget

from workbench.themes import load_themes
from workbench.ui.widgets.json_view import JsonView
from workbench.ui.widgets.palette import textual_theme

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

    def get_theme_names(self) -> list[str]:
        return [theme.name for theme in load_themes(THEMES)]

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


WIDGETS: dict[str, Callable[[], list[Widget]]] = {"json": _json}
PREPARE: dict[str, Callable[[App[None]], None]] = {"json": _fill_json}


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
