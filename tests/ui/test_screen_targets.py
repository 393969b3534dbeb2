"""What the screen is connected to: an empty folder, AWS, a local Lambda that went away, faults."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from screen_lab import ECHO, at_screen, end_server

from workbench.aws.lambda_client import LambdaClient
from workbench.ui.backend import Backend
from workbench.ui.messages import Connected
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import FormDialog


async def test_an_empty_folder_offers_the_samples(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    try:
        async with at_screen(folder) as hands:
            await hands.reads("enter opens the sample")
            await hands.press("enter")
            await hands.sees(
                lambda: hands.screen.session.root.name == "workbench-demo", "the demo opened"
            )
            await hands.on_function("Hello")
    finally:
        end_server(folder)
        end_server(folder / "workbench-demo")


async def test_a_template_problem_is_counted_and_the_rest_works(project: Path) -> None:
    template = project / "template.yaml"
    template.write_text(template.read_text().replace("CodeUri: slow/", "CodeUri: nowhere/"))
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        await hands.reads("▲ 1 problem: template.yaml:")
        await hands.press("f8")
        await hands.opens(Choose, "the list")
        await hands.reads("nowhere")


async def test_aws_without_credentials_says_so_and_local_stays(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        hands.screen.connection.to_aws(None, "eu-west-1")
        await hands.reads("There are no AWS credentials")
        assert not hands.screen.session.is_aws
        assert (await hands.invokes()).status_code == 200


async def test_on_aws_every_change_asks_first_with_the_arn(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        local = hands.screen.session.backend
        assert local is not None
        target = replace(local.target, kind="aws", account="123456789012", profile=None)
        hands.screen.post_message(Connected(Backend(shop, target, LambdaClient(target))))
        await hands.sees(lambda: hands.screen.session.is_aws, "the AWS target")
        await hands.reads("AWS 123456789012 us-east-1")
        await hands.reads("hot reload is off on AWS")
        await hands.on_function("Echo")
        before = local.versions("Echo")
        await hands.press("5", "p")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        await hands.reads("arn:aws:lambda:us-east-1:123456789012:function:Echo")
        await hands.press("n")
        assert local.versions("Echo") == before
        opened: list[Path] = []
        monkeypatch.setattr(
            "workbench.ui.screens.workbench.open_file", lambda node, path, line: opened.append(path)
        )
        await hands.sees(lambda: hands.app.screen is hands.screen, "the question closed")
        await hands.press("1")
        await hands.sees(lambda: hands.screen.pane is hands.screen.functions, "Functions")
        await hands.press("v")
        await hands.sees(lambda: bool(opened), "the downloaded code")
        assert opened[0].read_text() == ECHO
        assert opened[0] != shop / "echo" / "app.py"


async def test_broken_code_in_a_worker_is_an_error_line(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        backend = hands.screen.session.backend
        assert backend is not None

        def burst(function: str) -> None:
            raise ZeroDivisionError("a bug")

        backend.versions = burst  # type: ignore[method-assign, assignment]
        await hands.press("5", "r")
        await hands.reads("Unexpected ZeroDivisionError: a bug")


async def test_a_local_lambda_that_went_away_is_started_again(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        first = hands.screen.session.backend
        await hands.sees(lambda: bool(hands.screen.versions.versions), "the versions")
        end_server(project)
        await hands.sees(lambda: hands.screen.session.backend is not first, "another local Lambda")
        await hands.on_function("Echo")
        await hands.press("ctrl+j")
        await hands.reads("✓ 200 ok")


@pytest.fixture
def hurried(project: Path) -> Iterator[Path]:
    """The project, its local Lambda started by hand with short waits."""
    command = [sys.executable, "-m", "workbench", "serve", str(project), "--time-scale", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout and server.stdout.readline()
        yield project
        server.terminate()


async def test_the_screen_says_that_waits_are_shortened(hurried: Path) -> None:
    async with at_screen(hurried) as hands:
        await hands.on_function("Echo")
        await hands.reads("▲ waits are 1/60")
