"""Projects with real functions, and the screen on them with its real local Lambda."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aws_lab import PROFILE
from endpoint_lab import REGION
from textual.events import Key
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen

from workbench.aws.records import Invocation
from workbench.aws.workbench_surface import WorkbenchSurface
from workbench.project import server_process
from workbench.ui import work
from workbench.ui.app import WorkbenchApp
from workbench.ui.screens.workbench import WorkbenchScreen

ECHO = """\
import json


def handler(event, context):
    print("working on it")
    return {"said": event.get("word", "nothing"), "version": context.function_version}
"""

SLOW = """\
import time


def handler(event, context):
    time.sleep(event["seconds"])
    return "awake"
"""

BROKEN = """\
def fetch(event):
    return event["bucket"]


def handler(event, context):
    return fetch(event)
"""


FUNCTIONS = {"echo": ECHO, "slow": SLOW, "broken": BROKEN}


def make_project(root: Path) -> None:
    """Write a template with three Python functions: Echo, Slow and Broken."""
    for name, code in FUNCTIONS.items():
        (root / name).mkdir(parents=True)
        (root / name / "app.py").write_text(code)
    (root / "template.yaml").write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n"
        + "".join(
            f"  {name.capitalize()}:\n    Type: AWS::Serverless::Function\n    Properties:\n"
            f"      CodeUri: {name}/\n      Handler: app.handler\n      Runtime: python3.13\n"
            "      Timeout: 30\n"
            for name in FUNCTIONS
        )
    )


def end_server(root: Path) -> None:
    """Stop the local Lambda of a project, if one runs."""
    info = server_process.running(root)
    if info is not None:
        WorkbenchSurface(info.url).shutdown()


class Hands:
    """A person at the keyboard, and what they see."""

    def __init__(self, app: WorkbenchApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> WorkbenchScreen:
        """The workbench screen, also below a dialog."""
        return next(s for s in self.app.screen_stack if isinstance(s, WorkbenchScreen))

    async def settles(self) -> None:
        """Wait until every widget has dealt with its messages and what they led to is painted.

        `Pilot.pause` sends a message to each widget for that and `Pilot.press` waits for an idle
        processor as well: the one costs most of a test's time, the other seconds on a busy machine.
        """
        limit = time.monotonic() + 2  # a handler may wait for what takes long
        while time.monotonic() < limit:
            await asyncio.sleep(0)
            if self._quiet():
                screen = self.app.screen
                screen._on_timer_update()
                if self._quiet() and not (screen._layout_required or screen._dirty_widgets):
                    return

    def _quiet(self) -> bool:
        queues = [node._message_queue for node in (self.app, *self.app._registry)]
        return all(not queue.values and queue.ready_event._waiters for queue in queues)

    async def press(self, *keys: str) -> None:
        """Press keys, each when what the one before set off in the widgets has been dealt with."""
        for key in keys:
            self.app.post_message(Key(key, " " if key == "space" else None))
            await self.settles()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*({" ": "space"}.get(letter, letter) for letter in text))

    async def sees(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds; fails with `what` after twenty seconds."""
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            await self.settles()
            with contextlib.suppress(LookupError):
                if condition():
                    return
            await asyncio.sleep(0.02)
        pytest.fail(f"never seen: {what}\n{self.text()}")

    async def opens(self, dialog: type[Screen[Any]], what: str) -> None:
        """Wait until a dialog is there and takes keys."""
        await self.sees(
            lambda: isinstance(self.app.screen, dialog) and self.app.screen.focused is not None,
            what,
        )

    async def invokes(self, key: str = "ctrl+j") -> Invocation:
        """Press ctrl+j, or another key that invokes, and wait for the answer."""
        session, before = self.screen.session, self.screen.result.shown
        last = session.last
        await self.press(key)
        # Not that of an earlier invocation, which is shown when a function was chosen.
        await self.sees(
            lambda: (
                session.last is not last
                and session.running is None
                and self.screen.result.shown is not before
            ),
            "an answer",
        )
        shown = self.screen.result.shown
        assert shown is not None
        return shown

    def _is_asking(self) -> bool:
        """Whether the target or the disk is asked for something that has an end."""
        return any(
            not group.startswith(("server events", "tail "))
            for node in (self.screen, *self.screen.panes)
            for group in work._running.get(node, ())
        )

    async def rests(self) -> None:
        """Wait until all that was asked for has come and is shown."""
        await self.sees(lambda: not self._is_asking(), "all that was asked for")

    def text(self) -> str:
        """What the screen shows, as lines of text."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines)

    async def reads(self, words: str) -> None:
        """Wait until words are on the screen."""
        await self.sees(lambda: words in self.text(), words)

    async def on_function(self, name: str) -> None:
        """Wait for the local Lambda, and go to a function."""
        await self.sees(
            lambda: (
                self.screen.session.backend is not None
                and bool(
                    self.screen.session.functions.get(name)
                    and self.screen.session.functions[name].arn
                )
            ),
            f"{name} listed by the local Lambda",
        )
        self.screen.functions.rows.highlight(name)
        await self.settles()
        self.screen.functions.settle()
        await self.sees(lambda: self.screen.session.function == name, f"{name} chosen")
        # Logs, versions and history follow when the cursor has rested there.
        rest = self.screen._rest
        await self.sees(
            lambda: rest is None or rest._task is None or rest._task.done(), "the panes to follow"
        )
        await self.rests()

    async def goes_to_aws(self) -> None:
        """Change to AWS: the lab's profile, see `aws_lab.configure`."""
        # The screen begins by itself with the local Lambda, a moment after its panes are there.
        await self.sees(lambda: self.screen.session.backend is not None, "the local Lambda")
        self.screen.connection.to_aws(PROFILE, REGION)
        await self.sees(lambda: self.screen.session.is_aws, "the AWS target")


@contextlib.asynccontextmanager
async def at_screen(
    root: Path,
    size: tuple[int, int] = (120, 40),
    hook: Callable[[Message], None] | None = None,
) -> AsyncIterator[Hands]:
    """Open the screen on a project; `hook` is told each message that is dealt with."""
    app = WorkbenchApp(root)
    app.animation_level = "none"
    async with app.run_test(size=size, message_hook=hook) as pilot:
        hands = Hands(app, pilot)
        await hands.sees(lambda: isinstance(app.screen, WorkbenchScreen), "the panes")
        yield hands
