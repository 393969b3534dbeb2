"""The screen: six panes, what they tell each other, and the keys that work everywhere."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import Static

from workbench.project.records import Problem
from workbench.ui import memory
from workbench.ui.aws_command import TooLarge, invoke_command
from workbench.ui.backend import Request
from workbench.ui.connection import Connection
from workbench.ui.formats import clock
from workbench.ui.invoker import Invoker
from workbench.ui.messages import (
    Connected,
    ConnectionFailed,
    FunctionChosen,
    InvocationDone,
    InvocationFailed,
    LoadEvent,
    OpenFile,
    ProjectRead,
    QualifierChosen,
    Recorded,
    Reloaded,
    RunRequest,
    ServerEvent,
    ShowInvocation,
)
from workbench.ui.panes.event import EventPane
from workbench.ui.panes.functions import FunctionsPane
from workbench.ui.panes.history import HistoryPane
from workbench.ui.panes.logs import LogsPane
from workbench.ui.panes.result import ResultPane
from workbench.ui.panes.versions import VersionsPane, named
from workbench.ui.programs import open_file, open_text, show_code
from workbench.ui.screens.pane_screen import PaneScreen
from workbench.ui.server_events import ServerEvents
from workbench.ui.session import INVOCATION_TYPES, Session
from workbench.ui.target_picker import LOCAL, AwsChoice, choose_target
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.dialogs import Message as MessageDialog
from workbench.ui.widgets.fuzzy_list import Column, Row
from workbench.ui.widgets.status_bar import StatusLine

_REMEMBER_S = 2.0
_CHANGE_FUNCTION_S = 0.12
"""How long the cursor rests on a function before logs, versions and history follow."""


class WorkbenchScreen(PaneScreen):
    """Composes the panes and passes on what they have in common."""

    CSS_PATH = "workbench.tcss"

    def __init__(self, session: Session, memory_file: Path) -> None:
        self.session = session
        self._memory_file = memory_file
        self._written = ""
        self.functions = FunctionsPane(session)
        self.event = EventPane(session)
        self.result = ResultPane(session)
        self.logs = LogsPane(session)
        self.versions = VersionsPane(session)
        self.history = HistoryPane(session)
        super().__init__(
            [self.functions, self.event, self.result, self.logs, self.versions, self.history]
        )
        self.invoker = Invoker(self, session, self.result)
        self.connection = Connection(self, session)
        self._server_events = ServerEvents(self, session)
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="header", markup=False)
        yield Static("", id="problems", markup=False)
        yield from super().compose()

    def on_mount(self) -> None:
        self.result.show_problem(None)
        self.show_header()
        self.show_problems()
        self.functions.focus()
        self.set_interval(_REMEMBER_S, self.remember)
        # After the first paint: finding functions and starting the server take the processor.
        self.call_after_refresh(self.connection.begin)

    @property
    def is_busy(self) -> bool:
        """Whether an invocation runs."""
        return self.session.running is not None

    # -- where we are ---------------------------------------------------------------------------

    def show_header(self) -> None:
        """Renew the line at the top: project, target, mode."""
        self.query_one("#header", Static).update(self.connection.words())
        self.set_class(self.session.is_aws, "-aws")

    def show_problems(self) -> None:
        """Renew the line that counts what is wrong in the project."""
        problems = self.session.problems
        line = self.query_one("#problems", Static)
        line.display = bool(problems)
        if problems:
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            line.update(f"▲ {count}: {place(problems[0], self.session.root)}  (f8 lists)")
        source = self.session.source(self.session.function)
        broken = (p for p in problems if source and p.line and p.file.is_relative_to(source.code))
        self.result.show_problem(next(broken, None))

    def remember(self) -> None:
        """Write what should come back at the next start."""
        self.event.remember()
        self.session.memory.function = self.session.function or self.session.memory.function
        try:
            self._written = memory.save(self._memory_file, self.session.memory, self._written)
        except OSError as error:
            self.log.error(f"ui.json: {error}")

    # -- project, target, server ----------------------------------------------------------------

    @on(ProjectRead)
    def _project_read(self, message: ProjectRead) -> None:
        self.session.project = message.project
        if not self.session.problems:
            self.session.problems = message.project.problems
        self.functions.show_project(message.project)
        self.show_problems()

    @on(Connected)
    def _connected(self, message: Connected) -> None:
        if self.session.backend is not None:
            for pane in (self.functions, self.logs, self.versions, self.history):
                pane.forget()
        self.session.backend = message.backend
        self.show_header()
        self.functions.load()
        self._follow_function()
        self.connection.listen()
        self.invoker.connected()

    @on(ConnectionFailed)
    def _connection_failed(self, message: ConnectionFailed) -> None:
        self.connection.failed()
        self.invoker.not_connected(message.sentence)
        self.show_header()
        # Kept until something else is said: without a target little else can be done.
        first, _, rest = message.sentence.partition("\n")
        self.query_one(StatusLine).say(first, "error", None)
        if rest:
            self.app.push_screen(MessageDialog("No target", message.sentence, severity="error"))

    @on(ServerEvent)
    def _server_event(self, message: ServerEvent) -> None:
        self._server_events.handle(message.kind, message.data)

    @work(exclusive=True, group="dialog")
    async def action_target(self) -> None:
        """Switch between the local Lambda and AWS."""
        choice = await choose_target(self.app)
        if choice == LOCAL:
            self.connection.to_local()
        elif isinstance(choice, AwsChoice):
            self.connection.to_aws(choice.profile, choice.region)
        self.show_header()

    # -- what the panes tell ----------------------------------------------------------------------

    @on(FunctionChosen)
    def _function_chosen(self, message: FunctionChosen) -> None:
        if message.name == self.session.function:
            return
        self.session.function = message.name
        self.event.show_function(message.name)
        self.result.forget()
        self.show_problems()
        self._server_events.tell_notice(message.name)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_CHANGE_FUNCTION_S, self._follow_function)

    def _follow_function(self) -> None:
        self.logs.follow_function()
        self.versions.load()
        self.history.load(show_last=self.session.running is None)

    @on(FunctionsPane.Listed)
    def _listed(self) -> None:
        self.show_header()

    @on(FunctionsPane.EditEvent)
    def _edit_event(self) -> None:
        self.event.editor.focus()

    @on(FunctionsPane.OpenDemo)
    def _open_demo(self) -> None:
        self.connection.open_demo()

    @on(FunctionsPane.ViewCode)
    def _view_code(self) -> None:
        show_code(self, self.session)

    @on(EventPane.Command)
    @on(ResultPane.Command)
    async def _command(self, message: EventPane.Command | ResultPane.Command) -> None:
        await self.run_action(message.action)

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
        self.say(f"ctrl+j now invokes {named(message.qualifier or '$LATEST')} of {name}.")

    @on(ShowInvocation)
    def _show_invocation(self, message: ShowInvocation) -> None:
        self.invoker.shown(message.invocation)
        self.result.show(message.invocation, past=True)
        if message.go:
            if message.invocation.log_text:
                self.logs.show_text(
                    message.invocation.log_text, f"request {message.invocation.request_id}"
                )
            self.result.focus_content()

    @on(HistoryPane.Compare)
    def _compare(self, message: HistoryPane.Compare) -> None:
        old, new = message.old, message.new
        pair = (old.event, new.event) if message.events else (old.payload, new.payload)
        what = "event" if message.events else "answer"
        labels = [f"{what} of {clock(entry.started)}" for entry in (old, new)]
        self.result.show_changes(*pair, *labels)
        self.action_pane("result")

    @on(LoadEvent)
    def _load_event(self, message: LoadEvent) -> None:
        if message.function != self.session.function:
            self.functions.rows.highlight(message.function)
            self.session.function = message.function
            self.event.show_function(message.function)
        self.event.load_text(message.text, message.title)
        self.event.editor.focus()

    @on(OpenFile)
    def _open_file(self, message: OpenFile) -> None:
        open_file(self, message.path, message.line)

    # -- invoking ---------------------------------------------------------------------------------

    def action_invoke(self) -> None:
        """Invoke the function with the event."""
        if self.functions.settling:
            self.functions.settle()
            self.call_later(self.action_invoke)
            return
        name = self.session.function
        if name is None:
            self.say("Choose a function first (key 1).", "warning")
            return
        fault = self.event.fault
        if fault is not None:
            self.say(f"The event is not JSON: {fault}", "error")
            self.event.go_to_fault()
            return
        self.remember()
        self._start(
            Request(name, self.event.text, self.session.qualifier, self.session.invocation_type)
        )

    def action_rerun(self) -> None:
        """Run the last invocation again."""
        if self.session.last is None:
            self.action_invoke()
        else:
            self._start(self.session.last)

    @on(RunRequest)
    def _run_request(self, message: RunRequest) -> None:
        self._start(message.request)

    def _start(self, request: Request) -> None:
        self.invoker.start(request)
        self.show_keys()

    @on(Reloaded)
    def _reloaded(self, message: Reloaded) -> None:
        """Watch: invoke again."""
        last = self.session.last
        if self.session.watching and last is not None and last.function == message.function:
            self.invoker.watch(last)
            self.show_keys()

    def action_cancel(self) -> None:
        """Cancel the running invocation."""
        self.invoker.cancel()

    @on(InvocationDone)
    def _invocation_done(self, message: InvocationDone) -> None:
        self.invoker.done(message)
        self.show_keys()
        if self.session.is_aws:
            self._recorded()

    @on(Recorded)
    def _recorded(self) -> None:
        self.history.load()
        self.functions.load_results()

    @on(InvocationFailed)
    def _invocation_failed(self, message: InvocationFailed) -> None:
        self.invoker.failed(message)
        self.show_keys()

    def action_invocation_type(self) -> None:
        """Go to the next invocation type."""
        types = INVOCATION_TYPES
        self.session.invocation_type = types[
            (types.index(self.session.invocation_type) + 1) % len(types)
        ]
        self.event.show_heading()
        self.say(f"Invocation type: {self.session.invocation_type}.")

    def action_watch(self) -> None:
        """Watch, or stop."""
        if self.session.is_aws:
            self.say("Watching needs the local Lambda: hot reload is off on AWS.", "warning")
            return
        self.session.watching = not self.session.watching
        self.event.show_heading()
        self.show_header()
        if not self.session.watching:
            self.say("No longer watching.")
        elif self.session.last is None:
            self.say("Watching: invoke once (ctrl+j), then every save invokes again.")
        else:
            self.say("Watching: every save invokes again and shows what changed.")

    # -- event keys that work everywhere ----------------------------------------------------------

    def action_new_event(self) -> None:
        """New event."""
        self.event.action_new_event()

    def action_saved_events(self) -> None:
        """Open a saved event."""
        self.event.action_saved_events()

    def action_save_event(self) -> None:
        """Save the event."""
        self.event.action_save_event()

    # -- text elsewhere ---------------------------------------------------------------------------

    def action_copy_command(self) -> None:
        """Copy the invocation as an `aws lambda invoke` command."""
        name, backend = self.session.function, self.session.backend
        if name is None or backend is None:
            self.say("There is no function to invoke yet.", "warning")
            return
        try:
            command = invoke_command(
                backend.target,
                name,
                self.event.text,
                qualifier=self.session.qualifier,
                invocation_type=self.session.invocation_type,
            )
        except TooLarge as error:
            self.say(str(error), "warning")
            return
        self.pane.copy_to_clipboard("the aws command", command)

    def action_pager(self) -> None:
        """Show the focused pane's text in $PAGER."""
        open_text(self, self.pane.page_text(), edit=False)

    def action_editor(self) -> None:
        """Edit the event in $EDITOR; in other panes view their text there."""
        if self.pane is self.event:
            self.event.edit_outside()
        elif self.pane is self.functions:
            self._view_code()
        else:
            open_text(self, self.pane.page_text(), edit=True)

    @work(exclusive=True, group="dialog")
    async def action_problems(self) -> None:
        """List the problems; enter opens the file."""
        problems = self.session.problems
        if not problems:
            self.say("There are no problems.")
            return
        rows = [Row(str(i), (place(p, self.session.root),)) for i, p in enumerate(problems)]
        choice = await self.app.push_screen_wait(
            Choose("Problems", rows, [Column()], hint="enter opens $EDITOR there · esc close")
        )
        if choice is not None:
            problem = problems[int(choice)]
            open_file(self, problem.file, problem.line)

    async def action_quit(self) -> None:
        """Quit; everything is kept."""
        self.remember()
        self.connection.close()
        self.app.exit()


def place(problem: Problem, root: Path) -> str:
    """A problem in one line: file:line: message."""
    file = problem.file
    name = file.relative_to(root) if file.is_relative_to(root) else file
    where = f"{name}:{problem.line}" if problem.line else f"{name}"
    return f"{where}: {problem.message}"
