"""Pane 2: the event editor, its samples and saved events."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

from workbench.aws.records import InvocationType
from workbench.aws.triggers.trigger import Trigger
from workbench.project.events.saved import SavedEventError, SavedEvents
from workbench.project.events.shape import Example
from workbench.project.history import HistoryError
from workbench.ui.memory import Draft
from workbench.ui.panes.event_elsewhere import Nothing, from_clipboard, from_history, from_logs
from workbench.ui.panes.event_sharing import from_shared, share, unshare
from workbench.ui.panes.event_source import Blank, Chosen, Elsewhere, choose_event, choose_saved
from workbench.ui.panes.event_text import START, EventTextPane
from workbench.ui.panes.likely_events import likely_events
from workbench.ui.session import Session
from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.work import dialog

_MOST_EXAMPLES = 30


class EventPane(EventTextPane):
    """The event of the chosen function.

    Each function has its own text (a draft), kept in the session's memory.
    """

    scope = "event"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._saved = SavedEvents(session.root)
        self.log_lines: Callable[[], list[str]] = list
        self.triggers: Callable[[], list[Trigger]] = list
        """The lines of the Logs pane, for events that were printed."""
        self._name: str | None = None
        self._origin = ""
        self._baseline: str | None = START
        self._is_of_service = False
        """Whether the invocation type is the one of a sample."""

    # -- which event is in the editor -----------------------------------------------------------

    def show_function(self, function: str | None) -> None:
        """Change to a function's event: as it was left, else its first saved one, else `{}`."""
        if function == self._function:
            return
        self.remember()
        self._as_service(None)
        self._function = function
        if function is None:
            self._load(START)
            return
        draft = self.session.memory.drafts.get(function)
        if draft is None:
            names = self._names()
            self._open(names[0]) if names else self._load(START)
            return
        saved = self._read(draft.name) if draft.name else None
        text = draft.text if draft.text is not None else saved
        self._load(text if text is not None else START, draft.name, draft.title, baseline=saved)
        self.editor.move_cursor(draft.cursor)

    def remember(self) -> None:
        """Keep text and cursor of the function's event in the memory."""
        if self._function is not None:
            self.session.memory.drafts[self._function] = Draft(
                name=self._name,
                title=self._origin,
                text=self.text if self.modified or self._name is None else None,
                cursor=self.editor.cursor_location,
            )

    @property
    def modified(self) -> bool:
        """Whether the text differs from what was opened or saved."""
        return self.text != self._baseline

    @property
    def saved_path(self) -> str | None:
        """The file of the saved event, relative to the project."""
        return f"events/{self._function}/{self._name}.json" if self._name else None

    def open_first(self) -> None:
        """Open the function's first saved event, if it has one."""
        names = self._names()
        if names:
            self._open(names[0])

    def load_text(self, text: str, title: str) -> None:
        """Put a text into the editor that is not a saved event: a sample, one from the history."""
        self._load(text, None, title)

    def show_heading(self) -> None:
        """Renew title and subtitle: name, modified mark, qualifier and invocation type."""
        name = self._name or self._origin
        title = f"Event · {name}" if name else "Event"
        self.title = f"{title} ● modified" if self.modified and self._name else title
        super().show_heading()

    def _load(
        self, text: str, name: str | None = None, origin: str = "", baseline: str | None = None
    ) -> None:
        self._name, self._origin = name, origin
        self._baseline = text if baseline is None else baseline
        self.editor.load_text(text)
        self.show_heading()

    def _names(self) -> tuple[str, ...]:
        if self._function is None:
            return ()
        try:
            return self._saved.names(self._function)
        except SavedEventError:
            return ()

    def _read(self, name: str) -> str | None:
        try:
            return self._saved.load(self._function or "", name)
        except SavedEventError as error:
            self.say(str(error), "warning")
            return None

    def _open(self, name: str) -> None:
        text = self._read(name)
        if text is not None:
            self._load(text, name)

    def own_examples(self) -> list[Example]:
        """The function's saved events, for their shape. Called in a thread."""
        function, found = self._function, []
        for name in self._names()[:_MOST_EXAMPLES] if function else ():
            with suppress(SavedEventError, ValueError, RecursionError):
                event = json.loads(self._saved.load(function or "", name))
                found.append(Example(f"saved: {name}", (event,), own=True))
        return found

    # -- keys -----------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Events belong to a function."""
        if self._function is None and action in _NEEDS_FUNCTION:
            return "Choose a function first (<pane.pane-functions>)."
        if action in _NEEDS_TARGET and self.session.backend is None:
            return "The target is not there yet."
        if action == "share_event" and self._fault() is not None:
            return "Only valid JSON can be shared."
        if action == "delete_event" and self._name is None:
            return "This event is not saved."
        if action in ("saved_events", "next_event", "previous_event") and not self._names():
            key = self.key_of("save_event")
            return f"{self._function} has no saved events yet: {key} saves this one."
        return None

    @dialog
    async def action_new_event(self) -> None:
        """Choose a sample or a saved event."""
        if not self.allowed("new_event"):
            return
        account = self.session.backend.target.account if self.session.backend else None
        region = self.session.backend.target.region if self.session.backend else "us-east-1"
        likely = likely_events(self.triggers(), self._function or "")
        account = account or "123456789012"
        function = self._function
        chosen = await choose_event(self.app, self._names(), region, account, likely)
        if isinstance(chosen, Elsewhere):
            chosen = await self._found_in(chosen.name)
        self._take(chosen, function)

    async def _found_in(self, name: str) -> Chosen | None:
        """An event from the history, the logs or the clipboard; when there is none that is said."""
        backend, found = self.session.backend, None
        if name == "clipboard":
            found = await from_clipboard(self.app)
        elif name == "logs":
            found = await from_logs(self.app, self.log_lines())
        elif backend is None or self._function is None:
            found = Nothing("The target is not there yet.")
        elif name == "shared":
            found = await from_shared(self.app, backend, self._function)
        else:
            try:
                found = await from_history(
                    self.app, backend, self._function, requests=name == "request"
                )
            except HistoryError as error:
                found = Nothing(str(error))
        if isinstance(found, Nothing):
            self.say(found.sentence, "warning")
            return None
        return found

    @dialog
    async def action_saved_events(self) -> None:
        """Open a saved event."""
        if self.allowed("saved_events"):
            function = self._function
            self._take(await choose_saved(self.app, self._names(), self._read), function)

    def _take(self, chosen: Chosen | Blank | str | None, function: str | None) -> None:
        """Put what was chosen for a function into the editor."""
        if chosen is not None and function != self._function:
            self.say(f"Not taken: the function is no longer {function}.", "warning")
            return
        if chosen is not None:
            self._as_service(chosen.invocation_type if isinstance(chosen, Chosen) else None)
        match chosen:
            case str():
                self._open(chosen)
            case Chosen(title, text):
                self._load(text, None, title)
            case Blank():
                self._load(START)
            case None:
                return
        self.editor.focus()

    def _as_service(self, type_: InvocationType | None) -> None:
        """Invoke as the service does that sends the event; None: as before there was a sample."""
        if type_ is None and not self._is_of_service:
            return
        before = self.session.invocation_type
        self._is_of_service = type_ is not None
        self.session.invocation_type = type_ or "RequestResponse"
        if self.session.invocation_type == "Event" != before:
            key = self.key_of("invocation_type")
            self.say(f"Sent asynchronously, as its service does: {key} changes that.")

    @dialog
    async def action_share_event(self) -> None:
        """Save the event as a shareable test event."""
        backend, function = self.session.backend, self._function
        if not self.allowed("share_event") or backend is None or function is None:
            return
        name = self._name or self._origin
        self._tell(await share(self.app, backend, function, name, self.text))

    @dialog
    async def action_unshare_event(self) -> None:
        """Remove a shareable test event."""
        backend, function = self.session.backend, self._function
        if self.allowed("unshare_event") and backend is not None and function is not None:
            self._tell(await unshare(self.app, backend, function))

    def _tell(self, outcome: tuple[str, bool] | None) -> None:
        if outcome is not None:
            self.say(outcome[0], "success" if outcome[1] else "error")

    def action_next_event(self) -> None:
        """Open the next saved event."""
        self._cycle(1)

    def action_previous_event(self) -> None:
        """Open the previous saved event."""
        self._cycle(-1)

    def _cycle(self, step: int) -> None:
        if not self.allowed("next_event"):
            return
        if self.modified:
            save, choose = self.key_of("save_event"), self.key_of("saved_events")
            self.say(f"Save the event first ({save}), or choose one with {choose}.", "warning")
            return
        names = self._names()
        start = -1 if step > 0 else 0
        at = names.index(self._name) if self._name in names else start
        self._open(names[(at + step) % len(names)])

    @dialog
    async def action_save_event(self) -> None:
        """Save the event; asks for a name the first time."""
        if not self.allowed("save_event") or self._function is None:
            return
        function, name, text = self._function, self._name, self.text
        if name is None:
            values = await self.app.push_screen_wait(
                FormDialog(
                    "Save event",
                    [
                        Field(
                            "name",
                            "Name",
                            default=self._origin,
                            help=f"Becomes events/{function}/<name>.json",
                            check=self._check_name,
                        )
                    ],
                    submit="Save",
                )
            )
            if values is None:
                return
            name = str(values["name"])
        try:
            self._saved.save(function, name, text)
        except SavedEventError as error:
            self.say(str(error), "error")
            return
        if function != self._function:  # another one was chosen meanwhile
            self.say(f"Saved events/{function}/{name}.json.", "success")
            return
        self._name, self._origin, self._baseline = name, "", text
        self.show_heading()
        fault = self._fault()
        if fault is None:
            self.say(f"Saved {self.saved_path}.", "success")
        else:
            self.say(f"Saved {self.saved_path}; it is not JSON yet: {fault}", "warning")

    def _check_name(self, value: object) -> str | None:
        name = str(value)
        try:
            self._saved.path(self._function or "", name)
        except SavedEventError as error:
            return str(error)
        if name in self._names() and not self._saved.is_shared(self._function or "", name):
            return f"There is an event “{name}” already: choose another name."
        return None

    @dialog
    async def action_delete_event(self) -> None:
        """Delete the saved event's file; the text stays in the editor."""
        function, name = self._function, self._name
        if not self.allowed("delete_event") or name is None or function is None:
            return
        if await self.app.push_screen_wait(
            Confirm("Delete event", [f"Delete {self.saved_path}?"], "Delete", danger=True)
        ):
            try:
                self._saved.delete(function, name)
            except SavedEventError as error:
                self.say(str(error), "error")
                return
            if (function, name) == (self._function, self._name):
                self._origin, self._name = name, None
                self.show_heading()


_NEEDS_TARGET = {"share_event", "unshare_event"}
_NEEDS_FUNCTION = _NEEDS_TARGET | {
    "view_sent",
    "new_event",
    "saved_events",
    "save_event",
    "next_event",
    "previous_event",
}
