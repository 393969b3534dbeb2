"""The event editor on a real local Lambda: values made when it is sent, places, completion."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from screen_lab import at_screen

from workbench.ui.screens.decoded import DecodedScreen
from workbench.ui.screens.sent import SentScreen
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import FormDialog
from workbench.ui.widgets.json_editor import JsonEditor


async def test_values_are_shown_and_made_when_the_event_is_sent(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        event = hands.screen.event
        event.load_text('{\n  "word": "{{counter}} {{env:NOT_SET_HERE}}"\n}', "")
        await hands.reads("NOT_SET_HERE is not set")
        await hands.press("ctrl+j")
        await hands.sees(lambda: event.editor.cursor_location == (1, 10), "the cursor there")
        await hands.reads("$.word")
        event.load_text('{\n  "word": "{{counter}}", "id": "{{uuid}}"\n}', "")
        await hands.reads('{{counter}} → "1"')
        await hands.press("escape", "v")
        await hands.opens(SentScreen, "the event as it is sent")
        await hands.reads("2 values made")
        await hands.reads('"word": "1"')
        await hands.press("ctrl+j")
        await hands.sees(lambda: hands.screen.result.shown is not None, "an answer")
        shown = hands.screen.result.shown
        assert shown is not None
        assert json.loads(shown.payload)["said"] == "1"
        assert "{{" not in shown.event.decode(), "the event is recorded as it was sent"
        await hands.press("ctrl+r")
        await hands.sees(lambda: hands.screen.result.shown is not shown, "another answer")
        again = hands.screen.result.shown
        assert again is not None and again.event == shown.event, "a rerun sends the same event"
        assert json.loads((await hands.invokes()).payload)["said"] == "2"


async def test_members_and_values_are_completed_while_one_writes(project: Path) -> None:
    own = project / "events" / "Echo"
    own.mkdir(parents=True)
    (own / "usual.json").write_text('{"word": "hello", "order": {"id": 7}}')
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        event = hands.screen.event
        event.load_text("{\n  \n}", "")
        event.editor.focus()
        await hands.sees(lambda: bool(event.editor.examples), "the shapes known")
        event.editor.move_cursor((1, 2))
        await hands.press("ctrl+@")
        await hands.sees(lambda: event.editor.completions.is_open, "the list")
        await hands.reads("saved: usual")
        await hands.press("escape")
        assert not event.editor.completions.is_open
        assert event.editor.has_focus
        await hands.type('"wo')
        await hands.sees(lambda: event.editor.completions.is_open, "the list")
        await hands.press("tab")
        assert json.loads(event.text) == {"word": "hello"}
        assert event.editor.has_focus, "tab took it"
        await hands.type(', "ord')
        await hands.press("down", "up", "enter")
        await hands.reads("{ id }")
        await hands.press("enter")
        assert json.loads(event.text) == {"word": "hello", "order": {"id": 7}}
        event.load_text('{"word": ""}', "")
        event.editor.move_cursor((0, 10))
        await hands.type("{{cou")
        await hands.press("tab")
        assert event.text == '{"word": "{{counter}}"}'
        await hands.press("tab")
        await hands.sees(lambda: not event.editor.has_focus, "the next pane")


async def test_a_part_is_decoded_changed_and_encoded_again(shop: Path) -> None:
    async with at_screen(shop, (80, 24)) as hands:
        await hands.on_function("Echo")
        event = hands.screen.event
        data = base64.b64encode(b'{"a":1}').decode()
        text = json.dumps({"word": "x", "data": data, "body": '{"b": {"c": 2}}'}, indent=2)
        event.load_text(text, "")
        await hands.press("2", "escape")
        await hands.reads("d decodes 2 parts")
        await hands.press("d")
        await hands.opens(DecodedScreen, "the parts")
        await hands.reads("base64 → JSON")
        await hands.press("enter")
        editor = hands.app.screen.query_one(JsonEditor)
        await hands.sees(lambda: editor.has_focus, "the part's editor")
        editor.move_cursor((1, 8))
        await hands.type(' , "more": true')
        await hands.reads("● changed")
        await hands.press("escape")
        await hands.reads("esc again drops it")
        editor.post_message(JsonEditor.ValidityChanged(None))  # it is checked a moment later
        await hands.settles()
        assert "esc again drops it" in hands.text()
        await hands.press("shift+tab", "down")
        await hands.reads('"c": 2')
        await hands.press("ctrl+s")
        await hands.sees(lambda: event.text != text, "the event changed")
        changed = json.loads(event.text)
        assert base64.b64decode(changed["data"]) == b'{"a":1,"more":true}'
        assert changed["body"] == '{"b": {"c": 2}}'
        event.load_text("{}", "")
        await hands.press("escape", "d")
        await hands.reads("Nothing in this event is base64")


async def test_new_events_from_the_history_the_logs_and_the_clipboard(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        event = hands.screen.event

        async def take(what: str) -> None:
            event.load_text("{}", "")
            await hands.press("ctrl+n")
            await hands.opens(Choose, "the picker")
            await hands.type(what)
            await hands.press("enter")

        await take("a log line")
        await hands.reads("No line in Logs holds JSON")
        await take("front door")
        await hands.reads("no request of a front door in the history")
        request = {"requestContext": {"http": {"method": "GET", "path": "/orders"}}}
        event.load_text(json.dumps(request), "")
        await hands.invokes()
        await hands.sees(lambda: bool(hands.screen.history.rows.rows), "the history")
        await take("front door")
        await hands.reads("GET /orders")
        await hands.press("enter")
        await hands.sees(lambda: event.text.startswith('{\n  "requestContext"'), "the request")
        assert "GET /orders" in event.title
        hands.screen.logs.show_text("INFO got {'a': [1, None]} there", "a request")
        await hands.sees(lambda: any("got" in line for line in event.log_lines()), "the line")
        await take("a log line")
        await hands.opens(Choose, "the lines")
        await hands.press("enter")
        await hands.sees(lambda: json.loads(event.text) == {"a": [1, None]}, "its event")
        hands.app.copy_to_clipboard('payload: {"copied": true}')
        await take("clipboard")
        await hands.sees(lambda: json.loads(event.text) == {"copied": True}, "what was copied")


async def test_an_event_is_shared_taken_and_removed(shop: Path) -> None:
    async with at_screen(shop) as hands:
        await hands.on_function("Echo")
        event, backend = hands.screen.event, hands.screen.session.backend
        assert backend is not None
        event.load_text('{"word": "shared"}', "")
        await hands.press("2", "escape", "S")
        await hands.opens(FormDialog, "the name's form")
        await hands.type("everybody")
        await hands.press("ctrl+j")
        await hands.reads("Shared “everybody” of Echo")
        assert backend.shareable.events("Echo") == {"everybody": {"word": "shared"}}
        event.load_text("{}", "")
        await hands.press("ctrl+n")
        await hands.opens(Choose, "the picker")
        await hands.type("shareable")
        await hands.press("enter")
        await hands.reads("Shareable test events")
        await hands.opens(Choose, "the shared events")
        await hands.press("enter")
        await hands.sees(lambda: json.loads(event.text) == {"word": "shared"}, "the event")
        event.action_unshare_event()
        await hands.opens(Choose, "the shared events")
        await hands.press("enter")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.reads("Removed the shareable test event")
        assert backend.shareable.events("Echo") == {}
