"""The screen: seven panes, what they tell each other, and the keys that work everywhere.

Screens that are opened from here are imported then: at the start each would cost 2 to 8 ms.
"""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.widgets import Static

from workbench.aws.errors import LambdaError
from workbench.samples import demo_function
from workbench.ui import keys, responsive
from workbench.ui.connection import Connection
from workbench.ui.formats import clock
from workbench.ui.messages import (
    Connected,
    ConnectionFailed,
    FrontFailed,
    FunctionsChanged,
    GoToInvocation,
    GoToLogs,
    HeaderChanged,
    Installing,
    LoadEvent,
    LocalLambdaLost,
    OpenFile,
    ProjectRead,
    Recorded,
    ServerEvent,
    ShowInvocation,
    ShowTrace,
    SourceChanged,
)
from workbench.ui.panes.event import EventPane
from workbench.ui.panes.functions import FunctionsPane
from workbench.ui.panes.history import HistoryPane
from workbench.ui.panes.result import ResultPane
from workbench.ui.sample_picker import choose_sample
from workbench.ui.screens.deploying_screen import DeployingScreen
from workbench.ui.session import Session
from workbench.ui.target_picker import LOCAL, AwsChoice, choose_target
from workbench.ui.terminal.programs import open_file
from workbench.ui.widgets.dialogs import Message as MessageDialog
from workbench.ui.work import dialog

_REMEMBER_S = 2.0


class WorkbenchScreen(DeployingScreen):
    """Composes the panes and passes on what they have in common."""

    CSS_PATH = "workbench.tcss"

    def __init__(self, session: Session, memory_file: Path) -> None:
        super().__init__(session, memory_file)
        self.connection = Connection(self, session)
        self._sample_told = self._demo_asked = False

    def on_mount(self) -> None:
        self.result.show_problem(None)
        self.show_header()
        self.show_problems()
        self.restore()
        self.set_interval(_REMEMBER_S, self.remember_soon)
        # After the first paint: finding functions and starting the server take the processor.
        self.call_after_refresh(self.connection.begin)

    # -- where we are ---------------------------------------------------------------------------

    @on(HeaderChanged)
    def show_header(self) -> None:
        """Renew the line at the top: project, target, mode."""
        self.query_one("#header", Static).update(self.connection.words())
        self.set_class(self.session.is_aws, "-aws")

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
        before = self.session.backend
        if before is not None:
            for pane in (self.functions, self.logs, self.versions, self.history, self.triggers):
                pane.forget()
            if before.target.key != message.backend.target.key:
                self.invoker.target_changed()
                self.result.forget()
        self.session.backend = message.backend
        self.show_header()
        self.functions.load()
        self.follow_function()
        self.triggers.load()
        self.connection.listen()
        self.invoker.connected()
        self.canaries.tell_unfinished(message.backend)

    @on(ConnectionFailed)
    def _connection_failed(self, message: ConnectionFailed) -> None:
        self.connection.failed()
        responsive.settle()
        self.invoker.not_connected(message.sentence)
        self.show_header()
        # Kept until something else is said: without a target little else can be done.
        first, _, rest = message.sentence.partition("\n")
        self.status.say(first, "error", None)
        if rest:
            self.app.push_screen(MessageDialog("No target", message.sentence, severity="error"))

    @on(ServerEvent)
    def _server_event(self, message: ServerEvent) -> None:
        self.server_events.handle(message.kind, message.data)

    @on(LocalLambdaLost)
    def _local_lambda_lost(self) -> None:
        if self.session.is_aws:
            return
        self.say("The local Lambda went away: starting it again …", "warning")
        self.connection.lost()

    @on(FunctionsChanged)
    def _functions_changed(self) -> None:
        self.functions.load()
        self.versions.load()
        self.triggers.load()
        self.connection.read_project()

    @on(SourceChanged)
    def _source_changed(self, message: SourceChanged) -> None:
        self.triggers.source_changed(message.source)

    @on(FrontFailed)
    def _front_failed(self, message: FrontFailed) -> None:
        self.triggers.front_failed(message)
        self.say(message.words, "success" if message.healthy else "warning")

    @on(Installing)
    def _installing(self, message: Installing) -> None:
        self.status.context = message.words

    def action_timeline(self) -> None:
        """Show what the execution environments did in the last minutes."""
        from workbench.ui.screens.timeline import TimelineScreen

        self.app.push_screen(TimelineScreen(self.session))

    @dialog
    async def action_target(self) -> None:
        """Switch between the local Lambda and AWS."""
        try:
            choice = await choose_target(self.app)
        except LambdaError as error:  # the AWS configuration is damaged
            self.say(str(error), "error")
            return
        if choice == LOCAL:
            self.connection.to_local()
        elif isinstance(choice, AwsChoice):
            self.connection.to_aws(choice.profile, choice.region)
        self.show_header()

    def action_compare(self) -> None:
        """Send one event to several versions and targets, on a screen of its own."""
        request = self.request()
        if request is not None:
            from workbench.ui.screens.compare import CompareScreen

            self.app.push_screen(CompareScreen(self.session, request, self.connection.reach))

    # -- what the panes tell ----------------------------------------------------------------------

    @on(FunctionsPane.Listed)
    def _listed(self) -> None:
        self.show_header()
        responsive.settle()  # the target's clients are imported
        if not self._sample_told:
            self._sample_told = True
            self._tell_sample()
        if self._demo_asked:
            self.action_run_demo()

    def _tell_sample(self) -> None:
        """Of a sample application: how to read what it shows, and see it."""
        if demo_function(self.session.root) in self.session.functions:
            read, run = (keys.key_of(self.app, f"screen.{each}") for each in ("readme", "run_demo"))
            words = f"A sample application: {read} reads what it shows, {run} runs its demo."
            self.status.say(words, "info", None)

    @on(FunctionsPane.OpenDemo)
    def _open_demo(self) -> None:
        self.connection.open_demo()

    @dialog
    async def action_samples(self) -> None:
        """Choose a sample application, and open a copy of it."""
        name = await choose_sample(self.app)
        if name is not None:
            self.connection.open_demo(name)

    def action_run_demo(self) -> None:
        """Invoke the function that shows what this sample application does."""
        name = demo_function(self.session.root)
        if name is not None and self.session.backend is None:
            self._demo_asked = True  # as soon as the functions are listed
            self.say("The demo runs as soon as the local Lambda is there.")
            return
        self._demo_asked = False
        if name is None or name not in self.session.functions:
            key = keys.key_of(self.app, "screen.command_palette")
            self.say(f"No sample application is open: {key}, “sample” opens one.", "warning")
            return
        if name != self.session.function:
            self.functions.rows.highlight(name)
            self.choose(name)
        self.event.open_first()
        self.action_invoke()
        self.say(f"{name} runs: {keys.key_of(self.app, 'screen.readme')} tells what to look for.")

    @on(EventPane.Command)
    @on(ResultPane.Command)
    async def _command(self, message: EventPane.Command | ResultPane.Command) -> None:
        await self.run_action(message.action)

    @on(ShowInvocation)
    def _show_invocation(self, message: ShowInvocation) -> None:
        if message.go:
            self.go_to(message.invocation.function)
        shown, past = self.result.shown, message.invocation
        answered = shown is not None and shown.function == past.function
        if not message.go and (answered or self.session.running is not None):
            return  # shown by itself, for a function just picked: an answer came meanwhile
        self.invoker.shown(message.invocation)
        self.result.show(message.invocation, past=True)
        if message.go:
            if message.invocation.log_text:
                self.logs.go_to_invocation(past.request_id, past.log_text)
            self.action_pane("result")

    @on(Recorded)
    def _recorded(self) -> None:
        self.history.load()
        self.functions.load_results()
        self.result.follow()
        self.versions.invoked()

    @on(HistoryPane.Compare)
    def _compare(self, message: HistoryPane.Compare) -> None:
        old, new = message.old, message.new
        pair = (old.event, new.event) if message.events else (old.payload, new.payload)
        what = "event" if message.events else "answer"
        labels = [f"{what} of {clock(entry.started)}" for entry in (old, new)]
        self.result.show_changes(*pair, *labels)
        self.action_pane("result")

    @on(GoToInvocation)
    def _go_to_invocation(self, message: GoToInvocation) -> None:
        self.action_pane("history")
        self.history.find(message.request_id)

    @on(ShowTrace)
    def _show_trace(self, message: ShowTrace) -> None:
        if self.session.backend is not None:
            from workbench.ui.screens.trace import TraceScreen

            self.app.push_screen(TraceScreen(self.session.backend, message.trace_id))

    @on(GoToLogs)
    def _go_to_logs(self, message: GoToLogs) -> None:
        self.go_to(message.function)
        self.action_pane("logs")
        self.logs.go_to_invocation(message.request_id, message.log_text)

    @on(LoadEvent)
    def _load_event(self, message: LoadEvent) -> None:
        if message.function != self.session.function:
            self.functions.rows.highlight(message.function)
            self.choose(message.function)
        self.event.load_text(message.text, message.title)
        self.event.editor.focus()

    @on(OpenFile)
    def _open_file(self, message: OpenFile) -> None:
        open_file(self, message.path, message.line)
