"""Pane 7: what invokes functions, and what can be done about it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message

from workbench.aws.errors import LambdaError
from workbench.aws.triggers.client import why_not_paused, why_not_redriven
from workbench.aws.triggers.messages import MessageField, fields, why_not_tested
from workbench.aws.triggers.trigger import Trigger
from workbench.aws.triggers.words import activity, contents_words, kind_words, state_words
from workbench.ui.backend import Backend
from workbench.ui.consent import Change, agreed
from workbench.ui.panes.triggers_list import TriggersList
from workbench.ui.terminal.browser import open_in_browser
from workbench.ui.widgets.dialogs import Message as MessageDialog
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import FuzzyList
from workbench.ui.work import Job, dialog, in_background, in_thread

_DONE_WITH_A_TRIGGER = ("details", "pause", "test", "redrive")


class TriggersPane(TriggersList):
    """Pausing and resuming, test messages, redriving, the addresses of front doors."""

    scope = "triggers"

    @dataclass
    class Asked(Message):
        """What a test message for a trigger takes is known."""

        backend: Backend
        trigger: Trigger
        fields: list[MessageField]

    @dataclass
    class Told(Message):
        """What there is to tell of a trigger beyond what its row has."""

        trigger: Trigger
        lines: list[str]

    def why_not(self, action: str) -> str | None:
        """Everything but reading needs a trigger, most a certain kind of it."""
        if action in ("all_functions", "reload"):
            return None
        trigger = self.trigger
        if trigger is None:
            return (
                "There is no trigger here; <triggers.all_functions> shows those of all functions."
            )
        match action:
            case "pause":
                return why_not_paused(trigger)
            case "test":
                return why_not_tested(trigger)
            case "redrive":
                return why_not_redriven(trigger)
            case "open_url":
                return (
                    None if trigger.url else f"{kind_words(trigger.kind)} has no address to open."
                )
        return None

    def calls_for(self) -> Sequence[str]:
        """A front door is opened, or its address taken."""
        trigger = self.trigger
        return ("triggers.open_url", "pane.copy") if trigger and trigger.is_front else ()

    def has_no_use_for(self) -> Container[str]:
        """What cannot be done with the trigger under the cursor."""
        return {f"triggers.{each}" for each in _DONE_WITH_A_TRIGGER if self.why_not(each)}

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.action_details()

    def action_details(self) -> None:
        """Tell all that is known of the trigger; a queue is asked what it holds."""
        trigger, backend = self.trigger, self.session.backend
        if not self.allowed("details") or trigger is None:
            return
        if trigger.kind != "SQS" or backend is None:
            self._tell(trigger, ())
            return

        def ask(job: Job) -> Message:
            try:
                return self.Told(trigger, contents_words(backend.triggers.contents(trigger)))
            except LambdaError as error:  # it is told in its place
                return self.Told(trigger, [f"✗ {error}"])

        in_thread(self, "contents", ask)

    @on(Told)
    def _told(self, message: Told) -> None:
        if self.trigger is not None and self.trigger.id == message.trigger.id:
            self._tell(self.trigger, message.lines)

    def _tell(self, trigger: Trigger, more: Sequence[str]) -> None:
        now = time.time()
        lines = [
            f"{' '.join(state_words(trigger))} · invokes {', '.join(trigger.functions)}",
            activity(trigger, now),
            trigger.last_result or "",
            *more,
            "",
            *self.lines(trigger, now),
            f"UUID {trigger.uuid}" if trigger.uuid else "",
        ]
        title = f"{kind_words(trigger.kind)} {trigger.name}"
        body = list(dict.fromkeys(line for line in lines if line))
        self.app.push_screen(MessageDialog(title, body))

    async def _change(
        self,
        backend: Backend,
        trigger: Trigger,
        title: str,
        action: str,
        words: str,
        make: Callable[[Backend], str],
    ) -> None:
        """Make a change; on AWS it is asked for with what it concerns."""
        named = [trigger.arn or trigger.name, *([f"UUID {trigger.uuid}"] if trigger.uuid else [])]
        function = next(iter(trigger.functions), "")
        change = Change(title, action, "\n".join(named), [words])
        if await agreed(self.app, backend, function, change):
            self.change(backend, make)

    @dialog
    async def action_pause(self) -> None:
        """Pause it, or resume it."""
        trigger, backend = self.trigger, self.session.backend
        if not self.allowed("pause") or trigger is None or backend is None:
            return
        enabled = trigger.state == "Disabled"
        word = "Resume" if enabled else "Pause"

        def change(backend: Backend) -> str:
            backend.triggers.set_enabled(trigger, enabled)
            again = "" if enabled else ": <triggers.pause> resumes"
            return f"{word}d {trigger.name}{again}."

        whom = ", ".join(trigger.functions) or "The function"
        words = f"{whom} is {'again' if enabled else 'no longer'} invoked by"
        await self._change(backend, trigger, f"{word} {trigger.name}", word, words, change)

    def action_test(self) -> None:
        """Send a test message."""
        trigger, backend = self.trigger, self.session.backend
        if not self.allowed("test") or trigger is None or backend is None:
            return

        def ask(job: Job) -> Message:
            keys = backend.triggers.key_names(trigger) if trigger.kind == "DynamoDB" else ()
            return self.Asked(backend, trigger, fields(trigger, keys))

        in_thread(self, "fields", ask)

    @on(Asked)
    def _asked(self, message: Asked) -> None:
        self._send(message.backend, message.trigger, message.fields)

    @dialog
    async def _send(self, backend: Backend, trigger: Trigger, wanted: list[MessageField]) -> None:
        title = f"Test message for {kind_words(trigger.kind)} {trigger.name}"
        form = [Field(f.name, f.label, f.kind, f.default, f.help) for f in wanted]
        values = await self.app.push_screen_wait(FormDialog(title, form, submit="Send"))
        if values is not None:
            await self._change(
                backend,
                trigger,
                title,
                "Send",
                "Send it to",
                lambda backend: backend.triggers.send(trigger, values),
            )

    @dialog
    async def action_redrive(self) -> None:
        """Move the dead-letter queue's messages back."""
        trigger, backend = self.trigger, self.session.backend
        if not self.allowed("redrive") or trigger is None or backend is None:
            return
        words = "Move all messages of its dead-letter queue back into"
        if not backend.is_local:
            with contextlib.suppress(LambdaError):  # the redriving itself tells
                held = await in_background(lambda: backend.triggers.contents(trigger))
                if held.dead_letter_queue:
                    words = f"Move {held.dead:,} messages of {held.dead_letter_queue} back into"
        title = f"Redrive {trigger.name}"
        await self._change(
            backend,
            trigger,
            title,
            "Redrive",
            words,
            lambda backend: backend.triggers.redrive(trigger),
        )

    def action_open_url(self) -> None:
        """Open the address."""
        trigger = self.trigger
        if self.allowed("open_url") and trigger is not None and trigger.url is not None:
            open_in_browser(self, trigger.page or trigger.url)

    def copy_text(self) -> tuple[str, str] | None:
        """The address of a front door, the ARN of anything else."""
        trigger = self.trigger
        if trigger is None:
            return None
        if trigger.url is not None:
            return "the address", trigger.url
        return ("the ARN", trigger.arn) if trigger.arn else ("the statement", trigger.detail)
