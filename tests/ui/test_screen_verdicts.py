"""What the services that send events make of answers, told on the screen."""

from __future__ import annotations

import json
from pathlib import Path

from screen_lab import at_screen

from workbench.samples import find
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.form import FormDialog

RESOURCE = """\
import json, urllib.request


def handler(event, context):
    if "ResponseURL" not in event:
        return event
    body = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body |= {"Status": "SUCCESS", "PhysicalResourceId": "made here"}
    data = json.dumps(body).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], data, method="PUT")).close()
"""


async def test_answers_are_judged_and_a_custom_resource_is_waited_for(project: Path) -> None:
    (project / "echo" / "app.py").write_text(RESOURCE)
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        screen = hands.screen
        screen.event.load_text(json.dumps(find("cognito-pre-sign-up").render()), "")
        await hands.press("ctrl+j")
        await hands.reads("✓ Cognito takes this answer.")
        screen.event.load_text(json.dumps(find("alb-request").render()), "")
        await hands.press("ctrl+j")
        await hands.reads("✗ The load balancer refuses it")

        await hands.press("ctrl+n")
        await hands.opens(Choose, "the picker")
        await hands.type("custom resource create")
        await hands.press("enter")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.reads("async (Event)")
        await hands.press("ctrl+j")
        await hands.reads("✓ SUCCESS came to")
        await hands.sees(
            lambda: screen.result.shown is not None and screen.result.shown.report is not None,
            "the answer of what was queued",
        )
        await hands.on_function("Broken")
        assert screen.session.invocation_type == "RequestResponse"

        await hands.press("alt+d")
        await hands.reads("No sample application is open")
        saved = project / "events" / "Echo" / "first.json"
        saved.parent.mkdir(parents=True)
        saved.write_text('{"this": "is the demo"}')
        (project / "README.md").write_text("Invoke **Echo** (`ctrl+j`).\n")
        await hands.press("alt+d")
        await hands.sees(
            lambda: screen.result.shown is not None and b"the demo" in screen.result.shown.payload,
            "the answer of the demo",
        )
