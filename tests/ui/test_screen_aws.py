"""The screen on AWS: nothing changes unless a person agrees, and what did is in the audit log."""

from __future__ import annotations

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


async def test_nothing_changes_unless_a_person_agrees(shop: Path, aws: AwsLab) -> None:
    (shop / ".workbench" / "audit.log").unlink(missing_ok=True)
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.goes_to_aws()
        await hands.reads("read-only: changes ask")
        await hands.on_function("Echo")
        backend = hands.screen.session.backend
        assert backend is not None
        with pytest.raises(LambdaError, match="read-only here until you agree"):
            backend.client.publish_version("Echo")
        await hands.press("5", "p")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        said = asked(hands)
        assert "arn:aws:lambda:us-east-1:123456789012:function:Echo" in said
        assert "AWS account 123456789012 · us-east-1 · profile lab" in said
        assert f"as {CALLER}" in said
        await hands.press("n")
        assert not aws.made(*CHANGES)
        await hands.sees(lambda: hands.app.screen is hands.screen, "the question closed")
        await hands.press("p")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.reads("Published version")
        assert logged(shop) == [("lambda:PublishVersion", "ok")]
        await hands.invokes()
        assert logged(shop)[1:] == [("lambda:Invoke", "ok")]


async def test_production_asks_before_it_is_invoked(
    shop: Path, aws: AwsLab, tmp_path: Path
) -> None:
    config = tmp_path / "settings" / "lambda-workbench" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[[production]]\naccount = "123456789012"\nfunction = "Ec*"\n')
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.goes_to_aws()
        await hands.on_function("Echo")
        await hands.reads("▲ production")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        assert "Your config marks this as production." in asked(hands)
        await hands.press("enter")  # Cancel has the focus
        await hands.sees(lambda: hands.app.screen is hands.screen, "the question closed")
        assert not aws.made("Invoke")
        await hands.press("f6", "f6")  # DryRun is free
        await hands.press("ctrl+j")
        await hands.reads("204")
        await hands.press("f6", "ctrl+j")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.reads("✓ 200 ok")
        await hands.on_function("Broken")
        await hands.press("ctrl+j")
        await hands.reads("KeyError")


async def test_recent_functions_come_first_and_at_once(shop: Path, aws: AwsLab) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.goes_to_aws()
        await hands.on_function("Slow")
        hands.screen.event.load_text('{"seconds": 0}', "quick")
        await hands.invokes()
        await hands.on_function("Echo")
        await hands.invokes()
        hands.screen.connection.to_local()  # away, and back to a list of many pages
        await hands.sees(lambda: not hands.screen.session.is_aws, "the local Lambda")
        aws.crowd, aws.page_size, aws.latency = 400, 50, 0.1
        await hands.goes_to_aws()
        rows = hands.screen.functions.rows
        await hands.sees(lambda: [row.id for row in rows.rows[:2]] == ["Echo", "Slow"], "recent")
        assert len(rows.rows) < 400
        aws.throttle(3, "ListFunctions")
        await hands.reads("Rate exceeded")
        await hands.reads(", not all")
        aws.latency = 0.0
        hands.screen.action_pane("functions")
        await hands.press("r")
        await hands.sees(lambda: len(rows.rows) == 400 + len(aws.functions()), "all functions")
        assert [row.id for row in rows.rows[:2]] == ["Echo", "Slow"]


async def test_a_refusal_is_a_sentence_and_is_logged(shop: Path, aws: AwsLab) -> None:
    aws.deny("PublishVersion")
    aws.crowd = 300
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        aws.latency = 0.3
        await hands.goes_to_aws()
        # Keys work while pages come.
        await hands.press("1", "slash")
        await hands.type("made-up-0004")
        await hands.reads("made-up-00042")
        await hands.press("escape", "escape")
        aws.latency = 0.0
        await hands.on_function("Echo")
        await hands.press("5", "p")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.reads("is not authorized to perform: lambda:PublishVersion")
        operation, result = logged(shop)[-1]
        assert operation == "lambda:PublishVersion" and result.startswith("AccessDeniedException")
        aws.expired = True
        await hands.press("r")
        await hands.reads("is expired")
