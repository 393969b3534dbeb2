"""Invoking: one at a time, cancelled when asked, watched and compared."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING

from textual.message import Message
from textual.message_pump import MessagePump

from workbench.aws.records import Invocation
from workbench.ui.backend import Backend, Request
from workbench.ui.keys import key_of
from workbench.ui.messages import InvocationDone, InvocationFailed, Say
from workbench.ui.session import Running, Session
from workbench.ui.widgets.line_diff import same
from workbench.ui.widgets.status_bar import Severity
from workbench.ui.work import Job, failure, in_thread

if TYPE_CHECKING:
    from workbench.ui.panes.result import ResultPane

_COMPARED_HERE = 200_000
"""Bytes of two answers above which ignored paths are not looked for: it would hold keys up."""


class Invoker:
    """Starts invocations and shows their answers in the Result pane.

    What the threads find is posted to `node`.
    """

    def __init__(self, node: MessagePump, session: Session, result: ResultPane) -> None:
        self._node = node
        self._session = session
        self._result = result
        self._waiting: Request | None = None
        self._compare = False
        self._again = False
        self._answers: dict[str, Invocation] = {}
        """The last good answer of each function: what watch compares with."""

    def start(
        self, request: Request, *, compare: bool = False, agreed: Backend | None = None
    ) -> None:
        """Invoke; before the target is there, as soon as it is. `compare`: show what changed;
        `agreed`: the target on which the person agreed to invoke what is production."""
        session = self._session
        if session.running is not None:
            key = key_of(self._node.app, "screen.cancel")
            self._say(f"An invocation is running: {key} cancels it.", "warning")
            return
        backend = session.backend
        if agreed is not None and agreed is not backend:
            self._say("Not invoked: another target was reached meanwhile.", "warning")
            return
        session.last = request
        self._compare = compare
        if backend is None:
            self._waiting = request
            self._result.running("Waiting for the local Lambda")
            return
        running = session.running = Running(backend, request, str(uuid.uuid4()))
        what = f"{request.function}:{request.qualifier}" if request.qualifier else request.function
        self._result.running(f"{'Watching: r' if compare else 'R'}unning {what}")

        def work(job: Job) -> Message:
            try:
                with agreed.permitted() if agreed else contextlib.nullcontext():
                    invocation = backend.invoke(request, running.token)
            except Exception as error:
                # Posted as a message of its own: the answer belongs into the Result pane.
                return InvocationFailed(running.token, request, failure("", error).sentence)
            return InvocationDone(running.token, request, invocation)

        in_thread(self._node, f"invoke {running.token}", work)

    def connected(self) -> None:
        """The target is there: do what has been waiting for it."""
        if self._waiting is not None:
            request, self._waiting = self._waiting, None
            self.start(request)

    def target_changed(self) -> None:
        """Another target: what runs on the one before is not waited for, and no answer of it is
        compared with."""
        running, self._session.running = self._session.running, None
        self._answers, self._again = {}, False
        if running is not None:
            self._say(
                f"{running.request.function} still runs on the target before: its answer will be "
                "in the History there."
            )

    def not_connected(self, sentence: str) -> None:
        """The target does not come: say so where the answer was awaited."""
        if self._waiting is not None:
            self._waiting = None
            self._result.show_failure(sentence)

    def watch(self, request: Request) -> None:
        """Invoke again after a save, and show what changed; a running one is let finish first."""
        if self._session.running is not None:
            self._again = True
        else:
            self.start(request, compare=True)

    def done(self, message: InvocationDone) -> bool:
        """Show an answer, if it is still waited for; returns whether it was."""
        if not self._is_awaited(message.token):
            return False
        name = message.request.function
        before = self._answers.get(name)
        self._keep(message.invocation)
        watched = self._compare and before is not None and not message.invocation.function_error
        same = before is not None and self._same(name, before, message.invocation)
        self._result.show(message.invocation, keep_changes=watched and same)
        if watched and same:
            self._say("The answer is the same as before.")
        elif watched and before is not None:
            self._result.show_changes(
                before.payload, message.invocation.payload, "before the save", "after it"
            )
        if self._again:
            self._again = False
            self.watch(message.request)
        return True

    def _same(self, name: str, before: Invocation, now: Invocation) -> bool:
        """Are two answers the same but for what the function's comparisons ignore?"""
        old, new = before.payload, now.payload
        if old == new or len(old) + len(new) > _COMPARED_HERE:
            return old == new
        ignored = self._session.memory.ignored.get(name, ())
        return same(old.decode(errors="replace"), new.decode(errors="replace"), ignored)

    def shown(self, invocation: Invocation) -> None:
        """A past answer is on the screen: watch compares with it."""
        if invocation.function not in self._answers:
            self._keep(invocation)

    def _keep(self, invocation: Invocation) -> None:
        if not invocation.function_error:
            self._answers[invocation.function] = invocation

    def failed(self, message: InvocationFailed) -> bool:
        """Show why there is no answer, if it is still waited for; returns whether it was."""
        if not self._is_awaited(message.token):
            return False
        self._result.show_failure(message.sentence)
        return True

    def cancel(self) -> None:
        """Cancel the running invocation. On AWS that is not possible: only the waiting ends."""
        running = self._session.running
        if running is None:
            if self._waiting is not None:
                self.not_connected("Cancelled.")
            else:
                self._say("Nothing is running.", "warning")
            return
        backend = running.backend
        if not backend.is_local:
            self._session.running = None
            self._result.show_failure("Stopped waiting. AWS runs it until its timeout.")
            return

        def work(job: Job) -> Message:
            if backend.cancel(running.token):
                return Say("Cancelled: its execution environment was ended.")
            return Say("The invocation was over already, or has not begun.", "warning")

        in_thread(self._node, "cancel", work)

    def _is_awaited(self, token: str) -> bool:
        running = self._session.running
        if running is None or running.token != token:
            return False
        self._session.running = None
        return True

    def _say(self, text: str, severity: Severity = "info") -> None:
        self._node.post_message(Say(text, severity))
