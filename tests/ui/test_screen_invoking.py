"""Invoking from the screen, on a real local Lambda: answers, errors, watch, cancel, history."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from screen_lab import ECHO, Hands, at_screen, end_server, make_project
from textual.events import Key
from textual.widgets import ContentSwitcher

from workbench.aws.records import Invocation
from workbench.project import server_process


@pytest.fixture(scope="module")
def _own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("own") / "shop"
    make_project(root)
    server_process.ensure(root)
    yield root
    end_server(root)


@pytest.fixture
def own(_own: Path) -> Iterator[Path]:
    """A folder for the tests of this file, its local Lambda running; Echo's code may be changed."""
    (_own / ".workbench" / "ui.json").unlink(missing_ok=True)
    yield _own
    (_own / "echo" / "app.py").write_text(ECHO)


async def recorded(hands: Hands, invocation: Invocation) -> None:
    """Wait until the history lists an invocation."""
    history = hands.screen.history
    await hands.sees(
        lambda: invocation.request_id in {each.request_id for each in history._entries.values()},
        "the invocation in the history",
    )


async def test_invoking_shows_result_logs_history_and_last_result(own: Path) -> None:
    async with at_screen(own) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        await hands.press("enter")
        screen.event.load_text('{"word": "hello"}', "")
        invocation = await hands.invokes()
        await hands.reads("✓ 200 ok")
        await hands.reads('"said": "hello"')
        await hands.reads("working on it")
        await recorded(hands, invocation)
        await hands.reads("billed")
        await hands.reads("$0.0000002")

        def last_result() -> str:
            return next(str(r.columns[1]) for r in screen.functions.rows.rows if r.id == "Echo")

        await hands.sees(lambda: "✓" in last_result(), "the last result")


async def test_invoking_does_not_overtake_keys_that_came_with_it(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Slow")
        for key in ("up", "up", "ctrl+j"):
            hands.app.post_message(Key(key, None))
        session = hands.screen.session
        await hands.sees(lambda: session.last is not None and session.running is None, "an answer")
        await hands.reads("KeyError")
        assert session.last is not None
        assert session.last.function == "Broken"
        await hands.press("2", "enter", "ctrl+a", "ctrl+a")
        for key in '{"bucket":"photos"}':
            hands.app.post_message(Key(key, key))
        hands.app.post_message(Key("ctrl+j", None))
        await hands.reads("✓ 200 ok")
        assert session.last.event == '{"bucket":"photos"}'
        backend = session.backend
        assert backend is not None
        await hands.sees(lambda: "Broken" in backend.failures(3600), "the error counted")
        await hands.press("escape", "1", "e")
        await hands.sees(
            lambda: re.search(r"✗ \d+×", hands.text()) is not None, "how often Broken failed"
        )
        hands.screen.event.load_text("{}", "")
        await hands.press("f6", "ctrl+j")
        await hands.reads("Asynchronous: no caller gets this.")


async def test_an_event_that_is_not_json_is_not_sent(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        hands.screen.event.load_text('{"a": 1\n "b": 2}', "")
        await hands.press("ctrl+j")
        await hands.reads("The event is not JSON: line 2, column 2")
        editor = hands.screen.event.editor
        await hands.sees(lambda: editor.has_focus, "the focus in the editor")
        await hands.sees(lambda: editor.cursor_location == (1, 1), "the cursor at the fault")
        assert hands.screen.session.last is None


async def test_an_error_shows_its_frames_and_opens_one(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_screen(shop) as hands:
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
        assert opened == [(shop / "broken" / "app.py", 2)]


async def test_watch_invokes_on_save_and_shows_what_changed(own: Path) -> None:
    async with at_screen(own) as hands:
        await hands.on_function("Echo")
        await hands.invokes()
        await hands.reads('"said": "nothing"')
        await hands.press("f5")
        await hands.reads("watching")
        (own / "echo" / "app.py").write_text(ECHO.replace('"nothing"', '"something"'))
        await hands.reads('+   "said": "something"')
        await hands.reads('-   "said": "nothing"')
        assert hands.screen.result.query_one(ContentSwitcher).current == "changes"
        # A save that changes nothing in the answer leaves the last changes to be read.
        app = own / "echo" / "app.py"
        app.write_text(app.read_text() + "\n# nothing new\n")
        await hands.reads("The answer is the same as before")
        await hands.reads('-   "said": "nothing"')


async def test_a_syntax_error_shows_and_the_last_good_result_stays(own: Path) -> None:
    async with at_screen(own) as hands:
        await hands.on_function("Echo")
        await hands.invokes()
        await hands.reads('"said": "nothing"')
        (own / "echo" / "app.py").write_text(ECHO + "\ndef oops(:\n")
        await hands.reads("✗ app.py:8")
        await hands.reads("▲ 1 problem: echo/app.py:8")
        assert '"said": "nothing"' in hands.text()
        (own / "echo" / "app.py").write_text(ECHO)
        await hands.sees(lambda: "▲ 1 problem" not in hands.text(), "the problem gone")


async def test_a_hanging_function_is_cancelled(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Slow")
        hands.screen.event.load_text('{"seconds": 25}', "")
        await hands.press("ctrl+j")
        await hands.reads("Running Slow")
        activity = hands.screen.session.activity
        await hands.sees(lambda: activity.running() > 0, "the invocation begun")
        await hands.press("ctrl+k")
        await hands.sees(lambda: hands.screen.session.running is None, "the end of it")


async def test_the_history_reruns_loads_and_compares(own: Path) -> None:
    async with at_screen(own) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        for word in ("first", "second"):
            screen.event.load_text(json.dumps({"word": word}), "")
            await recorded(hands, await hands.invokes())
        await hands.press("6", "g", "c", "j", "c")
        await hands.reads('-   "said": "first"')
        await hands.reads('+   "said": "second"')
        await hands.press("6", "g", "j", "e")
        await hands.sees(lambda: "first" in screen.event.text, "the event in the editor")
        await hands.press("escape", "6", "G")
        await recorded(hands, await hands.invokes("r"))


async def test_event_and_dry_run_say_what_they_did(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        await hands.press("f6", "ctrl+j")
        await hands.reads("202 accepted")
        await hands.reads("async (Event)")
        await hands.press("f6", "ctrl+j")
        await hands.reads("204 would be allowed")


async def test_an_invocation_waits_for_its_local_lambda_and_ends_with_it(project: Path) -> None:
    async with at_screen(project) as hands:
        screen = hands.screen
        await hands.sees(lambda: screen.session.function is not None, "a function")
        await hands.press("ctrl+j")
        await hands.sees(lambda: screen.result.shown is not None, "an answer")
        await hands.on_function("Slow")
        before = screen.session.backend
        screen.event.load_text('{"seconds": 25}', "")
        await hands.press("ctrl+j")
        info = server_process.running(project)
        assert info is not None
        os.kill(info.pid, signal.SIGKILL)
        await hands.sees(lambda: screen.session.running is None, "the end of it")
        await hands.sees(lambda: screen.session.backend is not before, "another local Lambda")
        await hands.on_function("Echo")
        assert (await hands.invokes()).status_code == 200
