"""Pane 6: every invocation, across restarts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message

from workbench.aws.recording import invocation_of
from workbench.ui.backend import request_of
from workbench.ui.formats import NOT_TRACED, QUIET, clock, named, outcome
from workbench.ui.keys import key_of
from workbench.ui.messages import GoToLogs, LoadEvent, RunRequest, ShowInvocation, ShowTrace
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.session import Session
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.json_text import format_json, is_json
from workbench.ui.widgets.palette import Palette, palette
from workbench.ui.widgets.safe_text import safe
from workbench.ui.work import Job, in_thread, stop

if TYPE_CHECKING:
    from workbench.project.history import Entry, Summary

_ERROR_CELLS = 60
_LARGEST_INDENTED = 100_000  # what is longer would hold up the screen

Purpose = Literal["show", "rerun", "load_event", "logs", "last"]


class HistoryPane(WorkbenchPane):
    """The newest invocations first, of this function or of all."""

    scope = "history"

    @dataclass
    class Loaded(Message):
        """The newest invocations were read."""

        function: str | None
        entries: list[Summary]

    @dataclass
    class Read(Message):
        """One invocation was read with its bodies, for a purpose."""

        entry: Entry
        purpose: Purpose

    @dataclass
    class Found(Message):
        """The invocation that was looked for, None when the history does not have it."""

        request_id: str
        summary: Summary | None

    @dataclass
    class Compare(Message):
        """Two invocations to be compared: their answers, or their events."""

        old: Entry
        new: Entry
        events: bool

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=6, title="History")
        self._all = False
        self._entries: dict[str, Summary] = {}
        self._marked: str | None = None
        self._show_last = False

    def compose(self) -> ComposeResult:
        yield FuzzyList(
            # A long name of an error leaves room for the time in a narrow pane.
            columns=[Column(), Column(width=14), Column()],
            empty=_NO_INVOCATIONS,
        )

    @property
    def rows(self) -> FuzzyList:
        """The list."""
        return self.query_one(FuzzyList)

    def load(self, *, show_last: bool = False) -> None:
        """Read the newest invocations; `show_last` then shows the newest answer."""
        backend = self.session.backend
        if backend is None:
            return
        self.rows.set_empty(_NO_INVOCATIONS if backend.is_local else _NONE_FROM_HERE)
        name = None if self._all else self.session.function
        if name is None and not self._all:
            self.forget()
            return
        # Who asks again meanwhile has not asked for less.
        self._show_last = self._show_last or show_last

        def read(job: Job) -> Message:
            return self.Loaded(name, backend.recent(name))

        in_thread(self, "history", read)

    def find(self, request_id: str) -> None:
        """Put the cursor on an invocation, listing it if it is not among the newest."""
        backend = self.session.backend
        if backend is not None:
            in_thread(
                self,
                "find",
                lambda job: self.Found(request_id, backend.with_request_id(request_id)),
            )

    @on(Found)
    def _found(self, message: Found) -> None:
        entry = message.summary
        if entry is None:
            self.say(f"The history has no invocation {message.request_id} (yet).", "warning")
            return
        if entry.function != self.session.function:
            self._all = True
        self._entries.setdefault(str(entry.id), entry)
        self._show()
        self.rows.highlight(str(entry.id))
        self.focus_content()
        self.say("<history.show> shows this invocation, <history.logs> goes back to its log lines.")

    def forget(self) -> None:
        """Show nothing: the target changes."""
        stop(self)
        self._entries, self._marked, self._show_last = {}, None, False
        self._show()

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        if message.function != (None if self._all else self.session.function):
            return
        # They come as they ended: who invoked another one, and waited, would stand above it.
        latest = sorted(message.entries, key=lambda entry: entry.started, reverse=True)
        self._entries = {str(entry.id): entry for entry in latest}
        if self._marked not in self._entries:
            self._marked = None
        self._show()
        if self._show_last and message.function and message.entries:
            # A job of its own: it must not end that of an invocation which a person asked for.
            self._read(str(message.entries[0].id), "last", "last entry")
        self._show_last = False

    def _show(self) -> None:
        colors = palette(self)
        attempts = _attempts(self._entries.values())
        self.rows.set_rows(
            [self._row(entry, attempts[entry.id], colors) for entry in self._entries.values()]
        )
        self.title = "History · all functions" if self._all else "History"
        compares = key_of(self.app, "history.compare")
        self.subtitle = f"one marked · {compares} compares" if self._marked else ""

    def theme_changed(self) -> None:
        """The rows hold colours."""
        self._show()

    def _row(self, entry: Summary, attempt: int, colors: Palette) -> Row:
        mark = "◆ " if str(entry.id) == self._marked else ""
        version = entry.executed_version or entry.qualifier or ""
        if entry.qualifier and entry.qualifier != version:
            version = f"{entry.qualifier} → {named(version)}"
        first = Text(f"{mark}{clock(entry.started)}")
        if self._all:
            first.append(f"  {entry.function}")
        if attempt > 1:
            first.append(f"  attempt {attempt}")
        if entry.error_message:
            first.append(f"  {safe(entry.error_message)[:_ERROR_CELLS]}", colors[QUIET])
        return Row(
            str(entry.id),
            (first, outcome(colors, entry), Text(version, colors[QUIET])),
            search=f"{entry.function}\n{version}\n{entry.error_type or 'ok'}\n{entry.request_id}\n"
            f"{entry.invocation_type}",
        )

    # -- keys -----------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Most need an invocation under the cursor."""
        if action != "all_functions" and self.rows.highlighted is None:
            return "There is no invocation here yet."
        entry = self._entries.get(self.rows.highlighted or "")
        if action == "trace" and (entry is None or entry.trace_id is None):
            return NOT_TRACED
        return None

    def _read(self, row: str | None, purpose: Purpose, group: str = "entry") -> None:
        backend = self.session.backend
        if row is not None and backend is not None:
            in_thread(self, group, lambda job: self.Read(backend.entry(int(row)), purpose))

    @on(Read)
    def _was_read(self, message: Read) -> None:
        entry = message.entry
        if message.purpose == "rerun":
            self.post_message(RunRequest(request_of(entry)))
        elif message.purpose == "load_event":
            text = _readable(entry.event)
            title = f"event of {clock(entry.started)}"
            self.post_message(LoadEvent(entry.function, text, title))
        elif message.purpose == "logs":
            self.post_message(GoToLogs(entry.function, entry.request_id, entry.log_text))
        elif message.purpose == "show" or entry.function == self.session.function:
            backend = self.session.backend
            source = self.session.source(entry.function)
            assert backend is not None
            self.post_message(
                ShowInvocation(
                    invocation_of(entry, source.code if source else None),
                    go=message.purpose == "show",
                )
            )

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.action_show()

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()

    def action_show(self) -> None:
        """Show this invocation's event, result and logs."""
        if self.allowed("show"):
            self._read(self.rows.highlighted, "show")

    def action_rerun(self) -> None:
        """Run it again."""
        if self.allowed("rerun"):
            self._read(self.rows.highlighted, "rerun")

    def action_load_event(self) -> None:
        """Put its event into the editor."""
        if self.allowed("load_event"):
            self._read(self.rows.highlighted, "load_event")

    def action_logs(self) -> None:
        """Go to its log lines."""
        if self.allowed("logs"):
            self._read(self.rows.highlighted, "logs")

    def action_trace(self) -> None:
        """Show its X-Ray trace."""
        entry = self._entries.get(self.rows.highlighted or "")
        if self.allowed("trace") and entry is not None and entry.trace_id is not None:
            self.post_message(ShowTrace(entry.trace_id))

    def action_compare(self) -> None:
        """Mark it, or compare the answers of the marked one and this."""
        self._compare(events=False)

    def action_compare_events(self) -> None:
        """Mark it, or compare the events."""
        self._compare(events=True)

    def _compare(self, *, events: bool) -> None:
        row, backend = self.rows.highlighted, self.session.backend
        if not self.allowed("compare") or row is None or backend is None:
            return
        marked = self._marked
        if marked is None or marked == row:
            self._marked = None if marked == row else row
            self._show()
            if self._marked:
                self.say("Marked. Go to another invocation and press <history.compare> again.")
            else:
                self.say("No longer marked.")
            return
        self._marked = None
        self._show()
        old, new = sorted((int(marked), int(row)))
        in_thread(
            self, "entry", lambda job: self.Compare(backend.entry(old), backend.entry(new), events)
        )

    def action_all_functions(self) -> None:
        """Show this function's invocations, or all."""
        self._all = not self._all
        self.load()

    def copy_text(self) -> tuple[str, str] | None:
        """The request id."""
        entry = self._entries.get(self.rows.highlighted or "")
        return ("the request id", entry.request_id) if entry else None


_NO_INVOCATIONS = "Every invocation is kept here, also when you quit."
_NONE_FROM_HERE = "Invocations that you make are kept here; what others did is in Logs."


def _attempts(entries: Iterable[Summary]) -> Mapping[int, int]:
    """Which attempt of an asynchronous event each is, by id: they have its request id."""
    seen: Counter[str] = Counter()
    numbers = {}
    for entry in sorted(entries, key=lambda each: each.id):
        seen[entry.request_id] += entry.invocation_type == "Event"
        numbers[entry.id] = seen[entry.request_id]
    return numbers


def _readable(event: bytes) -> str:
    """An event as a person edits it: what a service made is one long line."""
    text = event.decode(errors="replace")
    if "\n" in text or len(text) > _LARGEST_INDENTED or not is_json(text):
        return text
    return format_json(text)
