"""The event editor on a real local Lambda: values made when it is sent, places, completion."""

from __future__ import annotations

import json
from pathlib import Path

from screen_lab import at_screen

from workbench.ui.screens.sent import SentScreen


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
