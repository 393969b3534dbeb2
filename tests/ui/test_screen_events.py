"""Events, key by key, on a real local Lambda."""

from __future__ import annotations

import json
from pathlib import Path

from screen_lab import at_screen

from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.form import FormDialog


async def test_a_sample_is_picked_filled_in_saved_and_comes_back(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        await hands.press("ctrl+n")
        await hands.opens(Choose, "the picker")
        await hands.type("s3put")
        await hands.press("enter")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+a", "ctrl+k")
        await hands.type("my-photos")
        await hands.press("ctrl+j")
        await hands.sees(lambda: "my-photos" in hands.screen.event.text, "the event")
        await hands.press("ctrl+s")
        await hands.opens(FormDialog, "the name's form")
        await hands.press("ctrl+j")
        saved = project / "events" / "Echo" / "s3-put.json"
        await hands.sees(saved.exists, "the saved file")
        record = json.loads(saved.read_text())["Records"][0]
        assert record["s3"]["bucket"]["name"] == "my-photos"
        kept = project / ".workbench" / "ui.json"
        await hands.sees(lambda: kept.exists() and "s3-put" in kept.read_text(), "it remembered")
    async with at_screen(project) as hands:
        await hands.sees(lambda: hands.screen.session.function == "Echo", "the same function")
        await hands.sees(lambda: "my-photos" in hands.screen.event.text, "the event")
        assert "s3-put" in hands.screen.event.title
