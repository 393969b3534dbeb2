"""The screen's function: the one under the cursor, the panes that follow it, what is seen of it."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.timer import Timer

from workbench.ui.formats import named
from workbench.ui.keys import key_of
from workbench.ui.messages import FunctionChosen, HeaderChanged, QualifierChosen
from workbench.ui.panes.functions import FunctionsPane
from workbench.ui.screens.project_screen import ProjectScreen
from workbench.ui.server_events import ServerEvents
from workbench.ui.session import Session
from workbench.ui.terminal.programs import show_code
from workbench.ui.work import dialog

_CHANGE_FUNCTION_S = 0.12
"""How long the cursor rests on a function before logs, versions and history follow."""


class FunctionScreen(ProjectScreen):
    """One function at a time is on all panes."""

    def __init__(self, session: Session, memory_file: Path) -> None:
        super().__init__(session, memory_file)
        self.server_events = ServerEvents(self, session)
        self._rest: Timer | None = None

    @on(FunctionChosen)
    def _function_chosen(self, message: FunctionChosen) -> None:
        if message.name != self.session.function:
            self.choose(message.name)

    def choose(self, name: str | None) -> None:
        """Change to a function; its logs, versions, history and triggers follow in a moment."""
        self.session.function = name
        if self.session.is_aws:  # it may be production
            self.post_message(HeaderChanged())
        self.event.show_function(name)
        self.result.forget()
        self.show_problems()
        self.server_events.tell_notice(name)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_CHANGE_FUNCTION_S, self.follow_function)

    def settle(self) -> None:
        """Choose the function that has the cursor now, if it was moved a moment ago."""
        if self.functions.settling:
            name = self.functions.settle()
            if name != self.session.function:
                self.choose(name)

    def go_to(self, name: str) -> None:
        """Change to a function, with all panes at once: what is shown in them next must stay."""
        self.settle()
        if name != self.session.function and name in self.session.functions:
            rows = self.functions.rows
            rows.highlight(name)
            if rows.highlighted != name:
                rows.filter_text = ""
                rows.highlight(name)
            self.choose(name)
        self.follow_now()

    def follow_now(self) -> None:
        """Have all panes follow at once: what is shown in them before they do is lost."""
        self.settle()
        if self._rest is not None:
            self.follow_function(show_last=False)

    def follow_function(self, *, show_last: bool = True) -> None:
        """Show the function's logs, versions, history and triggers, and its last answer."""
        if self._rest is not None:
            self._rest.stop()
            self._rest = None
        self.logs.follow_function()
        self.versions.load()
        self.history.load(show_last=show_last and self.session.running is None)
        self.triggers.follow_function()

    @on(QualifierChosen)
    def _qualifier_chosen(self, message: QualifierChosen) -> None:
        name = self.session.function
        if name is None:
            return
        if message.qualifier is None:
            self.session.memory.qualifiers.pop(name, None)
        else:
            self.session.memory.qualifiers[name] = message.qualifier
        self.versions.show_qualifier()
        self.event.show_heading()
        key = key_of(self.app, "screen.invoke")
        self.say(f"{key} now invokes {named(message.qualifier or '$LATEST')} of {name}.")

    @on(FunctionsPane.EditEvent)
    def _edit_event(self) -> None:
        self.event.editor.focus()

    @on(FunctionsPane.ViewCode)
    def _view_code(self) -> None:
        show_code(self, self.session)

    @on(FunctionsPane.Details)
    def _details(self) -> None:
        name, backend = self.session.function, self.session.backend
        if name is not None and backend is not None:
            from workbench.ui.screens.details import DetailsScreen

            self.app.push_screen(DetailsScreen(backend, name, self.session.qualifier))

    @on(FunctionsPane.UpdateCode)
    def _update_code(self) -> None:
        self.update_code()

    @dialog
    async def update_code(self) -> None:
        """Compare the function's code on AWS with the folder's, and update it when asked to."""
        from workbench.ui.screens.update_code import update_code

        if await update_code(self.app, self.session):
            self.functions.load()
            self.versions.load()
