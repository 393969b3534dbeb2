"""The main job, key by key: the same keys on the local Lambda and on AWS as it is on a bad day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from aws_lab import AwsLab
from screen_lab import Hands, at_screen

from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.widgets.form import FormDialog


@pytest.mark.parametrize("target", ["local", "aws"])
async def test_from_finding_a_function_to_moving_an_alias(
    target: str, shop: Path, aws: AwsLab
) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Slow")
        if target == "aws":
            aws.page_size = 1
            aws.throttle(2, "ListFunctions")
            await hands.goes_to_aws()
            await hands.on_function("Slow")
        await finds_edits_and_invokes(hands)
        await reads_an_error_and_its_log(hands)
        await publishes_and_names_it(hands, asked=target == "aws")
        if target == "aws":
            await bears_a_slow_network_and_expired_credentials(hands, aws)


async def finds_edits_and_invokes(hands: Hands) -> None:
    await hands.press("1", "slash")
    await hands.type("echo")
    await hands.press("enter")
    await hands.sees(lambda: hands.screen.session.function == "Echo", "Echo chosen")
    hands.screen.event.load_text('{"word": ""}', "")
    await hands.press("escape", "2")
    hands.screen.event.editor.focus()
    hands.screen.event.editor.move_cursor((0, 10))
    await hands.type("typed")
    await hands.invokes()
    await hands.reads('"said": "typed"')
    await hands.reads("✓ 200 ok")


async def reads_an_error_and_its_log(hands: Hands) -> None:
    await hands.on_function("Broken")
    await hands.invokes()
    await hands.reads("✗ Function error: KeyError")
    await hands.press("escape", "4")
    lines = hands.screen.logs.view.lines
    await hands.sees(lambda: any("KeyError" in line.text for line in lines()), "the log")


async def publishes_and_names_it(hands: Hands, asked: bool) -> None:
    await hands.on_function("Echo")
    versions = hands.screen.versions

    async def submits(done: Callable[[], bool], what: str) -> None:
        await hands.press("ctrl+j")
        if asked:
            await hands.opens(Confirm, "the question")
            await hands.press("y")
        await hands.sees(done, what)
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")

    await hands.press("escape", "5", "p")
    await hands.opens(FormDialog, "the form")
    await hands.type("on both")
    # The same code gets no second version: another test's may be there, with its description.
    await submits(lambda: "Published version" in hands.text(), "the version")
    published = hands.text().partition("Published version ")[2].split(".")[0]
    await hands.sees(lambda: published in versions.numbers(), "it in the list")
    versions.rows.highlight(published)
    await hands.press("a")
    await hands.opens(FormDialog, "the form")
    await hands.type("both")
    await submits(lambda: "both" in versions.aliases, "the alias")
    assert versions.aliases["both"].function_version == published
    versions.rows.highlight("both")
    await hands.press("space")
    await hands.sees(lambda: hands.screen.session.qualifier == "both", "the alias chosen")
    assert (await hands.invokes()).executed_version == published


async def bears_a_slow_network_and_expired_credentials(hands: Hands, aws: AwsLab) -> None:
    aws.latency = 2.0
    await hands.press("escape", "ctrl+j", "4")
    assert hands.screen.session.running is not None, "a key is not held up by two seconds"
    assert hands.screen.pane is hands.screen.logs
    await hands.sees(lambda: hands.screen.session.running is None, "the answer")
    aws.latency, aws.expired = 0, True
    await hands.press("ctrl+j")
    await hands.reads("is expired")
    aws.calm()
    await hands.press("1")
    assert (await hands.invokes()).status_code == 200
