"""Pane 3: what the function answered."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from textual import on
from textual.app import ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from workbench.aws.http_answer import http_answer
from workbench.aws.records import Frame, Invocation
from workbench.aws.words.faults import fault_words
from workbench.project.records import Problem
from workbench.ui.formats import NOT_TRACED, clock
from workbench.ui.messages import OpenFile, ShowTrace
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.panes.result_changes import ChangesView
from workbench.ui.panes.result_error import frame_row, on_disk, user_frames_first
from workbench.ui.panes.result_facts import FactsLine
from workbench.ui.panes.result_verdict import VerdictLine
from workbench.ui.panes.result_views import ResultViews
from workbench.ui.panes.result_words import EMPTY, facts_words, outcome_words, what_answered
from workbench.ui.session import Session
from workbench.ui.widgets.fuzzy_list import FuzzyList
from workbench.ui.widgets.json_view import JsonView

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TICK_S = 0.1
_CALLS_FOR = {
    "error": ("result.open_frame",),
    "http": ("result.open_in_browser",),
    "changes": ("result.ignore",),
}


class ResultPane(WorkbenchPane):
    """Status, facts and the payload, the HTTP response or error it means, or what changed."""

    scope = "result"

    class Command(Message):
        """A letter for an action of the screen: cancel, watch or invocation_type."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=3, title="Result")
        self.shown: Invocation | None = None
        self.views = ResultViews(session)
        self._frames: tuple[Frame, ...] = ()
        self._running_since: float | None = None
        self._running_words = ""
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="trouble", markup=False)
        yield Static("", id="outcome", markup=False)
        yield FactsLine()
        yield Static("", id="request", markup=False)
        yield Static("", id="trace", markup=False)
        yield VerdictLine(self.session, id="verdict")
        yield self.views

    def on_mount(self) -> None:
        self._timer = self.set_interval(_TICK_S, self._tick, pause=True)
        self.views.say_nothing(self._hint())

    # -- what is shown --------------------------------------------------------------------------

    def running(self, words: str) -> None:
        """An invocation has begun: count its seconds. The last answer stays below."""
        self._running_since = time.monotonic()
        self._running_words = words
        if not self.views.names:
            self.views.say_nothing("")
        if self._timer is not None:
            self._timer.resume()
        self._tick()

    def _tick(self) -> None:
        if self._running_since is None:
            return
        elapsed = time.monotonic() - self._running_since
        glyph = _SPINNER[int(elapsed / _TICK_S) % len(_SPINNER)]
        cancel = f" · {self.key_of('cancel')} cancels" if elapsed > 1 else ""
        self._outcome(f"{glyph} {self._running_words} … {elapsed:.1f} s{cancel}", "running")

    def _stopped(self) -> None:
        self._running_since = None
        if self._timer is not None:
            self._timer.pause()

    def show(
        self, invocation: Invocation, *, past: bool = False, keep_changes: bool = False
    ) -> None:
        """Show an answer; `past`: one of the history, with the time it was made.

        `keep_changes`: it answers as the last one did, so what changed before stays to be seen.
        """
        self._stopped()
        changes = keep_changes and "changes" in self.views.names
        reading_changes = changes and self.views.current == "changes"
        self.shown = invocation
        http = None if invocation.function_error else http_answer(invocation.payload)
        words, kind = outcome_words(invocation)
        self._outcome(f"{words} · HTTP {http.status} {http.reason}" if http else words, kind)
        when = clock(invocation.started) if past else ""
        facts = facts_words(invocation, self.session.functions.get(invocation.function))
        self.query_one(FactsLine).show(" · ".join(filter(None, (when, facts))))
        self.query_one("#request", Static).update(f"request {invocation.request_id}")
        trace_id = invocation.report.trace_id if invocation.report else None
        self._trace(f"trace {trace_id}" if trace_id else "")
        self.query_one(VerdictLine).show(invocation, past=past)
        self.subtitle = what_answered(invocation, self.session.function)
        self.views.payload.load(invocation.payload)
        names = ["payload"] if invocation.payload else []
        if http is not None:
            self.views.http.show(http)
            names.insert(0, "http")
        error = invocation.error
        self._frames = ()
        if error is not None:
            self._frames = user_frames_first(error)
            source = self.session.source(invocation.function)
            code = source.code if source else None
            frames = [frame_row(each, code) for each in self._frames]
            self.views.error.show(error, frames, fault_words(invocation))
            names.insert(0, "error")
        if changes:
            names.append("changes")
        empty = EMPTY.get(invocation.status_code, "The answer is empty.")
        self._offer(names, "changes" if reading_changes else "", empty)

    def follow(self) -> None:
        """Something was recorded: an invocation that was only accepted may have its answer."""
        self.query_one(VerdictLine).follow()

    @on(VerdictLine.Answered)
    def _answered(self, message: VerdictLine.Answered) -> None:
        message.stop()
        invocation = message.invocation
        if self.shown is not None and self.shown.request_id == invocation.request_id:
            self.show(invocation)

    def show_failure(self, sentence: str) -> None:
        """There was no answer: say why. The last answer stays reachable."""
        self._stopped()
        self._outcome(f"✗ {sentence}", "bad")
        self._no_facts()

    def show_changes(self, old: bytes, new: bytes, old_label: str, new_label: str) -> None:
        """Show what differs between two texts, next to the answer."""
        name = self.shown.function if self.shown else self.session.function
        self.views.changes.show(name or "", old, new, old_label, new_label)
        with self._keeping_focus():
            self.views.switch("changes")

    def show_problem(self, problem: Problem | None) -> None:
        """A fault in the function's file, above the last good answer; None: it is mended."""
        line = self.query_one("#trouble", Static)
        if problem is not None:
            place = f"{problem.file.name}:{problem.line}: " if problem.line else ""
            line.update(f"✗ {place}{problem.message}  ({self.key_of('problems')})")
        line.display = problem is not None

    def _hint(self) -> str:
        key = self.key_of("invoke")
        return f"Nothing invoked yet.\n\n{key} invokes the function with the event."

    def forget(self) -> None:
        """Another function or target: nothing was answered yet."""
        self._stopped()
        self.shown = None
        for view in (self.views.payload, self.views.http.body):
            view.clear()
        self._frames = ()
        self._outcome("", "")
        self._no_facts()
        self.title, self.subtitle = "Result", ""
        self._offer([], "", self._hint())

    def _offer(self, names: Sequence[str], current: str, empty: str) -> None:
        with self._keeping_focus():
            self.views.offer(names, current or next(iter(names), ""), empty)

    @contextlib.contextmanager
    def _keeping_focus(self) -> Iterator[None]:
        """A view that has the focus gives it on to the one that comes in its place."""
        had_focus = self.has_focus or self.views.has_focus_within
        yield
        if had_focus:
            self.focus_content()

    def focus_content(self) -> None:
        """Give the focus to the view that shows."""
        if not self.views.focus_current():
            self.focus()

    def jump_places(self) -> Iterable[tuple[Region, Callable[[], object]]]:
        """The views, in the line that names them."""
        return self.views.places()

    def action_next_view(self) -> None:
        """Change to the next view."""
        if not self.views.next():
            self.say("There is one view only.")

    def _no_facts(self) -> None:
        self.query_one(FactsLine).show("")
        self.query_one("#request", Static).update("")
        self._trace("")
        self.query_one(VerdictLine).show(None)

    def _trace(self, words: str) -> None:
        line = self.query_one("#trace", Static)
        line.update(words)
        line.display = bool(words)

    def _outcome(self, text: str, kind: str) -> None:
        line = self.query_one("#outcome", Static)
        line.update(text)
        for name in ("good", "bad", "running"):
            line.set_class(name == kind, f"-{name}")

    # -- keys -----------------------------------------------------------------------------------

    def calls_for(self) -> Sequence[str]:
        """What one does most in the view that shows."""
        return _CALLS_FOR.get(self.views.current, ())

    def why_not(self, action: str) -> str | None:
        """Most are about an answer, or one of its views."""
        if action == "next_view" and len(self.views.names) < 2:
            return "There is one view only."
        if action == "open_frame" and "error" not in self.views.names:
            return "There is no stack frame here."
        if action in ("filter", "open_in_browser") and not self.views.names:
            return "Nothing was answered yet."
        if action in ("copy_request_id", "trace", "changes_from") and self.shown is None:
            return "Nothing was invoked yet."
        return None

    def action_open_frame(self) -> None:
        """Open the stack frame in $EDITOR."""
        rows = self.views.error.query_one(FuzzyList)
        if self.views.current != "error" or rows.highlighted is None:
            self.say("There is no stack frame here.", "warning")
        else:
            self._open(int(rows.highlighted))

    @on(FuzzyList.Selected)
    def _frame_selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self._open(int(message.row_id))

    def _open(self, index: int) -> None:
        frame = self._frames[index]
        source = self.session.source(self.shown.function if self.shown else None)
        path = on_disk(frame.path, source.code if source else None)
        if path is None:
            self.say(f"{frame.path} is not on this machine.", "warning")
        else:
            self.post_message(OpenFile(path, frame.line))

    @on(JsonView.CopyRequested)
    def _copy_requested(self, message: JsonView.CopyRequested) -> None:
        message.stop()
        view = message.view
        if message.what == "value" and view.id == "payload" and view.path in ("$", ""):
            self.action_copy()
        else:
            self.copy_to_clipboard(f"the {message.what}", message.text)

    def action_filter(self) -> None:
        """Filter the JSON that shows by a JMESPath expression."""
        if self.views.current == "http":
            view = self.views.http.body
        elif "payload" in self.views.names:
            self.views.go("payload")
            view = self.views.payload
        else:
            self.say("There is no answer to filter yet.", "warning")
            return
        if view.is_json or view.filter:
            view.open_filter()
        else:
            self.say("JMESPath is for JSON, and this is text: / searches it.", "warning")

    def action_open_in_browser(self) -> None:
        """Open the body of an HTTP response in the browser."""
        if "http" in self.views.names:
            self.views.http.open_in_browser()
        else:
            self.say("This answer is no HTTP response: it has no statusCode.", "warning")

    def action_previous_changes(self) -> None:
        """What changed since the invocation before."""
        if self._has_answer():
            self.views.changes.since_previous(self.shown)

    def action_changes_from(self) -> None:
        """What changed since an invocation of the history."""
        if self._has_answer():
            self.views.changes.choose(self.shown)

    def _has_answer(self) -> bool:
        if self.shown is None or not self.shown.payload:
            self.say("There is no answer to compare yet.", "warning")
            return False
        return True

    @on(ChangesView.Found)
    def _changes_found(self, message: ChangesView.Found) -> None:
        message.stop()
        if self.shown is message.new:
            labels = (f"answer of {clock(message.old.started)}", "this answer")
            self.show_changes(message.old.payload, message.new.payload, *labels)
            self.focus_content()

    def action_ignore(self) -> None:
        """Leave the value under the cursor out of this function's comparisons."""
        if self._on_changes():
            self.views.changes.ignore_here()

    def action_ignored(self) -> None:
        """What this function's comparisons leave out."""
        if self._on_changes():
            self.views.changes.ask_ignored()

    def _on_changes(self) -> bool:
        if self.views.current != "changes":
            self.say("That is for Changes: <result.previous_changes> shows them.", "warning")
            return False
        return True

    def action_trace(self) -> None:
        """Show its X-Ray trace as a waterfall."""
        report = self.shown.report if self.shown else None
        if report is None or not report.trace_id:
            self.say(NOT_TRACED, "warning")
        else:
            self.post_message(ShowTrace(report.trace_id))

    def action_copy_request_id(self) -> None:
        """Copy the request id."""
        if self.shown is None:
            self.say("Nothing was invoked yet.", "warning")
        else:
            self.copy_to_clipboard("the request id", self.shown.request_id)

    def action_cancel(self) -> None:
        """Cancel the running invocation."""
        self.post_message(self.Command("cancel"))

    def action_watch(self) -> None:
        """Watch, or stop."""
        self.post_message(self.Command("watch"))

    def action_invocation_type(self) -> None:
        """Change the invocation type."""
        self.post_message(self.Command("invocation_type"))

    def copy_text(self) -> tuple[str, str] | None:
        """The payload."""
        if self.shown is None or not self.shown.payload:
            return None
        return "the payload", self.shown.payload.decode(errors="replace")
