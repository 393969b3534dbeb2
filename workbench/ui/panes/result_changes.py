"""The Changes view of the Result pane: two answers of a function, but for what may differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from workbench.aws.records import Invocation
from workbench.ui.formats import clock, outcome
from workbench.ui.keys import key_of
from workbench.ui.messages import Say
from workbench.ui.session import Session
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Column, Row
from workbench.ui.widgets.json_paths import path_fault
from workbench.ui.widgets.palette import palette
from workbench.ui.work import Job, dialog, in_thread

if TYPE_CHECKING:
    from workbench.project.history import Entry, Summary

_ANOTHER = "another"
_SUGGESTED = "suggested "


class ChangesView(DiffView):
    """A DiffView that finds what to compare with, and knows what each function ignores."""

    class Found(Message):
        """The answer to compare with was read: `old`; `new` is the one it was looked for."""

        def __init__(self, old: Entry, new: Invocation) -> None:
            super().__init__()
            self.old = old
            self.new = new

    class Listed(Message):
        """The invocations that an answer can be compared with."""

        def __init__(self, entries: list[Summary], new: Invocation) -> None:
            super().__init__()
            self.entries = entries
            self.new = new

    class IgnoredChanged(Message):
        """Other paths are ignored now."""

    def __init__(self, session: Session, *, id: str) -> None:
        super().__init__(id=id)
        self._session = session
        self._function = ""

    @property
    def ignored(self) -> list[str]:
        """The paths that the function's comparisons leave out."""
        return self.ignored_by(self._function)

    def ignored_by(self, function: str) -> list[str]:
        """The paths that a function's comparisons leave out."""
        return self._session.memory.ignored.get(function, [])

    def show(self, function: str, old: bytes, new: bytes, old_label: str, new_label: str) -> None:
        """Show what differs between two answers (or events) of a function."""
        self._function = function
        self.compare(
            old.decode(errors="replace"),
            new.decode(errors="replace"),
            old_label=old_label,
            new_label=new_label,
            ignored=self.ignored,
        )

    # -- what to compare with -------------------------------------------------------------------

    def since_previous(self, new: Invocation | None) -> None:
        """Look for the answer before `new`."""
        backend = self._session.backend
        if backend is None or new is None:
            return

        def read(job: Job) -> Message:
            entries = answers(backend.recent(new.function), new.request_id)
            before = [entry for entry in entries if entry.started <= new.started]
            if not before:
                return Say(f"{new.function} has not answered before: there is nothing to compare.")
            return self.Found(backend.entry(before[0].id), new)

        in_thread(self, "previous", read)

    def choose(self, new: Invocation | None) -> None:
        """Let an answer of the history be chosen to compare `new` with."""
        backend = self._session.backend
        if backend is None or new is None:
            return
        in_thread(
            self,
            "previous",
            lambda job: self.Listed(answers(backend.recent(new.function), new.request_id), new),
        )

    @on(Listed)
    @dialog
    async def _listed(self, message: Listed) -> None:
        message.stop()
        backend = self._session.backend
        if backend is None:
            return
        colors = palette(self)
        rows = [
            Row(
                str(entry.id),
                (clock(entry.started), outcome(colors, entry), entry.executed_version or ""),
            )
            for entry in message.entries
        ]
        dialog = Choose(
            "What changed since …",
            rows,
            [Column(), Column(), Column()],
            empty="The history has no other answer of this function.",
            enter="compare",
        )
        choice = await self.app.push_screen_wait(dialog)
        if choice is not None:
            in_thread(
                self, "previous", lambda job: self.Found(backend.entry(int(choice)), message.new)
            )

    # -- what is ignored ------------------------------------------------------------------------

    def ignore_here(self) -> None:
        """Ignore the path under the cursor from now on, or no longer."""
        path = self.path
        if path is None:
            self.post_message(Say("Put the cursor on a value: this has no path.", "warning"))
        elif path in self.ignored:
            self._set([each for each in self.ignored if each != path])
            self.post_message(Say(f"{path} is compared again."))
        else:
            self._set([*self.ignored, path])
            key = key_of(self.app, "result.ignored")
            self.post_message(Say(f"Ignored from now on: {path}  ({key} lists what is)"))

    @dialog
    async def ask_ignored(self) -> None:
        """List what is ignored, to take it back or to add to it."""
        suggested = [path for path in self.volatile_paths() if path not in self.ignored]
        rows = [
            *(Row(path, (path, "ignored: enter compares it again")) for path in self.ignored),
            *(
                Row(f"{_SUGGESTED}{path}", (path, "a time or an id: enter ignores it"))
                for path in suggested
            ),
            Row(_ANOTHER, ("another path …", "for example $.Records[*].eventTime or $..id")),
        ]
        choice = await self.app.push_screen_wait(
            Choose(f"Ignored in answers of {self._function}", rows, [Column(), Column()])
        )
        if choice == _ANOTHER:
            await self._ask_path()
        elif choice is not None and choice.startswith(_SUGGESTED):
            self._set([*self.ignored, choice.removeprefix(_SUGGESTED)])
        elif choice is not None:
            self._set([each for each in self.ignored if each != choice])

    async def _ask_path(self) -> None:
        field = Field(
            "path",
            "Path",
            default="$.",
            help="$.a.b is one member, [*] any element, .* any member, $..id that name anywhere.",
            check=lambda value: path_fault(str(value)),
        )
        values = await self.app.push_screen_wait(
            FormDialog("Ignore in comparisons", [field], submit="Ignore")
        )
        if values is not None and values["path"] not in self.ignored:
            self._set([*self.ignored, str(values["path"])])

    def _set(self, paths: list[str]) -> None:
        if paths:
            self._session.memory.ignored[self._function] = paths
        else:
            self._session.memory.ignored.pop(self._function, None)
        self.ignore(paths)
        self.post_message(self.IgnoredChanged())


def answers(entries: list[Summary], but: str) -> list[Summary]:
    """The invocations that gave an answer, without the one with that request id."""
    return [
        entry
        for entry in entries
        if entry.request_id != but and entry.invocation_type == "RequestResponse"
    ]
