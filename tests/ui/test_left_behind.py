"""What comes after the person has moved on: to another target, function or question."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from screen_lab import at_screen
from textual import on
from textual.app import App
from textual.message import Message

from workbench.aws.errors import LambdaError
from workbench.aws.records import Alias, Function, Invocation
from workbench.ui.backend import Backend, Request
from workbench.ui.messages import Connected, InvocationDone
from workbench.ui.panes.versions_list import VersionsList
from workbench.ui.widgets.dialogs import Choose, Confirm
from workbench.ui.widgets.form import FormDialog
from workbench.ui.work import Failed, Job, dialog, in_thread, stop


class Node(App[None]):
    """Starts jobs and hears their messages."""

    @dataclass
    class Told(Message):
        word: str

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    @on(Told)
    def _told(self, message: Told) -> None:
        self.heard.append(message.word)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self.heard.append(message.sentence)

    @dialog
    async def ask(self) -> None:
        raise LambdaError("Oops", "a question broke")


def posting(node: Node, group: str, word: str) -> None:
    """Start a job and hold the loop until it has posted: the message is under way then."""
    posted = threading.Event()

    def tell(job: Job) -> None:
        job.post(Node.Told(word))
        posted.set()

    in_thread(node, group, tell)
    assert posted.wait(20)


async def test_what_a_stopped_job_has_posted_is_not_dealt_with() -> None:
    node = Node()
    async with node.run_test() as pilot:
        posting(node, "list", "of the target before")
        posting(node, "list", "of this target")
        posting(node, "figures", "of nobody")
        stop(node, "figures")
        node.ask()
        for _ in range(200):
            await pilot.pause(0.01)
            if len(node.heard) == 2:
                break
        assert sorted(node.heard)[1] == "of this target"
        assert "a question broke" in sorted(node.heard)[0]


class Production(Backend):
    """The local Lambda as if it were an AWS account in which everything is production. An
    invocation is answered when `answers` is set."""

    def __init__(self, local: Backend) -> None:
        target = replace(local.target, kind="aws", account="123456789012", profile=None)
        super().__init__(local.root, target, local.client)
        self.answers = threading.Event()
        self.invoked: list[str] = []

    def is_production(self, function: str) -> bool:
        return True

    def invoke(self, request: Request, token: str) -> Invocation:
        self.invoked.append(token)
        assert self.answers.wait(30)
        return super().invoke(request, token)


async def test_what_was_agreed_to_on_one_target_is_not_done_on_another(shop: Path) -> None:
    answered: list[str] = []

    def hear(message: Message) -> None:
        if isinstance(message, InvocationDone):
            answered.append(message.token)

    async with at_screen(shop, hook=hear) as hands:
        screen, session = hands.screen, hands.screen.session
        await hands.on_function("Echo")
        local = session.backend
        assert local is not None
        account = Production(local)

        async def reaches(backend: Backend) -> None:
            screen.post_message(Connected(backend))
            await hands.sees(lambda: session.backend is backend, "the other target")

        await reaches(account)
        await hands.on_function("Echo")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        await reaches(local)
        await hands.press("y")
        await hands.reads("Not invoked: another target was reached meanwhile.")
        assert account.invoked == []

        # An answer that comes when the target is another one is not shown as one of that.
        await reaches(account)
        await hands.on_function("Echo")
        await hands.press("ctrl+j")
        await hands.opens(Confirm, "the question")
        await hands.press("y")
        await hands.sees(lambda: len(account.invoked) == 1, "the invocation")
        await reaches(local)
        await hands.reads("Echo still runs on the target before")
        assert session.running is None
        shown = screen.result.shown
        account.answers.set()
        await hands.sees(lambda: account.invoked[0] in answered, "its answer")
        await hands.settles()
        assert screen.result.shown is shown


async def test_an_older_list_of_versions_does_not_hide_a_change(shop: Path) -> None:
    lists: list[Message] = []

    def hear(message: Message) -> None:
        if isinstance(message, VersionsList.Loaded):
            lists.append(message)

    async with at_screen(shop, hook=hear) as hands:
        await hands.on_function("Slow")
        versions, backend = hands.screen.versions, hands.screen.session.backend
        assert backend is not None
        await hands.sees(lambda: bool(versions.versions), "the versions")
        real, goes_on, begun = backend.versions, threading.Event(), threading.Event()

        def slowly(function: str) -> tuple[list[Function], list[Alias]]:
            backend.versions = real  # type: ignore[method-assign]
            begun.set()
            assert goes_on.wait(30)
            return [], []

        backend.versions = slowly  # type: ignore[method-assign]
        versions.load()
        await hands.sees(begun.is_set, "a list that takes its time")
        lists.clear()
        versions.change(backend, "Slow", lambda: None, "The change is made.")
        await hands.reads("The change is made.")
        await hands.sees(lambda: bool(lists), "the list after it")
        shown = set(map(id, lists))
        assert versions.versions
        goes_on.set()
        await hands.sees(lambda: not shown.issuperset(map(id, lists)), "the list that was late")
        await hands.settles()
        assert versions.versions
        # What one may do without is not told of when it fails.
        versions.post_message(Failed("counts", "no right to read figures"))
        await hands.settles()
        assert "no right" not in hands.text()


async def test_an_event_goes_to_the_function_it_was_meant_for(project: Path) -> None:
    async with at_screen(project) as hands:
        await hands.on_function("Echo")
        screen, event = hands.screen, hands.screen.event
        event.load_text('{"of": "Echo"}', "mine")
        await hands.press("ctrl+s")
        await hands.opens(FormDialog, "the name's form")
        screen.choose("Slow")
        await hands.sees(lambda: "Echo" not in event.text, "the other function's event")
        await hands.press("ctrl+j")
        await hands.reads("Saved events/Echo/mine.json.")
        saved = project / "events" / "Echo" / "mine.json"
        assert saved.read_text() == '{"of": "Echo"}'
        await hands.press("ctrl+n")
        await hands.opens(Choose, "the picker")
        await hands.type("s3put")
        screen.choose("Echo")
        await hands.press("enter")
        await hands.opens(FormDialog, "the form")
        await hands.press("ctrl+j")
        await hands.reads("Not taken: the function is no longer Slow.")
        assert json.loads(event.text) == {"of": "Echo"}
