"""The line below a result that says what the service which sends such events makes of it."""

from __future__ import annotations

import json

from textual.message import Message
from textual.widgets import Static

from workbench.aws import custom_resources
from workbench.aws.recording import invocation_of
from workbench.aws.records import Invocation
from workbench.project.answers import verdict
from workbench.project.answers.verdicts import Verdict
from workbench.ui.keys import with_keys
from workbench.ui.session import Session
from workbench.ui.work import Job, in_thread

_LARGEST = 500_000  # bytes: larger events are not read in the thread that draws
_NOBODY_WAITS = (
    "Asynchronous: no caller gets this. By default Lambda tries twice more, then OnFailure or the "
    "dead-letter queue gets the event; <screen.timeline> shows what waits."
)
_MARGIN_S = 30.0  # beyond the function's timeout: a custom resource may still be starting


class VerdictLine(Static):
    """Cognito, Lex, a load balancer …: whether it takes the answer, and why not.

    Of an invocation that was queued it finds the answer, once there is one.
    """

    class Answered(Message):
        """An asynchronous invocation that was shown as accepted has been answered."""

        def __init__(self, invocation: Invocation) -> None:
            super().__init__()
            self.invocation = invocation

    class _Came(Message):
        def __init__(self, request_id: str, verdict: Verdict) -> None:
            super().__init__()
            self.request_id = request_id
            self.verdict = verdict

    def __init__(self, session: Session, id: str) -> None:
        super().__init__("", id=id, markup=False)
        self._session = session
        self._shown: Invocation | None = None
        self._awaited: str | None = None

    def show(self, invocation: Invocation | None, *, past: bool = False) -> None:
        """Judge an answer; None: there is none."""
        again = self._shown is not None and self._shown is not invocation
        same = again and invocation is not None and invocation.request_id == self._awaited
        self._shown = invocation
        if same:
            return  # what comes to the ResponseURL is waited for already, or has come
        self._say(None)
        if invocation is None or len(invocation.event) > _LARGEST:
            return
        if not past and self._is_local and custom_resources.waits_for_answer(invocation.event):
            self._wait(invocation)
        elif invocation.function_error is None and not _is_unanswered(invocation):
            self._say(_judged(invocation))
        elif invocation.function_error and invocation.invocation_type == "Event":
            self._say(Verdict(with_keys(self.app, _NOBODY_WAITS), None))

    def follow(self) -> None:
        """Something was recorded: perhaps the answer of an invocation that is only accepted."""
        shown, backend = self._shown, self._session.backend
        if shown is None or backend is None or not _is_unanswered(shown):
            return

        def look(job: Job) -> Message | None:
            found = backend.with_request_id(shown.request_id)
            if found is None or found.duration_ms is None:
                return None
            source = self._session.source(found.function)
            entry = backend.entry(found.id)
            return self.Answered(invocation_of(entry, source.code if source else None))

        in_thread(self, "queued", look)

    @property
    def _is_local(self) -> bool:
        return self._session.backend is not None and self._session.backend.is_local

    def _wait(self, invocation: Invocation) -> None:
        backend = self._session.backend
        surface = backend.surface if backend is not None else None
        if surface is None:
            return
        function = self._session.functions.get(invocation.function)
        seconds = (function.timeout if function else 0) + _MARGIN_S
        self._awaited = invocation.request_id
        self._say(Verdict("waiting for what comes to ResponseURL …", None))

        def wait(job: Job) -> Message:
            found, _ = custom_resources.answer(invocation.event, surface, seconds, job.stop.is_set)
            return self._Came(invocation.request_id, found)

        in_thread(self, "response URL", wait)

    def on_verdict_line__came(self, message: _Came) -> None:
        message.stop()
        if self._shown is not None and self._shown.request_id == message.request_id:
            self._say(message.verdict)

    def _say(self, found: Verdict | None) -> None:
        self.update(found.line if found is not None else "")
        self.display = found is not None
        self.set_class(found is not None and found.good is False, "-bad")


def _is_unanswered(invocation: Invocation) -> bool:
    """Whether it is a DryRun, or was queued and nothing else is known of it."""
    return invocation.status_code == 204 or (
        invocation.status_code == 202 and invocation.report is None
    )


def _judged(invocation: Invocation) -> Verdict | None:
    try:
        event = json.loads(invocation.event)
    except (ValueError, RecursionError):
        return None
    return verdict(event, invocation.payload)
