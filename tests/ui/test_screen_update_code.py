"""Updating a function's code on AWS from the screen: compared, asked for, watched, taken back."""

from __future__ import annotations

from pathlib import Path

from aws_lab import AwsLab
from screen_lab import ECHO, at_screen

from workbench.ui.screens.update_code import UpdateCodeScreen
from workbench.ui.widgets.dialogs import Confirm


async def test_code_is_updated_and_put_back(project: Path, aws: AwsLab) -> None:
    aws.create("Parrot", {"app.py": ECHO, "gone.txt": "not here any more\n"})
    (project / "echo" / "app.py").write_text(ECHO.replace("working on it", "squawking"))
    (project / "echo" / "feathers.txt").write_text("green\n")
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("  Echo:", "  Parrot:", 1))
    async with at_screen(project) as hands:
        await hands.on_function("Parrot")
        await hands.press("u")
        await hands.reads("The local Lambda runs the folder's code already")
        await hands.goes_to_aws()
        await hands.on_function("Parrot")
        await hands.press("1", "u")
        await hands.reads("+1 added  −1 removed  ~1 changed")
        await hands.reads("squawking")
        await hands.press("u")
        await hands.opens(Confirm, "the question")
        await hands.reads("Replace the code of $LATEST")
        await hands.press("n")
        assert not aws.made("UpdateFunctionCode")
        await hands.sees(lambda: isinstance(hands.app.screen, UpdateCodeScreen), "the comparison")
        await hands.press("b")
        await hands.reads("nothing was updated from here")
        aws.deny("UpdateFunctionCode")
        await hands.press("u")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.reads("no identity-based policy allows")
        aws.calm()
        await hands.press("u")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.reads("✓ Active with the new code")
        await hands.reads("✓ no difference")
        await hands.reads("✓ No file differs")
        await hands.press("b")
        await hands.opens(Confirm, "the way back")
        await hands.reads("by the previous code")
        await hands.press("y")
        await hands.sees(
            lambda: aws.made("UpdateFunctionCode") == ["UpdateFunctionCode"] * 2, "the way back"
        )
        await hands.reads("✓ Active with the new code")
        await hands.reads("−1 removed")
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
        invocation = await hands.invokes()
        assert "working on it" in invocation.log_text
