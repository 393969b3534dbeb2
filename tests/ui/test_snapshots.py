"""Each screen and its states at three sizes, as they were when somebody last looked at them.

`pytest tests/ui/test_snapshots.py --snapshot-update` takes them anew; look at what git shows then.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from aws_lab import AwsLab
from frozen_lab import FrozenBackend, painted
from screen_lab import Hands, at_screen, end_server, make_project
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.command import CommandPalette

from workbench.aws.lambda_client import LambdaClient
from workbench.aws.targets import local_target
from workbench.project import server_process
from workbench.ui.screens.burst import BurstScreen
from workbench.ui.screens.compare import CompareScreen
from workbench.ui.screens.decoded import DecodedScreen
from workbench.ui.screens.help import HelpScreen
from workbench.ui.screens.jump import JumpScreen
from workbench.ui.screens.log_line import LogLineScreen
from workbench.ui.screens.sent import SentScreen
from workbench.ui.screens.version_diff import VersionDiffScreen
from workbench.ui.screens.weight import WeightScreen
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import FormDialog
from workbench.ui.widgets.quick_pick import QuickPick

Looks = Callable[[Hands, str], Awaitable[None]]

ENVELOPE = """\
{
  "Records": [
    {"body": "{\\"order\\": 7, \\"lines\\": [\\"tea\\", \\"cups\\"]}"}
  ]
}
"""

WEBSITE = """\
def handler(event, context):
    price = event.get("price", 3)
    return {
        "statusCode": 200,
        "headers": {"content-type": "text/html", "cache-control": "no-store"},
        "body": f"<h1>Tea</h1><p>One cup is <b>{price} €</b>.</p>",
    }
"""


class Painted(SingleFileSnapshotExtension):
    """A file for each state."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Echo, Slow and Broken; Echo has two versions and an alias."""
    root = tmp_path_factory.mktemp("frozen") / "shop"
    make_project(root)
    client = LambdaClient(local_target(server_process.ensure(root)))
    client.publish_version("Echo", "the first")
    code = root / "echo" / "app.py"
    code.write_text(code.read_text() + "\n# newer\n")
    client.publish_version("Echo", "the second")
    client.create_alias("Echo", "live", "1")
    yield root
    end_server(root)


@pytest.fixture
def looks(
    frozen: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Looks]:
    """Compares what is shown with what was."""
    monkeypatch.setattr("workbench.ui.backend.Backend", FrozenBackend)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    (frozen / ".workbench" / "ui.json").unlink(missing_ok=True)

    async def compare(hands: Hands, name: str) -> None:
        await hands.rests()
        hands.screen.status.say("")
        assert await painted(hands) == snapshot(name=name, extension_class=Painted)

    yield compare
    monkeypatch.undo()
    time.tzset()


async def arrives(hands: Hands, function: str) -> None:
    """Go to a function with versions and wait for the figures beside them: they come last."""
    await hands.on_function(function)
    versions = hands.screen.versions
    await hands.sees(lambda: versions.counts.of("$LATEST") == (3, 1), "the versions' figures")


async def answers(hands: Hands, invocations: int) -> None:
    """Invoke, and wait until the history and the logs tell of that many invocations."""
    await hands.invokes()
    await hands.sees(lambda: len(hands.screen.history.rows.rows) == invocations, "the history")
    await hands.sees(lambda: hands.text().count("20 of 128 MB · $") == invocations, "the logs")


async def test_panes(frozen: Path, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await arrives(hands, "Echo")
        await looks(hands, "functions")
        await answers(hands, 1)
        await hands.press("3")
        await looks(hands, "result")
        await hands.press("4")
        await looks(hands, "logs")
        await hands.press("5")
        await looks(hands, "versions")
        await hands.press("6")
        await looks(hands, "history")
        await hands.press("7")
        await looks(hands, "triggers")
        await hands.press("2")
        await looks(hands, "event")
        hands.screen.event.load_text('{"a": 1\n "b": 2}', "")
        await hands.press("ctrl+j")
        await hands.reads("The event is not JSON")
        await looks(hands, "event-not-json")


async def test_errors(frozen: Path, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await hands.on_function("Broken")
        await answers(hands, 1)
        await hands.press("3")
        await looks(hands, "error")
        await hands.press("4", "enter")
        await hands.opens(LogLineScreen, "the line")
        await looks(hands, "log-line")
        await hands.press("escape", "r")
        await hands.opens(QuickPick, "the ranges")
        await looks(hands, "log-ranges")


async def test_events(frozen: Path, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await arrives(hands, "Echo")
        hands.screen.event.load_text(ENVELOPE, "")
        await hands.press("2", "escape", "d")
        await hands.opens(DecodedScreen, "the decoded part")
        await looks(hands, "decoded")
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
        hands.screen.event.load_text('{"word": "{{file:word.txt}}", "n": "{{counter}}"}', "")
        await hands.press("2", "escape")
        (frozen / "word.txt").write_text("tide")
        await hands.press("v")
        await hands.opens(SentScreen, "what is sent")
        await looks(hands, "as-sent")


async def test_answers(frozen: Path, looks: Looks) -> None:
    code = frozen / "broken" / "app.py"
    before = code.read_text()
    code.write_text(WEBSITE)
    try:
        async with at_screen(frozen) as hands:
            await hands.on_function("Broken")
            await answers(hands, 1)
            await hands.press("3")
            await hands.reads("text/html")
            await looks(hands, "http")
            hands.screen.event.load_text('{"price": 4}', "")
            await answers(hands, 2)
            await hands.press("d")
            await hands.reads("price")
            await looks(hands, "changes")
            await hands.press("v", "v", "f")
            await hands.type("headers")
            await hands.reads("no-store")
            await looks(hands, "json-filter")
    finally:
        code.write_text(before)


async def test_menus(frozen: Path, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await arrives(hands, "Echo")
        await hands.press("ctrl+p")
        await hands.sees(lambda: isinstance(hands.app.screen, CommandPalette), "the palette")
        await hands.type("weight")
        await hands.reads("Send a share")
        await looks(hands, "palette")
        await hands.press("escape", "f7")
        await hands.opens(QuickPick, "what can be copied")
        await looks(hands, "copy")


async def test_finding_the_way(frozen: Path, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await arrives(hands, "Echo")
        await hands.press("f1")
        await hands.opens(HelpScreen, "the help")
        await looks(hands, "help")
        await hands.press("escape", "ctrl+o")
        await hands.sees(lambda: isinstance(hands.app.screen, JumpScreen), "the places")
        await looks(hands, "jump")
        await hands.press("escape", "ctrl+n")
        await hands.opens(Choose, "the samples")
        await looks(hands, "new-event")
        await hands.press("escape", "ctrl+s")
        await hands.opens(FormDialog, "the form")
        await looks(hands, "save-event")
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
        await hands.press("escape", "1", "slash", "e")  # Echo stays chosen
        await looks(hands, "filter")


async def test_versions(frozen: Path, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await arrives(hands, "Echo")
        await hands.press("5")
        versions = hands.screen.versions
        versions.rows.highlight("2")
        await hands.press("d")
        await hands.opens(VersionDiffScreen, "the comparison")
        await hands.reads("newer")
        await looks(hands, "version-diff")
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
        versions.rows.highlight("live")
        await hands.press("w")
        await hands.opens(WeightScreen, "the bars")
        await looks(hands, "weight")
        await hands.press("escape", "c")
        await hands.opens(FormDialog, "the form")
        await looks(hands, "canary-form")


async def test_sending_many(frozen: Path, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await arrives(hands, "Echo")
        await hands.press("f11")
        await hands.opens(CompareScreen, "Compare")
        await hands.reads("live → v1")
        await looks(hands, "compare")
        await hands.press("escape", "f12")
        await hands.opens(BurstScreen, "Burst")
        await looks(hands, "burst")


async def test_aws(frozen: Path, aws: AwsLab, looks: Looks) -> None:
    async with at_screen(frozen) as hands:
        await arrives(hands, "Echo")
        await hands.goes_to_aws()
        await hands.on_function("Slow")
        await looks(hands, "aws")
        await hands.press("5", "p")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        await looks(hands, "aws-question")
        await hands.press("n")
        aws.expired = True
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
        await hands.press("ctrl+j")
        await hands.reads("is expired")
        await looks(hands, "aws-expired")
