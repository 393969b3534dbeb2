"""The screen with a real local Lambda behind it: the main job, key by key."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from screen_lab import BROKEN, ECHO, at_screen, end_server
from textual.widgets import ContentSwitcher

from workbench.aws.lambda_client import LambdaClient
from workbench.ui.backend import Backend
from workbench.ui.messages import Connected
from workbench.ui.screens.help import HelpScreen
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import FormDialog


async def test_invoking_shows_result_logs_history_and_last_result(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        await hands.press("enter")
        screen.event.load_text('{"word": "hello"}', "")
        await hands.press("ctrl+j")
        await hands.reads("✓ 200 ok")
        await hands.reads('"said": "hello"')
        await hands.reads("working on it")
        await hands.sees(lambda: len(screen.history.rows.rows) == 1, "the history's row")
        await hands.reads("billed")
        row = next(row for row in screen.functions.rows.rows if row.id == "Echo")
        assert "✓" in str(row.columns[1])


async def test_an_event_that_is_not_json_is_not_sent(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        hands.screen.event.load_text('{"a": 1\n "b": 2}', "")
        await hands.press("ctrl+j")
        await hands.reads("The event is not JSON: line 2, column 2")
        assert hands.screen.event.editor.has_focus
        assert hands.screen.event.editor.cursor_location == (1, 1)
        assert hands.screen.session.last is None


async def test_invoking_before_the_local_lambda_is_there_waits_for_it(project: Path) -> None:
    async with at_screen(project) as hands:
        screen = hands.screen
        await hands.sees(lambda: screen.session.function is not None, "a function")
        await hands.press("ctrl+j")
        await hands.sees(lambda: screen.result.shown is not None, "an answer")


async def test_an_error_shows_its_frames_and_opens_one(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_screen(project) as hands:
        opened: list[tuple[Path, int | None]] = []
        monkeypatch.setattr(
            "workbench.ui.screens.workbench.open_file",
            lambda node, path, line=None: opened.append((path, line)),
        )
        await hands.on_function("Broken")
        await hands.press("ctrl+j")
        await hands.reads("✗ Function error: KeyError")
        await hands.reads("app.py:2 fetch")
        await hands.press("3", "enter")
        await hands.sees(lambda: bool(opened), "the frame opened")
        assert opened == [(project / "broken" / "app.py", 2)]


async def test_watch_invokes_on_save_and_shows_what_changed(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        await hands.press("ctrl+j")
        await hands.reads('"said": "nothing"')
        await hands.press("f5")
        await hands.reads("watching")
        (project / "echo" / "app.py").write_text(ECHO.replace('"nothing"', '"something"'))
        await hands.reads('+   "said": "something"')
        await hands.reads('-   "said": "nothing"')
        assert hands.screen.result.query_one(ContentSwitcher).current == "changes"


async def test_a_syntax_error_shows_and_the_last_good_result_stays(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        await hands.press("ctrl+j")
        await hands.reads('"said": "nothing"')
        (project / "echo" / "app.py").write_text(ECHO + "\ndef oops(:\n")
        await hands.reads("✗ app.py:8")
        await hands.reads("▲ 1 problem: echo/app.py:8")
        assert '"said": "nothing"' in hands.text()
        (project / "echo" / "app.py").write_text(ECHO)
        await hands.sees(lambda: "▲ 1 problem" not in hands.text(), "the problem gone")


async def test_a_hanging_function_is_cancelled(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Slow")
        hands.screen.event.load_text('{"seconds": 25}', "")
        await hands.press("ctrl+j")
        await hands.reads("Running Slow")
        await hands.sees(
            lambda: "START" in "".join(line.text for line in hands.screen.logs.view.lines()),
            "the invocation begun",
        )
        await hands.press("ctrl+k")
        await hands.sees(lambda: hands.screen.session.running is None, "the end of it")


async def test_publish_alias_weight_and_invoke_the_alias(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        versions = hands.screen.versions
        await hands.press("5")
        for description in ("one", "two"):
            await hands.press("p")
            await hands.sees(lambda: isinstance(hands.app.screen, FormDialog), "the form")
            await hands.type(description)
            await hands.press("ctrl+j")
            (project / "echo" / "app.py").write_text(ECHO + f"\n# {description}\n")
            await hands.reads(f"v{1 if description == 'one' else 2}  {description}")
        await hands.press("a")
        await hands.sees(lambda: isinstance(hands.app.screen, FormDialog), "the form")
        await hands.type("live")
        await hands.press("ctrl+j")
        await hands.sees(lambda: "live" in versions.aliases, "the alias")
        versions.rows.highlight("live")
        await hands.press("space")
        assert hands.screen.session.qualifier == "live"
        await hands.press("w")
        await hands.sees(lambda: isinstance(hands.app.screen, FormDialog), "the form")
        await hands.press("ctrl+j")
        await hands.sees(lambda: bool(versions.aliases["live"].weights), "a weight")
        await hands.reads("10%")
        await hands.press("ctrl+j")
        await hands.sees(lambda: hands.screen.result.shown is not None, "an answer")
        shown = hands.screen.result.shown
        assert shown is not None
        assert shown.qualifier == "live"
        assert shown.executed_version in ("1", "2")


async def test_a_sample_is_picked_filled_in_saved_and_comes_back(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        await hands.press("ctrl+n")
        await hands.sees(lambda: isinstance(hands.app.screen, Choose), "the picker")
        await hands.type("s3put")
        await hands.press("enter")
        await hands.sees(lambda: isinstance(hands.app.screen, FormDialog), "the form")
        await hands.press("ctrl+a", "ctrl+k")
        await hands.type("my-photos")
        await hands.press("ctrl+j")
        await hands.sees(lambda: "my-photos" in hands.screen.event.text, "the event")
        await hands.press("ctrl+s")
        await hands.sees(lambda: isinstance(hands.app.screen, FormDialog), "the name's form")
        await hands.press("ctrl+j")
        saved = project / "events" / "Echo" / "s3-put.json"
        await hands.sees(saved.exists, "the saved file")
        record = json.loads(saved.read_text())["Records"][0]
        assert record["s3"]["bucket"]["name"] == "my-photos"
        await hands.press("escape", "ctrl+q")
    async with at_screen(project) as hands:
        await hands.sees(lambda: hands.screen.session.function == "Echo", "the same function")
        assert "my-photos" in hands.screen.event.text
        assert "s3-put" in hands.screen.event.title


async def test_the_history_reruns_loads_and_compares(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        for number, word in enumerate(("first", "second"), 1):
            screen.event.load_text(json.dumps({"word": word}), "")
            await hands.press("ctrl+j")
            await hands.sees(lambda n=number: len(screen.history.rows.rows) == n, "its row")
        await hands.press("6", "g", "c", "j", "c")
        await hands.reads('-   "said": "first"')
        await hands.reads('+   "said": "second"')
        await hands.press("6", "g", "j", "e")
        await hands.sees(lambda: "first" in screen.event.text, "the event in the editor")
        await hands.press("escape", "6", "G", "r")
        await hands.sees(lambda: len(screen.history.rows.rows) == 3, "the rerun's row")


async def test_every_size_shows_the_panes(project: Path) -> None:
    async with at_screen(project, (80, 24)) as hands:
        await hands.on_function("Echo")
        for size in ((100, 50), (120, 24), (200, 60), (80, 24)):
            await hands.pilot.resize_terminal(*size)
            for key, title in zip("123456", _TITLES, strict=True):
                await hands.press("escape", key)
                assert title in hands.text()
                assert hands.screen.pane.region.area > 0
        await hands.press("escape", "4", "f10")
        assert "4 Logs (zoomed)" in hands.text()


_TITLES = ("Functions", "Event", "Result", "Logs", "Versions", "History")


async def test_help_palette_and_jump(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        await hands.press("f1")
        assert isinstance(hands.app.screen, HelpScreen)
        assert "Go to this function's event" in hands.text()
        await hands.press("escape")
        await hands.press("ctrl+o", "5")
        await hands.sees(lambda: hands.screen.pane is hands.screen.versions, "Versions")
        await hands.press("ctrl+p")
        await hands.type("zoom")
        await hands.reads("Zoom the pane")
        await hands.press("enter")
        await hands.sees(lambda: hands.screen.area.zoomed, "the zoom")


async def test_an_empty_folder_offers_the_samples(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    try:
        async with at_screen(folder) as hands:
            await hands.reads("open the sample functions")
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
        await hands.sees(lambda: isinstance(hands.app.screen, Choose), "the list")
        await hands.reads("nowhere")


async def test_aws_without_credentials_says_so_and_local_stays(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        hands.screen.connection.to_aws(None, "eu-west-1")
        await hands.reads("There are no AWS credentials")
        assert not hands.screen.session.is_aws
        await hands.press("ctrl+j")
        await hands.reads("✓ 200 ok")


async def test_on_aws_every_change_asks_first_with_the_arn(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        local = hands.screen.session.backend
        assert local is not None
        target = replace(local.target, kind="aws", account="123456789012", profile=None)
        hands.screen.post_message(Connected(Backend(project, target, LambdaClient(target))))
        await hands.sees(lambda: hands.screen.session.is_aws, "the AWS target")
        await hands.reads("AWS 123456789012 us-east-1")
        await hands.reads("hot reload is off on AWS")
        await hands.on_function("Echo")
        await hands.press("5", "p")
        await hands.sees(lambda: isinstance(hands.app.screen, FormDialog), "the form")
        await hands.press("ctrl+j")
        await hands.sees(lambda: isinstance(hands.app.screen, Confirm), "the question")
        assert "arn:aws:lambda:us-east-1:123456789012:function:Echo" in hands.text()
        await hands.press("n")
        assert hands.screen.versions.versions[-1].version == "$LATEST"


async def test_broken_code_in_a_worker_is_an_error_line(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        backend = hands.screen.session.backend
        assert backend is not None

        def burst(function: str) -> None:
            raise ZeroDivisionError("a bug")

        backend.versions = burst  # type: ignore[method-assign, assignment]
        await hands.press("5", "r")
        await hands.reads("Unexpected ZeroDivisionError: a bug")


def test_the_samples_of_this_file_are_valid_python() -> None:
    compile(ECHO, "echo", "exec")
    compile(BROKEN, "broken", "exec")


async def test_a_click_on_a_tab_and_on_a_row_does_what_their_keys_do(project: Path) -> None:
    async with at_screen(project, (80, 24)) as hands:
        await hands.on_function("Echo")
        await hands.press("3")
        title = next(line for line in hands.text().splitlines() if "5 Versions" in line)
        row = hands.text().splitlines().index(title)
        await hands.pilot.click(offset=(title.index("5 Versions") + 2, row))
        await hands.sees(lambda: hands.screen.pane is hands.screen.versions, "Versions")
        await hands.press("1")
        lines = hands.text().splitlines()
        row = next(number for number, line in enumerate(lines) if " Slow " in line)
        await hands.pilot.click(offset=(5, row))
        await hands.sees(lambda: hands.screen.session.function == "Slow", "Slow chosen")


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
