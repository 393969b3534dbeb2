"""The seven panes on a project: what the screen can do with them without Lambda's answer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from workbench.project import audit_log
from workbench.project.records import Problem
from workbench.project.state_dir import StateDir
from workbench.ui.backend import Request
from workbench.ui.copying import copies
from workbench.ui.invocation_code import TooLarge, aws_command
from workbench.ui.keys import key_of
from workbench.ui.memory import MemoryFile
from workbench.ui.messages import ProblemsChanged
from workbench.ui.panes.event import EventPane
from workbench.ui.panes.event_elsewhere import LOG_LINES
from workbench.ui.panes.functions import FunctionsPane
from workbench.ui.panes.history import HistoryPane
from workbench.ui.panes.logs import LogsPane
from workbench.ui.panes.result import ResultPane
from workbench.ui.panes.triggers import TriggersPane
from workbench.ui.panes.versions import VersionsPane
from workbench.ui.screens.pane_screen import PaneScreen
from workbench.ui.session import Session
from workbench.ui.terminal.programs import open_file, open_text, show_code
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.fuzzy_list import Column, Row
from workbench.ui.widgets.quick_pick import QuickPick
from workbench.ui.work import Job, dialog, in_thread

README = "README.md"


class ProjectScreen(PaneScreen):
    """Composes the panes of a session; problems, memory, editor, pager and the aws command."""

    def __init__(self, session: Session, memory_file: Path) -> None:
        self.session = session
        self._memory = MemoryFile(memory_file)
        self.functions = FunctionsPane(session)
        self.event = EventPane(session)
        self.result = ResultPane(session)
        self.logs = LogsPane(session)
        self.event.log_lines = lambda: self.logs.view.store.newest(LOG_LINES)
        self.versions = VersionsPane(session)
        self.history = HistoryPane(session)
        self.triggers = TriggersPane(session)
        self.event.triggers = lambda: self.triggers.known
        super().__init__(
            [
                self.functions,
                self.event,
                self.result,
                self.logs,
                self.versions,
                self.history,
                self.triggers,
            ]
        )

    def compose(self) -> ComposeResult:
        yield Static("", id="header", markup=False)
        yield Static("", id="problems", markup=False)
        yield from super().compose()

    def restore(self) -> None:
        """Put the panes as they were, and the focus where it was."""
        remembered = self.session.memory
        self.area.restore(remembered.panes, remembered.moved, zoomed=remembered.zoomed)
        self.pane.focus()

    @on(ProblemsChanged)
    def show_problems(self) -> None:
        """Renew the line that counts what is wrong in the project."""
        problems = self.session.all_problems
        line = self.query_one("#problems", Static)
        line.display = bool(problems)
        if problems:
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            where, key = place(problems[0], self.session.root), key_of(self.app, "screen.problems")
            line.update(f"▲ {count}: {where}  ({key} lists)")
        source = self.session.source(self.session.function)
        broken = (p for p in problems if source and p.line and p.file.is_relative_to(source.code))
        self.result.show_problem(next(broken, None))

    def settings_changed(self, problems: tuple[Problem, ...], themes: tuple[str, ...]) -> None:
        """The user's config or themes were saved: show the keys, and what is wrong with them."""
        self.session.settings_problems, self.session.themes = problems, themes
        self.show_problems()
        self.show_keys()
        if not problems:
            self.say("Settings read again.", "success")

    def remember(self) -> None:
        """Write what should come back at the next start."""
        self._collect()
        try:
            self._memory.write()
        except OSError as error:
            self.log.error(f"ui.json: {error}")

    def remember_soon(self) -> None:
        """Write it without waiting for the disk."""
        self._collect()
        if not self._memory.is_written:
            in_thread(self, "remember", self._write_memory)

    def _write_memory(self, job: Job) -> None:
        # A disk that is full hinders nobody; at the end it is tried once more.
        with suppress(OSError):
            self._memory.write()

    def _collect(self) -> None:
        self.event.remember()
        remembered = self.session.memory
        remembered.function = self.session.function or remembered.function
        remembered.panes, remembered.zoomed = list(self.area.recent), self.area.zoomed
        remembered.moved = dict(self.area.moved)
        self._memory.put(remembered)

    def action_new_event(self) -> None:
        """New event."""
        self.event.action_new_event()

    def action_saved_events(self) -> None:
        """Open a saved event."""
        self.event.action_saved_events()

    def action_save_event(self) -> None:
        """Save the event."""
        self.event.action_save_event()

    def action_copy_command(self) -> None:
        """Copy the invocation as an `aws lambda invoke` command."""
        name, backend = self.session.function, self.session.backend
        if name is None or backend is None:
            self.say("There is no function to invoke yet.", "warning")
            return
        session, event = self.session, self.event.as_sent()
        request = Request(name, event, session.qualifier, session.invocation_type)
        try:
            command = aws_command(backend.target, request)
        except TooLarge as error:
            self.say(str(error), "warning")
            return
        self.pane.copy_to_clipboard("the aws command", command)

    @dialog
    async def action_theme(self) -> None:
        """Choose the colours, among those that ship and the user's own."""
        themes = self.app.available_themes
        shown = [Row(name, (name, "dark" if themes[name].dark else "light"))
                 for name in sorted(self.session.themes) if name in themes]  # fmt: skip
        name = await self.app.push_screen_wait(Choose("Colours", shown, [Column(), Column()]))
        if name is not None:
            self.app.theme = name

    @dialog
    async def action_copy_menu(self) -> None:
        """Choose what to copy."""
        pane = self.pane
        choices = {each.key: each for each in copies(pane, self.session, self.event.as_sent())}
        if not choices:
            self.say("There is nothing to copy yet.", "warning")
            return
        rows = [(each.key, each.what) for each in choices.values()]
        key = await self.app.push_screen_wait(QuickPick("Copy", rows))
        if key is None:
            return
        try:
            text = choices[key].text()
        except TooLarge as error:
            self.say(str(error), "warning")
        else:
            pane.copy_to_clipboard(choices[key].what, text)

    def action_pager(self) -> None:
        """Show the focused pane's text in $PAGER."""
        open_text(self, self.pane.page_text(), edit=False)

    def action_readme(self) -> None:
        """Show the project's README in $PAGER."""
        try:
            text = (self.session.root / README).read_text("utf-8", errors="replace")
        except FileNotFoundError:
            self.say("This project has no README.md.", "warning")
        except OSError as error:
            self.say(f"README.md cannot be read: {error.strerror}.", "warning")
        else:
            open_text(self, text, edit=False)

    def action_audit_log(self) -> None:
        """Show what was changed on AWS from here in $PAGER, the newest first."""
        log = StateDir(self.session.root).audit_log
        found = [audit_log.in_words(entry) for entry in audit_log.entries(log)]
        if not found:
            self.say("Nothing was changed on AWS from this project yet.")
            return
        open_text(self, "\n".join(reversed(found)), edit=False)

    def action_editor(self) -> None:
        """Edit the event in $EDITOR; in other panes view their text there."""
        if self.pane is self.event:
            self.event.edit_outside()
        elif self.pane is self.functions:
            show_code(self, self.session)
        else:
            open_text(self, self.pane.page_text(), edit=True)

    @dialog
    async def action_problems(self) -> None:
        """List the problems; enter opens the file."""
        problems = self.session.all_problems
        if not problems:
            self.say("There are no problems.")
            return
        rows = [Row(str(i), (place(p, self.session.root),)) for i, p in enumerate(problems)]
        choice = await self.app.push_screen_wait(
            Choose(
                "Problems",
                rows,
                [Column()],
                preview=lambda row: place(problems[int(row)], self.session.root),
                enter="opens $EDITOR there",
                leave="close",
            )
        )
        if choice is not None:
            problem = problems[int(choice)]
            open_file(self, problem.file, problem.line)


def place(problem: Problem, root: Path) -> str:
    """A problem in one line: file:line: message."""
    file = problem.file
    name = file.relative_to(root) if file.is_relative_to(root) else Path(*file.parts[-2:])
    where = f"{name}:{problem.line}" if problem.line else f"{name}"
    return f"{where}: {problem.message}"
