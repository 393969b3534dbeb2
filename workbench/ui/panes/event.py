"""Pane 2: the event editor, its samples and saved events."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Static, TextArea

from workbench.project.events import SavedEventError, SavedEvents
from workbench.project.files import write_atomically
from workbench.project.state_dir import StateDir
from workbench.ui.memory import Draft
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.panes.event_source import Blank, Chosen, choose_event, choose_saved
from workbench.ui.panes.versions import named
from workbench.ui.programs import edit_file
from workbench.ui.session import Session
from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.json_editor import JsonEditor
from workbench.ui.widgets.json_fault import Fault, json_fault

_START = "{}\n"


class EventPane(WorkbenchPane):
    """The event of the chosen function.

    Each function has its own text (a draft), kept in the session's memory. The pane itself can
    have focus: then letters are commands; enter goes into the editor, esc comes out of it.
    """

    scope = "event"
    keeps_focus = True

    class Command(Message):
        """A letter for an action of the screen: invocation_type or watch."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=2, title="Event")
        self._saved = SavedEvents(session.root)
        self._function: str | None = None
        self._name: str | None = None
        self._origin = ""
        self._baseline: str | None = _START

    def compose(self) -> ComposeResult:
        yield EventEditor(_START)
        yield Static("", id="validity", markup=False)

    @property
    def editor(self) -> JsonEditor:
        """The editor."""
        return self.query_one(JsonEditor)

    # -- which event is in the editor -----------------------------------------------------------

    @property
    def text(self) -> str:
        """The event's text."""
        return self.editor.text

    @property
    def fault(self) -> str | None:
        """What is wrong with the JSON, in words, or None."""
        fault = self._fault()
        return str(fault) if fault else None

    def _fault(self) -> Fault | None:
        # The editor checks a moment after the last key; what is sent is checked now.
        return self.editor.fault if self.editor.is_large else json_fault(self.text)

    def show_function(self, function: str | None) -> None:
        """Change to a function's event: as it was left, else its first saved one, else `{}`."""
        if function == self._function:
            return
        self.remember()
        self._function = function
        if function is None:
            self._load(_START)
            return
        draft = self.session.memory.drafts.get(function)
        if draft is None:
            names = self._names()
            self._open(names[0]) if names else self._load(_START)
            return
        saved = self._read(draft.name) if draft.name else None
        text = draft.text if draft.text is not None else saved
        self._load(text if text is not None else _START, draft.name, draft.title, baseline=saved)
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

    def load_text(self, text: str, title: str) -> None:
        """Put a text into the editor that is not a saved event: a sample, one from the history."""
        self._load(text, None, title)

    def go_to_fault(self) -> None:
        """Put the cursor where the JSON is wrong."""
        self.editor.focus()
        fault = self._fault()
        if fault is not None:
            self.editor.move_cursor((fault.line - 1, fault.column - 1), center=True)

    def show_heading(self) -> None:
        """Renew title and subtitle: name, modified mark, qualifier and invocation type."""
        name = self._name or self._origin
        title = f"Event · {name}" if name else "Event"
        self.title = f"{title} ● modified" if self.modified and self._name else title
        parts = [f"→ {named(self.session.qualifier)}"] if self.session.qualifier else []
        if self.session.invocation_type != "RequestResponse":
            word = "async (Event)" if self.session.invocation_type == "Event" else "DryRun"
            parts.append(word)
        if self.session.watching:
            parts.append("watching")
        self.subtitle = " · ".join(parts)

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

    # -- what the editor says -------------------------------------------------------------------

    @on(TextArea.Changed)
    def _changed(self, message: TextArea.Changed) -> None:
        message.stop()
        self.show_heading()

    @on(JsonEditor.ValidityChanged)
    def _validity(self, message: JsonEditor.ValidityChanged) -> None:
        message.stop()
        line = self.query_one("#validity", Static)
        if message.ok:
            line.update("✓ valid JSON")
        else:
            line.update(f"✗ line {message.line}, column {message.column}: {message.message}")
        line.set_class(not message.ok, "-wrong")

    # -- keys -----------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Events belong to a function."""
        if self._function is None and action in _NEEDS_FUNCTION:
            return "Choose a function first (key 1)."
        if action == "delete_event" and self._name is None:
            return "This event is not saved."
        if action in ("saved_events", "next_event", "previous_event") and not self._names():
            return f"{self._function} has no saved events yet: ctrl+s saves this one."
        return None

    def focus_content(self) -> None:
        """Focus the editor."""
        self.editor.focus()

    def action_edit(self) -> None:
        """Type in the event."""
        self.editor.focus()

    def action_leave(self) -> None:
        """Leave the editor: letters are commands now."""
        self.focus()

    def action_format(self) -> None:
        """Indent the JSON."""
        if not self.editor.format():
            self.say("Only valid JSON can be formatted.", "warning")

    @work(exclusive=True, group="dialog")
    async def action_new_event(self) -> None:
        """Choose a sample or a saved event."""
        if not self.allowed("new_event"):
            return
        account = self.session.backend.target.account if self.session.backend else None
        region = self.session.backend.target.region if self.session.backend else "us-east-1"
        chosen = await choose_event(self.app, self._names(), region, account or "123456789012")
        self._take(chosen)

    @work(exclusive=True, group="dialog")
    async def action_saved_events(self) -> None:
        """Open a saved event."""
        if self.allowed("saved_events"):
            self._take(await choose_saved(self.app, self._names(), self._read))

    def _take(self, chosen: Chosen | Blank | str | None) -> None:
        match chosen:
            case str():
                self._open(chosen)
            case Chosen(title, text):
                self._load(text, None, title)
            case Blank():
                self._load(_START)
            case None:
                return
        self.editor.focus()

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
            self.say("Save the event first (ctrl+s), or choose one with f2.", "warning")
            return
        names = self._names()
        start = -1 if step > 0 else 0
        at = names.index(self._name) if self._name in names else start
        self._open(names[(at + step) % len(names)])

    @work(exclusive=True, group="dialog")
    async def action_save_event(self) -> None:
        """Save the event; asks for a name the first time."""
        if not self.allowed("save_event") or self._function is None:
            return
        function, name = self._function, self._name
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
            self._saved.save(function, name, self.text)
        except SavedEventError as error:
            self.say(str(error), "error")
            return
        self._name, self._origin, self._baseline = name, "", self.text
        self.show_heading()
        self.say(f"Saved {self.saved_path}.", "success")

    def _check_name(self, value: object) -> str | None:
        name = str(value)
        try:
            self._saved.path(self._function or "", name)
        except SavedEventError as error:
            return str(error)
        if name in self._names() and not self._saved.is_shared(self._function or "", name):
            return f"There is an event “{name}” already: choose another name."
        return None

    @work(exclusive=True, group="dialog")
    async def action_delete_event(self) -> None:
        """Delete the saved event's file; the text stays in the editor."""
        if not self.allowed("delete_event") or self._name is None or self._function is None:
            return
        if await self.app.push_screen_wait(
            Confirm("Delete event", [f"Delete {self.saved_path}?"], "Delete", danger=True)
        ):
            try:
                self._saved.delete(self._function, self._name)
            except SavedEventError as error:
                self.say(str(error), "error")
                return
            self._origin, self._name = self._name, None
            self.show_heading()

    def edit_outside(self) -> None:
        """Edit the event in $EDITOR; what is written there comes back here."""
        if self._function is None:
            self.say("Choose a function first (key 1).", "warning")
            return
        folder = StateDir(self.session.root).path / "edit"
        file = folder / f"{self._function}.json"
        try:
            write_atomically(file, self.text)
        except OSError as error:
            self.say(f"Cannot write {file}: {error.strerror or error}.", "error")
            return

        def back() -> None:
            text = file.read_text(encoding="utf-8", errors="replace")
            if text != self.text:
                self.editor.replace(text, self.editor.document.start, self.editor.document.end)

        edit_file(self, file, back)

    def action_invocation_type(self) -> None:
        """Change the invocation type."""
        self.post_message(self.Command("invocation_type"))

    def action_watch(self) -> None:
        """Watch, or stop."""
        self.post_message(self.Command("watch"))

    def copy_text(self) -> tuple[str, str] | None:
        """The event, or what is selected in it."""
        selected = self.editor.selected_text
        return ("the selection", selected) if selected else ("the event", self.text)


_NEEDS_FUNCTION = {"new_event", "saved_events", "save_event", "next_event", "previous_event"}


class EventEditor(JsonEditor):
    """The editor; esc gives the focus to its pane."""

    BINDINGS = [Binding("escape", "leave", "Leave", show=False, id="editor.leave")]  # noqa: RUF012

    def action_leave(self) -> None:
        """Give the focus to the pane, where letters are commands."""
        for node in self.ancestors:
            if isinstance(node, EventPane):
                node.action_leave()
