"""The text of pane 2: the editor, what it says about the event, and the event as it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message
from textual.timer import Timer
from textual.widgets import TextArea

from workbench.project.events.encoded_parts import Part, parts
from workbench.project.events.shape import Example, sample_examples
from workbench.project.events.value_sources import EventValues
from workbench.project.events.values import BadPlaceholder, Resolved
from workbench.project.files import write_atomically
from workbench.project.state_dir import StateDir
from workbench.ui import work
from workbench.ui.formats import named
from workbench.ui.memory import Draft
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.panes.event_editor import EventEditor
from workbench.ui.panes.event_foot import EventFoot
from workbench.ui.screens.decoded import DecodedScreen
from workbench.ui.screens.sent import SentScreen
from workbench.ui.session import Session
from workbench.ui.terminal.programs import edit_file
from workbench.ui.widgets.completion import CompletionList
from workbench.ui.widgets.json_editor import JsonEditor
from workbench.ui.widgets.json_fault import Fault, json_fault
from workbench.ui.widgets.json_place import place_at, written
from workbench.ui.work import Job, dialog, in_thread

START = "{}\n"
"""What an event begins as."""

_LOOK_AFTER_S = 0.3


class EventTextPane(WorkbenchPane):
    """The editor with what stands below it.

    The pane itself can have focus: then letters are commands; enter goes into the editor, esc
    comes out of it.
    """

    keeps_focus = True

    @dataclass
    class LookedAt(Message):
        """The event as it is sent, or what is wrong with it; how many parts are encoded."""

        event: Resolved | None
        wrong: str = ""
        parts: int = 0

    @dataclass
    class ShapesKnown(Message):
        """The events whose shape can be offered were read."""

        examples: list[Example]

    @dataclass
    class PartsFound(Message):
        """The encoded parts of a text were found."""

        text: str
        parts: list[Part]

    class Command(Message):
        """An action of the screen: invoke, invocation_type or watch."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=2, title="Event")
        self._function: str | None = None
        self._values = EventValues(session.root)
        self._foot = EventFoot()
        self._look: Timer | None = None

    def compose(self) -> ComposeResult:
        editor = EventEditor(START)
        yield editor
        yield editor.completions
        yield self._foot

    @property
    def editor(self) -> EventEditor:
        """The editor."""
        return self.query_one(EventEditor)

    @property
    def text(self) -> str:
        """The event's text."""
        return self.editor.text

    def show_heading(self) -> None:
        """Renew title and subtitle: a subclass names the event."""
        parts = [f"→ {named(self.session.qualifier)}"] if self.session.qualifier else []
        if self.session.invocation_type != "RequestResponse":
            word = "async (Event)" if self.session.invocation_type == "Event" else "DryRun"
            parts.append(word)
        if self.session.watching:
            parts.append("watching")
        self.subtitle = " · ".join(parts)

    # -- what the editor says -------------------------------------------------------------------

    @on(TextArea.Changed)
    def _changed(self, message: TextArea.Changed) -> None:
        message.stop()
        self.show_heading()
        self._look_soon()

    @on(JsonEditor.ValidityChanged)
    def _validity(self, message: JsonEditor.ValidityChanged) -> None:
        message.stop()
        self._foot.show_fault(self.editor.fault)
        self._look_soon()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_moved(self) -> None:
        self._foot.show_typing(self.editor.has_focus)

    @on(EventEditor.Left)
    def _left_editor(self, message: EventEditor.Left) -> None:
        message.stop()
        self.action_leave()

    @on(EventEditor.PlaceChanged)
    def _place_changed(self, message: EventEditor.PlaceChanged) -> None:
        message.stop()
        self._foot.show_place(message.path)

    def _fault(self) -> Fault | None:
        # The editor checks a moment after the last key; what is sent is checked now.
        return self.editor.fault if self.editor.is_large else json_fault(self.text)

    def go_to_fault(self) -> None:
        """Put the cursor where the JSON is wrong."""
        self.editor.focus()
        fault = self._fault()
        if fault is not None:
            self.editor.move_cursor((fault.line - 1, fault.column - 1), center=True)

    # -- completion -----------------------------------------------------------------------------

    def own_examples(self) -> list[Example]:
        """The events whose shape is offered before that of the samples. Called in a thread."""
        return []

    @on(events.DescendantFocus)
    def _editor_has_focus(self) -> None:
        """Learn the shapes of events when somebody is about to write one: it takes 50 ms."""

        def learn(job: Job) -> Message:
            return self.ShapesKnown([*self.own_examples(), *sample_examples()])

        in_thread(self, "shapes", learn)

    @on(ShapesKnown)
    def _shapes_known(self, message: ShapesKnown) -> None:
        self.editor.examples = message.examples

    @on(CompletionList.OptionSelected)
    def _completion_clicked(self, message: CompletionList.OptionSelected) -> None:
        message.stop()
        self.editor.focus()
        self.editor.accept()

    def action_complete(self) -> None:
        """Offer what can be written at the cursor."""
        self.editor.focus()
        if not self.editor.offer(asked=True):
            self.say("Nothing is known of what belongs here.")

    def takes_tab(self) -> bool:
        """Tab takes what is offered."""
        return self.editor.has_focus and self.editor.accept()

    # -- the event as it is sent ----------------------------------------------------------------

    def _look_soon(self) -> None:
        if self._look is not None:
            self._look.stop()
        self._look = self.set_timer(_LOOK_AFTER_S, self._look_closer)

    def _look_closer(self) -> None:
        """Show what the text's placeholders will be, and what is encoded in it.

        Files are read, so in a thread.
        """
        text = self.text
        if self.editor.fault is not None or self.editor.is_large:
            work.stop(self, "look")
            self._foot.show_made(())
            self._foot.show_parts(0)
            return

        def look(job: Job) -> Message:
            count = len(parts(text))
            try:
                return self.LookedAt(self._values.preview(text), parts=count)
            except BadPlaceholder as error:
                return self.LookedAt(None, str(error), count)

        in_thread(self, "look", look)

    @on(LookedAt)
    def _looked_at(self, message: LookedAt) -> None:
        self._foot.show_made(message.event.made if message.event else (), message.wrong)
        self._foot.show_parts(message.parts)

    def take(self) -> str | None:
        """The event to be sent, its values made; None when there is none, which has been said."""
        event = self._made(self._values.send)
        if event is None:
            return None
        if event.made:
            self._look_soon()
        return event.text

    def as_written(self) -> str | None:
        """The event with its placeholders, for whoever makes their values; None when they cannot
        be made, which has been said."""
        return None if self._made(self._values.preview) is None else self.text

    def _made(self, make: Callable[[str], Resolved]) -> Resolved | None:
        fault = self._fault()
        if fault is not None:
            self.say(f"The event is not JSON: {fault}", "error")
            self.go_to_fault()
            return None
        try:
            return make(self.text)
        except BadPlaceholder as error:
            self.say(f"{error}.", "error")
            self.editor.focus()
            self.editor.go_to(error.offset)
            return None

    def as_sent(self) -> str:
        """The event as it would be sent now, or as it is written when that cannot be made."""
        try:
            return self._values.preview(self.text).text
        except BadPlaceholder:
            return self.text

    @dialog
    async def action_view_sent(self) -> None:
        """Show the event as it will be sent, its values made; ctrl+j there sends it."""
        if not self.allowed("view_sent"):
            return
        event = self._made(self._values.preview)
        if event is not None and await self.app.push_screen_wait(SentScreen(event)):
            self.post_message(self.Command("invoke"))

    # -- what is encoded in it ------------------------------------------------------------------

    @on(PartsFound)
    def _parts_found(self, message: PartsFound) -> None:
        if not message.parts:
            self.say("Nothing in this event is base64, gzip or JSON in a text.", "warning")
        elif message.text == self.text:
            self._change_parts(message.text, message.parts)

    @dialog
    async def _change_parts(self, text: str, found: list[Part]) -> None:
        here = written(place_at(text, self.editor.cursor_index).path)
        changed = await self.app.push_screen_wait(DecodedScreen(text, found, here))
        if changed is not None and self.text != text:
            self.say("Not taken: the event is another one now.", "warning")
        elif changed is not None and changed != text:
            cursor = self.editor.cursor_location
            # By an edit, so that ctrl+z takes it back.
            self.editor.replace(changed, self.editor.document.start, self.editor.document.end)
            self.editor.move_cursor(cursor)

    def action_decoded(self) -> None:
        """Show the event's encoded parts, decoded."""
        text = self.text
        if self.allowed("decoded"):
            in_thread(self, "parts", lambda job: self.PartsFound(text, parts(text)))

    # -- keys -----------------------------------------------------------------------------------

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

    def edit_outside(self) -> None:
        """Edit the event in $EDITOR; what is written there comes back here."""
        function = self._function
        if function is None:
            self.say("Choose a function first (<pane.pane-functions>).", "warning")
            return
        folder = StateDir(self.session.root).path / "edit"
        file = folder / f"{function}.json"
        try:
            write_atomically(file, self.text)
        except OSError as error:
            self.say(f"Cannot write {file}: {error.strerror or error}.", "error")
            return

        def back() -> None:
            try:
                text = file.read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                self.say(f"{file} cannot be read: {error.strerror or error}.", "error")
                return
            if function != self._function:  # an editor with a window of its own was left open
                self.session.memory.drafts[function] = Draft(text=text)
                self.say(f"What was edited is the event of {function} now.")
            elif text != self.text:
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
