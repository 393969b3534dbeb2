"""The screen invokes: the keys that start, cancel, watch, and where the answers go."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.message import Message
from textual.widgets import Input, TextArea

from workbench.samples import demo_function
from workbench.ui.backend import Backend, Request
from workbench.ui.consent import Change, agreed
from workbench.ui.invoker import Invoker
from workbench.ui.keys import key_of
from workbench.ui.messages import (
    HeaderChanged,
    InvocationDone,
    InvocationFailed,
    Recorded,
    Reloaded,
    RunRequest,
)
from workbench.ui.panes.result_words import outcome_words
from workbench.ui.screens.function_screen import FunctionScreen
from workbench.ui.screens.project_screen import README
from workbench.ui.session import INVOCATION_TYPES, Session
from workbench.ui.work import dialog


class InvokingScreen(FunctionScreen):
    """One invocation at a time, from any pane."""

    class KeysPassed(Message):
        """Bubbles behind what was done before by keys."""

    def __init__(self, session: Session, memory_file: Path) -> None:
        super().__init__(session, memory_file)
        self.invoker = Invoker(self, session, self.result)

    def why_not(self, action: str) -> str | None:
        """Most are about a function, an event, or an invocation that runs."""
        session = self.session
        if action == "cancel" and not self.is_busy:
            return "Nothing is running."
        if action in ("invoke", "rerun", "copy_command") and session.function is None:
            return "Choose a function first (<pane.pane-functions>)."
        if action == "watch" and session.is_aws:
            return "Watching needs the local Lambda: hot reload is off on AWS."
        if action == "problems" and not session.all_problems:
            return "There are no problems."
        if action == "run_demo" and demo_function(session.root) is None:
            return "No sample application is open; “sample” here opens one."
        if action == "readme" and not (session.root / README).is_file():
            return "This project has no README.md."
        if action in ("new_event", "saved_events", "save_event"):
            return self.event.why_not(action)
        return None

    @property
    def is_busy(self) -> bool:
        """Whether an invocation runs."""
        return self.session.running is not None

    def action_invoke(self) -> None:
        """Invoke the function with the event, after all keys that were pressed before.

        This key overtakes arrows and letters that come together with it, as over a slow
        connection: another function would be invoked, or half an event sent.
        """
        self.status.clear()
        (self.focused or self).post_message(self.KeysPassed())

    @on(KeysPassed)
    def _keys_passed(self, message: KeysPassed) -> None:
        message.stop()
        # The app does what keys are bound to; the list tells the pane where its cursor is.
        functions = self.functions
        self.app.call_later(functions.rows.call_later, functions.call_later, self._invoke)

    def _invoke(self) -> None:
        self.settle()
        request = self.request()
        if request is not None:
            self._start(request)

    def request(self, *, made: bool = True) -> Request | None:
        """What would be invoked now, the event's values `made` or left to be made for each
        invocation; None, and the reason told, when that cannot be done."""
        name = self.session.function
        if name is None:
            self.say("Choose a function first (<pane.pane-functions>).", "warning")
            return None
        event = self.event.take() if made else self.event.as_written()
        if event is None:
            return None
        self.remember_soon()
        return Request(name, event, self.session.qualifier, self.session.invocation_type)

    def action_rerun(self) -> None:
        """Run the last invocation again."""
        if self.session.last is None:
            self.action_invoke()
        else:
            self._start(self.session.last)

    @on(RunRequest)
    def _run_request(self, message: RunRequest) -> None:
        self._start(message.request)

    def action_burst(self) -> None:
        """Invoke many times at once, on a screen of its own."""
        request, backend = self.request(made=False), self.session.backend
        if request is None:
            return
        if backend is None:
            self.say("The local Lambda is not there yet.", "warning")
            return
        from workbench.ui.screens.burst import BurstScreen  # Late: 8 ms.

        self.app.push_screen(BurstScreen(backend, request))

    def _start(self, request: Request) -> None:
        backend = self.session.backend
        free = request.invocation_type == "DryRun" or self.session.running is not None
        if backend is None or free or not backend.is_production(request.function):
            self._begin(request)
        else:
            self._ask_first(request, backend)

    @dialog
    async def _ask_first(self, request: Request, backend: Backend) -> None:
        qualifier = f":{request.qualifier}" if request.qualifier else ""
        size = len(request.event.encode())
        words = f"Send {size:,} bytes ({request.invocation_type}) to"
        change = Change("Invoke", "Invoke", f"{backend.arn(request.function)}{qualifier}", [words])
        if await agreed(self.app, backend, request.function, change):
            self._begin(request, agreed=backend)

    def _begin(self, request: Request, *, agreed: Backend | None = None) -> None:
        self.invoker.start(request, agreed=agreed)
        self.logs.invoked()
        self._bring_result()
        self.show_keys()

    def _bring_result(self) -> None:
        """Put Result where it is seen: before the panes that share its place, without the overlay.

        Logs in front stay: who reads them wants to go on.
        """
        slots = self.area.slots(self.area.size)
        shared = next((slot for slot in slots if "result" in slot.panes), None)
        if shared is None:
            return  # another pane is zoomed
        wanted = "logs" if shared.active == "logs" else "result"
        overlaid = any(slot.overlay for slot in slots)
        if overlaid or (self.pane.scope in shared.panes and self.pane.scope != wanted):
            self.action_pane(wanted)
        else:
            self.area.bring(wanted)

    def _tell_unseen(self, sentence: str, *, good: bool) -> None:
        """The outcome in the status line, when Result is not on the screen."""
        if self.result not in self.area.visible_panes():
            typing = isinstance(self.focused, Input | TextArea)
            key = key_of(self.app, "pane.pane-result", typing=typing)
            self.say(f"{sentence}  ({key} shows it)", "success" if good else "error")

    @on(Reloaded)
    def _reloaded(self, message: Reloaded) -> None:
        """Watch: invoke again."""
        last = self.session.last
        if self.session.watching and last is not None and last.function == message.function:
            self.invoker.watch(last)
            self.show_keys()

    def action_cancel(self) -> None:
        """Cancel the running invocation."""
        self.invoker.cancel()

    @on(InvocationDone)
    def _invocation_done(self, message: InvocationDone) -> None:
        if self.invoker.done(message):
            words, kind = outcome_words(message.invocation)
            self._tell_unseen(words[2:], good=kind == "good")
        self.show_keys()
        if self.session.is_aws:
            self.post_message(Recorded())

    @on(InvocationFailed)
    def _invocation_failed(self, message: InvocationFailed) -> None:
        if self.invoker.failed(message):
            self._tell_unseen(message.sentence, good=False)
        self.show_keys()

    def action_invocation_type(self) -> None:
        """Go to the next invocation type."""
        types = INVOCATION_TYPES
        self.session.invocation_type = types[
            (types.index(self.session.invocation_type) + 1) % len(types)
        ]
        self.event.show_heading()
        self.say(f"Invocation type: {self.session.invocation_type}.")

    def action_watch(self) -> None:
        """Watch, or stop."""
        if self.session.is_aws:
            self.say("Watching needs the local Lambda: hot reload is off on AWS.", "warning")
            return
        self.session.watching = not self.session.watching
        self.event.show_heading()
        self.post_message(HeaderChanged())
        if not self.session.watching:
            self.say("No longer watching.")
        elif self.session.last is None:
            key = key_of(self.app, "screen.invoke")
            self.say(f"Watching: invoke once ({key}), then every save invokes again.")
        else:
            self.say("Watching: every save invokes again and shows what changed.")
