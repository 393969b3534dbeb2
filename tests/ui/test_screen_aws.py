"""The screen on AWS: nothing changes unless a person agrees, and what did is in the audit log."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from aws_lab import AwsLab
from aws_lab_answers import CALLER
from screen_lab import Hands, at_screen

from workbench.aws.errors import LambdaError
from workbench.project import audit_log
from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.widgets.form import FormDialog

CHANGES = ("PublishVersion", "CreateAlias", "UpdateAlias", "DeleteAlias", "Invoke")


def logged(root: Path) -> list[tuple[str, str]]:
    """The audit log: (operation, result)."""
    log = root / ".workbench" / "audit.log"
    return [(entry["operation"], entry["result"]) for entry in audit_log.entries(log)]


def asked(hands: Hands) -> str:
    """What the question says, its lines joined as they are wrapped."""
    return " ".join(" ".join(line.strip(" │┃") for line in hands.text().splitlines()).split())


async def test_nothing_changes_unless_a_person_agrees(
    shop: Path, aws: AwsLab, tmp_path: Path
) -> None:
    config = tmp_path / "settings" / "lambda-workbench" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[[production]]\naccount = "123456789012"\nfunction = "Brok*"\n')
    (shop / ".workbench" / "audit.log").unlink(missing_ok=True)
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.goes_to_aws()
        await hands.reads("·  read-only  ·")
        await hands.on_function("Echo")
        backend = hands.screen.session.backend
        assert backend is not None
        with pytest.raises(LambdaError, match="read-only here until you agree"):
            backend.client.publish_version("Echo")
        await publishes(hands)
        said = asked(hands)
        assert "arn:aws:lambda:us-east-1:123456789012:function:Echo" in said
        assert "AWS account 123456789012 · us-east-1 · profile lab" in said
        assert f"as {CALLER}" in said
        await hands.press("n")
        assert not aws.made(*CHANGES)
        await publishes(hands)
        await hands.press("y")
        await hands.reads("Published version")
        assert logged(shop) == [("lambda:PublishVersion", "ok")]
        aws.deny("PublishVersion")
        await publishes(hands)
        await hands.press("y")
        await hands.reads("is not authorized to perform: lambda:PublishVersion")
        await hands.invokes()
        (_, refused), invoked = logged(shop)[1:]
        assert refused.startswith("AccessDeniedException")
        assert invoked == ("lambda:Invoke", "ok")

        # What the config marks as production asks before it is invoked; a DryRun is free.
        aws.calls.clear()
        await hands.on_function("Broken")
        await hands.reads("▲ production")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        assert "Your config marks this as production." in asked(hands)
        await hands.press("enter")  # Cancel has the focus
        await hands.sees(lambda: hands.app.screen is hands.screen, "the question closed")
        assert not aws.made("Invoke")
        await hands.press("f6", "f6")
        await hands.invokes()
        await hands.press("f6", "ctrl+j")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.reads("KeyError")
        aws.expired = True
        hands.screen.action_pane("versions")
        await hands.press("r")
        await hands.reads("is expired")


async def publishes(hands: Hands) -> None:
    """Publish a version, up to the question."""
    await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
    hands.screen.action_pane("versions")
    await hands.press("p")
    await hands.opens(FormDialog, "the form")
    await hands.press("ctrl+j")
    await hands.opens(Confirm, "the question")


async def test_a_long_list_can_be_used_before_it_is_there(shop: Path, aws: AwsLab) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        config = Path(os.environ["AWS_CONFIG_FILE"])
        right = config.read_text()
        config.write_text("[broken")
        await hands.press("ctrl+t")
        await hands.reads("The AWS configuration cannot be read")
        config.write_text(right)
        aws.crowd, aws.latency = 150, 0.1
        await hands.goes_to_aws()
        # Keys work while pages come.
        hands.screen.action_pane("functions")
        await hands.press("slash")
        await hands.type("made-up-0004")
        await hands.reads("made-up-00042")
        await hands.press("escape", "escape")
        await hands.on_function("Slow")
        hands.screen.event.load_text('{"seconds": 0}', "quick")
        await hands.invokes()
        # What was invoked lately comes first, and before the rest; a list may break off.
        rows = hands.screen.functions.rows
        hands.screen.connection.to_local()
        await hands.sees(lambda: not hands.screen.session.is_aws, "the local Lambda")
        aws.deny("ListFunctions", "ListVersionsByFunction", "StartLiveTail", "FilterLogEvents")
        await hands.goes_to_aws()
        await hands.sees(lambda: "Slow" in [row.id for row in rows.rows[:2]], "recent functions")
        await hands.reads(", not all")
        # What is refused says so in its place.
        panes = [hands.screen.query_one(name) for name in ("VersionsPane", "LogsPane")]
        await hands.sees(lambda: all(pane.has_class("-empty") for pane in panes), "the refusals")
        aws.denied.clear()
        hands.screen.action_pane("functions")
        await hands.press("r")
        await hands.sees(lambda: len(rows.rows) == 150 + len(aws.functions()), "all functions")
        assert "Slow" in [row.id for row in rows.rows[:2]]
        hands.screen.action_pane("versions")
        await hands.press("r")
        await hands.sees(lambda: not panes[0].has_class("-empty"), "the versions")


async def test_an_event_is_shared_on_aws_when_a_person_agrees(shop: Path, aws: AwsLab) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.goes_to_aws()
        await hands.on_function("Echo")
        backend = hands.screen.session.backend
        assert backend is not None
        hands.screen.event.load_text('{"word": "shared"}', "")
        await hands.press("2", "escape", "S")
        await hands.opens(FormDialog, "the name's form")
        await hands.type("everybody")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        assert "Add the shareable test event “everybody” of" in asked(hands)
        assert backend.shareable.events("Echo") == {}
        await hands.press("y")
        await hands.reads("console and SAM have it too")
        assert backend.shareable.events("Echo") == {"everybody": {"word": "shared"}}
