"""The screen: seven panes, what they tell each other, and the keys that work everywhere.

Screens that are opened from here are imported then: at the start each would cost 2 to 8 ms.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.timer import Timer
from textual.widgets import Static

from workbench.aws.errors import LambdaError
from workbench.samples import demo_function
from workbench.ui import keys, responsive
from workbench.ui.canaries import Canaries, CanaryChanged, CanaryLeft, outcome
from workbench.ui.connection import Connection
from workbench.ui.formats import clock, named
from workbench.ui.messages import (
    Connected,
    ConnectionFailed,
    FrontFailed,
    FunctionChosen,
    FunctionsChanged,
    GoToInvocation,
    GoToLogs,
    HeaderChanged,
    Installing,
    LoadEvent,
    LocalLambdaLost,
    OpenFile,
    ProjectRead,
    QualifierChosen,
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
from workbench.ui.panes.versions import OpenCanary
from workbench.ui.sample_picker import choose_sample
from workbench.ui.screens.invoking_screen import InvokingScreen
from workbench.ui.server_events import ServerEvents
from workbench.ui.session import Session
from workbench.ui.target_picker import LOCAL, AwsChoice, choose_target
from workbench.ui.terminal.programs import open_file, show_code
from workbench.ui.widgets.dialogs import Confirm
from workbench.ui.widgets.dialogs import Message as MessageDialog
from workbench.ui.work import in_background

if TYPE_CHECKING:
    from workbench.aws.deploying.traffic_shifting import Deployment
    from workbench.ui.backend import Backend

_REMEMBER_S = 2.0
_CHANGE_FUNCTION_S = 0.12
"""How long the cursor rests on a function before logs, versions and history follow."""


class WorkbenchScreen(InvokingScreen):
    """Composes the panes and passes on what they have in common."""

    CSS_PATH = "workbench.tcss"

    def __init__(self, session: Session, memory_file: Path) -> None:
        super().__init__(session, memory_file)
        self.connection = Connection(self, session)
        self._server_events = ServerEvents(self, session)
        self._rest: Timer | None = None
        self.canaries = Canaries(self)
        self._sample_told = self._demo_asked = False

    def on_mount(self) -> None:
        self.result.show_problem(None)
        self.show_header()
        self.show_problems()
        self.restore()
        self.set_interval(_REMEMBER_S, self.remember)
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
        self._follow_function()
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
        self._server_events.handle(message.kind, message.data)

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

    @work(exclusive=True, group="dialog")
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

    @on(FunctionChosen)
    def _function_chosen(self, message: FunctionChosen) -> None:
        if message.name != self.session.function:
            self._choose(message.name)

    def _choose(self, name: str | None) -> None:
        self.session.function = name
        if self.session.is_aws:  # it may be production
            self.show_header()
        self.event.show_function(name)
        self.result.forget()
        self.show_problems()
        self._server_events.tell_notice(name)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_CHANGE_FUNCTION_S, self._follow_function)

    def _follow_function(self) -> None:
        self.logs.follow_function()
        self.versions.load()
        self.history.load(show_last=self.session.running is None)
        self.triggers.follow_function()

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

    @on(FunctionsPane.EditEvent)
    def _edit_event(self) -> None:
        self.event.editor.focus()

    @on(FunctionsPane.OpenDemo)
    def _open_demo(self) -> None:
        self.connection.open_demo()

    @work(exclusive=True, group="dialog")
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
            self._choose(name)
        self.event.open_first()
        self.action_invoke()
        self.say(f"{name} runs: {keys.key_of(self.app, 'screen.readme')} tells what to look for.")

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

    @work(exclusive=True, group="dialog")
    async def update_code(self) -> None:
        """Compare the function's code on AWS with the folder's, and update it when asked to."""
        from workbench.ui.screens.update_code import update_code

        if await update_code(self.app, self.session):
            self.functions.load()
            self.versions.load()

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
        key = keys.key_of(self.app, "screen.invoke")
        self.say(f"{key} now invokes {named(message.qualifier or '$LATEST')} of {name}.")

    @on(ShowInvocation)
    def _show_invocation(self, message: ShowInvocation) -> None:
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

    @on(OpenCanary)
    @work(exclusive=True, group="dialog")
    async def _open_canary(self, message: OpenCanary) -> None:
        backend = self.session.backend
        if backend is None:
            return
        from workbench.ui.canary_form import ask_canary

        name, alias = message.function, message.alias.name
        deployment = await in_background(lambda: self.canaries.of_alias(backend, name, alias))
        if deployment is not None:
            self._show_canary(backend, deployment)
        elif request := await ask_canary(self.app, self.session, backend, message):
            self.canaries.start(backend, request)

    def _show_canary(self, backend: Backend, deployment: Deployment) -> None:
        # Late, as is its form: few sessions need what they import (8 ms).
        from workbench.ui.screens.canary import CanaryScreen

        self.app.push_screen(CanaryScreen(backend, self.canaries, deployment))

    @on(CanaryChanged)
    def _canary_changed(self, message: CanaryChanged) -> None:
        backend, deployment = self.session.backend, message.deployment
        is_new = deployment.id not in self.canaries.known
        before = None if is_new else self.canaries.known[deployment.id][0]
        self.canaries.changed(message)
        here = backend is not None and backend.target.key == deployment.target
        if is_new and backend is not None and here and self.app.screen is self:
            self._show_canary(backend, deployment)
        if before is None or before.share != deployment.share:
            self.versions.load()
            self.versions.invoked()

    @on(CanaryLeft)
    def _canary_left(self, message: CanaryLeft) -> None:
        if message.deployment is not None:
            self.canaries.left(message.deployment)
            self.versions.load()
        if message.sentence:
            self.say(message.sentence, "error")
        elif message.deployment is not None:
            self.say(*outcome(message.deployment))

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
        self.action_pane("logs")
        self.logs.go_to_invocation(message.request_id, message.log_text)

    @on(LoadEvent)
    def _load_event(self, message: LoadEvent) -> None:
        if message.function != self.session.function:
            self.functions.rows.highlight(message.function)
            self._choose(message.function)
        self.event.load_text(message.text, message.title)
        self.event.editor.focus()

    @on(OpenFile)
    def _open_file(self, message: OpenFile) -> None:
        open_file(self, message.path, message.line)

    @work(exclusive=True, group="quit")  # a dialog may be open, and stays if one does not quit
    async def action_quit(self) -> None:
        """Quit; everything is kept. Of a canary the traffic stays where it is."""
        if self.canaries.running:
            body = "A canary is under way. Its traffic stays as it is until you go on with it."
            if not await self.app.push_screen_wait(Confirm("Quit", body, "Quit")):
                return
        self.remember()
        self.app.exit()  # no job is waited for
