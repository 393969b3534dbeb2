"""Events, versions and aliases, key by key, on a real local Lambda."""

from __future__ import annotations

import json
from pathlib import Path

from screen_lab import ECHO, at_screen

from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import FormDialog


async def test_publish_alias_weight_and_invoke_the_alias(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        versions = hands.screen.versions
        await hands.press("5")
        for description in ("one", "two"):
            (project / "echo" / "app.py").write_text(ECHO + f"\n# {description}\n")
            await hands.press("p")
            await hands.opens(FormDialog, "the form")
            await hands.type(description)
            await hands.press("ctrl+j")
            await hands.reads(f"v{1 if description == 'one' else 2}  {description}")
        await hands.press("a")
        await hands.opens(FormDialog, "the form")
        await hands.type("live")
        await hands.press("ctrl+j")
        await hands.sees(lambda: "live" in versions.aliases, "the alias")
        versions.rows.highlight("live")
        await hands.press("space")
        await hands.sees(lambda: hands.screen.session.qualifier == "live", "the alias chosen")
        await hands.press("g", "G", "w")  # on a version: the only alias is meant
        await hands.opens(FormDialog, "the form")
        assert "Weight of live" in hands.text()
        await hands.press("ctrl+j")
        await hands.sees(lambda: bool(versions.aliases["live"].weights), "a weight")
        await hands.reads("10%")
        shown = await hands.invokes()
        assert shown.qualifier == "live"
        assert shown.executed_version in ("1", "2")
        versions.rows.highlight("live")
        await hands.press("5", "m")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.reads("live now leads to v2")
        await hands.sees(lambda: versions.aliases["live"].weights == {}, "no weight any more")
        await hands.press("D")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.sees(lambda: not versions.aliases, "no alias")
        await hands.sees(lambda: hands.screen.session.qualifier is None, "$LATEST chosen again")


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
        remembered = project / ".workbench" / "ui.json"
        await hands.sees(lambda: "s3-put" in remembered.read_text(), "the event remembered")
    async with at_screen(project) as hands:
        await hands.sees(lambda: hands.screen.session.function == "Echo", "the same function")
        await hands.sees(lambda: "my-photos" in hands.screen.event.text, "the event")
        assert "s3-put" in hands.screen.event.title
