"""Answers on the screen: as HTTP responses, filtered, compared with others; Compare and Burst."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from screen_lab import Hands, at_screen, end_server
from textual.widgets import ContentSwitcher, Input

from workbench.aws.lambda_client import LambdaClient
from workbench.project import server_process
from workbench.ui import memory
from workbench.ui.backend import Backend, Request
from workbench.ui.screens.burst import BurstScreen
from workbench.ui.screens.compare import CompareScreen
from workbench.ui.target_picker import AwsChoice
from workbench.ui.terminal import browser
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.json_view import JsonView

WEB = """\
import base64, json, uuid

PNG = b"\\x89PNG\\r\\n\\x1a\\n" + bytes(8) + (64).to_bytes(4, "big") + (32).to_bytes(4, "big")


def handler(event, context):
    if event.get("image"):
        body = base64.b64encode(PNG).decode()
        headers = {"content-type": "image/png"}
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
    if event.get("page"):
        body = "<h1>Hello &amp; welcome</h1><p>All is <b>well</b>.</p>"
        return {"statusCode": 404, "headers": {"content-type": "text/html"}, "body": body}
    return {"id": str(uuid.uuid4()), "said": event.get("word"), "version": context.function_version}
"""


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the function Web, its local Lambda running."""
    root = tmp_path_factory.mktemp("answers")
    (root / "web").mkdir()
    (root / "web" / "app.py").write_text(WEB)
    (root / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Web:\n"
        "    Type: AWS::Serverless::Function\n    Properties:\n"
        "      CodeUri: web/\n      Handler: app.handler\n      Runtime: python3.13\n"
    )
    server_process.ensure(root)
    yield root
    end_server(root)


@pytest.fixture
def web(_served: Path) -> Path:
    """The project, what the screen remembers of it forgotten."""
    (_served / ".workbench" / "ui.json").unlink(missing_ok=True)
    return _served


async def answer(hands: Hands, **event: object) -> None:
    hands.screen.event.load_text(json.dumps(event), "")
    await hands.invokes()


async def test_answers_as_responses_filtered_and_compared(
    web: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    class Browser:
        def open(self, url: str) -> bool:
            opened.append(url)
            return True

    monkeypatch.setattr(browser.webbrowser, "get", Browser)
    async with at_screen(web) as hands:
        await hands.on_function("Web")
        result = hands.screen.result
        views = result.query_one(ContentSwitcher)

        await answer(hands, page=True)
        await hands.reads("✓ 200 ok · HTTP 404 Not Found")
        await hands.reads("✗ 404 Not Found · text/html, 54 bytes")
        await hands.reads("# Hello & welcome")
        await hands.press("3", "o")
        await hands.sees(lambda: len(opened) == 1, "the browser")
        assert opened[0].startswith("file:///")
        assert opened[0].endswith(".html")
        assert "<b>well</b>" in Path(opened[0].removeprefix("file://")).read_text()

        await answer(hands, image=True)
        await hands.reads("PNG image, 64 × 32, 24 bytes")

        await answer(hands, word="one")
        assert views.current == "payload"
        await hands.press("3", "o")
        await hands.reads("This answer is no HTTP response")
        await hands.press("f")
        await hands.type("[said, length(id)]")
        await hands.press("enter")
        payload = result.query_one("#payload", JsonView)
        assert json.loads(payload.shown_text) == ["one", 36]
        await answer(hands, word="three")  # the filter goes on
        assert json.loads(payload.shown_text) == ["three", 36]
        await hands.press("3", "f", "escape")
        assert payload.shown_text == payload.text

        await hands.sees(
            lambda: (
                result.shown is not None
                and result.shown.request_id
                in {entry.request_id for entry in hands.screen.history._entries.values()}
            ),
            "the last answer in the history",
        )
        await hands.press("3", "d")
        await hands.reads('-   "said": "one"')
        await hands.reads('+   "said": "three"')
        await hands.pilot.click("#views", offset=(3, 0))
        await hands.sees(lambda: views.current == "payload", "the view that was clicked")
        await hands.press("v")
        await hands.sees(lambda: views.current == "changes", "the changes")
        await hands.press("E")
        await hands.opens(Choose, "what is ignored")
        await hands.reads("$.id")
        await hands.reads("a time or an id")
        await hands.press("enter")
        await hands.reads("1 path ignored")
        await hands.reads('"id": (ignored)')
        assert hands.screen.session.memory.ignored == {"Web": ["$.id"]}

        await hands.press("D")
        await hands.opens(Choose, "the history's answers")
        await hands.press("enter")
        await hands.reads("answer of")
        hands.screen.remember()
    assert memory.load(web / ".workbench" / "ui.json").ignored == {"Web": ["$.id"]}


async def test_compare_sends_one_event_to_several_versions(web: Path) -> None:
    async with at_screen(web, (80, 24)) as hands:
        await hands.on_function("Web")
        backend = hands.screen.session.backend
        assert backend is not None
        backend.client.publish_version("Web")
        backend.client.create_alias("Web", "live", "1")
        hands.screen.event.load_text('{"word": "hi"}', "")
        await hands.press("f11")
        await hands.opens(CompareScreen, "Compare")
        await hands.reads("[x] live → v1")
        await hands.press("ctrl+j")
        await hands.reads("◆ base")
        await hands.reads("≠ +2 −2")
        await hands.reads('-   "version": "$LATEST"')
        screen = hands.app.screen
        assert isinstance(screen, CompareScreen)
        await hands.press("j", "b")
        await hands.sees(lambda: screen.contest.contenders[1].difference == "◆ base", "the base")
        await hands.press("enter", "E")
        await hands.opens(Choose, "what is ignored")
        await hands.press("enter")
        await hands.reads("≠ +1 −1")
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")


async def test_compare_reaches_another_target_and_asks_for_the_name_there(
    web: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def chosen(app: object) -> AwsChoice:
        return AwsChoice(None, "us-east-1")

    monkeypatch.setattr("workbench.ui.screens.compare.choose_target", chosen)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    async with at_screen(web, (80, 24)) as hands:
        await hands.on_function("Web")
        local = hands.screen.session.backend
        assert local is not None
        aws = replace(local.target, kind="aws", account="123456789012", profile=None)
        asked = Request("Webb", "{}")  # by its stack's name there, for example
        screen = CompareScreen(
            hands.screen.session, asked, lambda choice: Backend(web, aws, LambdaClient(aws))
        )
        hands.app.push_screen(screen)
        await hands.reads("Function not found")
        await hands.press("a")
        await hands.opens(Choose, "the names there")
        await hands.reads("What is Webb called there?")
        await hands.press("enter")
        await hands.reads("[x] $LATEST")
        await hands.press("ctrl+j")
        await hands.reads("◆ base")
        # Unlike the local Lambda's, what is invoked on AWS is written down here.
        assert local.history.recent(aws.key, "Web", 5)


async def test_a_burst_shows_its_figures_and_can_be_stopped(web: Path) -> None:
    async with at_screen(web, (80, 24)) as hands:
        await hands.on_function("Web")
        await hands.press("f12")
        await hands.opens(BurstScreen, "Burst")
        screen = hands.app.screen
        assert isinstance(screen, BurstScreen)
        screen.query_one("#burst-count", Input).value = "0"
        await hands.press("ctrl+j")
        await hands.reads("Write a number from 1 to 100,000.")
        screen.query_one("#burst-count", Input).value = "20000"
        screen.query_one("#burst-at-once", Input).value = "2"
        await hands.press("ctrl+j")
        await hands.sees(lambda: bool(screen.figures and screen.figures.answered), "an answer")
        await hands.press("ctrl+k")
        await hands.sees(lambda: not screen.is_under_way, "the end")
        figures = screen.figures
        assert figures is not None
        assert figures.sent == figures.answered == figures.cold + figures.warm < 20_000
        await hands.reads("p50")
        await hands.press("t")
        await hands.reads("round trip: what a caller waits")
        await hands.press("escape")
        await hands.sees(lambda: hands.app.screen is hands.screen, "the panes")
