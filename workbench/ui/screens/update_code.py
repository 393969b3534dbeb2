"""Updating a function's code on AWS: what would change, doing it, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from workbench.aws.records import Function
from workbench.project.records import FunctionSource
from workbench.project.state_dir import StateDir
from workbench.ui.backend import Backend
from workbench.ui.code_plan import change_row, counts, named_files, plan_words
from workbench.ui.consent import Change, agreed
from workbench.ui.formats import size
from workbench.ui.keys import key_of, pairs_of, with_keys
from workbench.ui.messages import Say
from workbench.ui.session import Session
from workbench.ui.status import Status
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.dialogs import Message as MessageDialog
from workbench.ui.widgets.diff_view import DiffView
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.modal import Modal
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.status_bar import KeyFooter
from workbench.ui.work import Failed, Job, dialog, failure, in_thread
from workbench.ui.work import stop as stop_jobs

if TYPE_CHECKING:
    from workbench.aws.code.diff import FileChange
    from workbench.aws.code.update import Plan, Previous

_SIDE_BY_SIDE = 100


class UpdateCodeScreen(Modal[bool]):
    """The package from the folder beside what is deployed. The answer: whether code was changed."""

    DEFAULT_CSS = """
    UpdateCodeScreen { background: $background; }
    UpdateCodeScreen > Vertical { border: heavy $warning; border-title-style: bold; }
    UpdateCodeScreen #about { height: auto; max-height: 7; padding: 0 1; }
    UpdateCodeScreen #both { layout: vertical; height: 1fr; }
    UpdateCodeScreen FuzzyList { height: 2; border-top: solid $border-blurred; }
    UpdateCodeScreen .fuzzy-empty { padding: 0 1; }
    UpdateCodeScreen DiffView { height: 1fr; border-top: solid $border-blurred; }
    UpdateCodeScreen FuzzyList:focus-within, UpdateCodeScreen DiffView:focus {
        border-top: solid $border;
    }
    UpdateCodeScreen.-wide #both { layout: horizontal; }
    UpdateCodeScreen.-wide FuzzyList { width: 48; }
    UpdateCodeScreen Status { height: auto; max-height: 6; }
    UpdateCodeScreen .status-message { height: auto; max-height: 6; text-wrap: wrap;
        text-align: left; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "update", "Update the code on AWS", id="update-code.update"),
        Binding("b", "back", "Go back to the code before", id="update-code.previous"),
        Binding("r", "read", "Compare again", id="update-code.read"),
        Binding("tab", "other", "List of files, or changes", id="update-code.other"),
        Binding("escape,q", "close", "Close", id="update-code.close"),
    ]

    @dataclass
    class Progress(Message):
        """How far it is, in words."""

        words: str

    @dataclass
    class Planned(Message):
        """What an update would do. `back`: the package is the previous code, not the folder's."""

        plan: Plan
        previous: Previous | None
        back: bool

    @dataclass
    class Updated(Message):
        """The code was updated; the function is active."""

        function: Function

    def __init__(
        self,
        backend: Backend,
        function: str,
        source: FunctionSource,
        tell: Callable[[Message], object],
    ) -> None:
        """`tell` gets a `Say` with the end of an update that goes on after the screen was left."""
        super().__init__()
        self._tell = tell
        self._backend = backend
        self._function = function
        self._source = source
        self._plan: Plan | None = None
        self._previous: Previous | None = None
        self._back = False
        self._busy = True
        self._changed = False
        self._quiet = False  # while the last sentence is to be read
        self._changes: dict[str, FileChange] = {}
        self._status = Status()

    def compose(self) -> ComposeResult:
        frame = Vertical()
        frame.border_title = Content(f"Update the code of {self._function}")
        with frame:
            yield Static("", id="about", markup=False)
            with Container(id="both"):
                yield FuzzyList(columns=[Column(), Column(width=9), Column()], empty="")
                yield DiffView()
            yield self._status
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(KeyFooter).set_keys(
            pairs_of(self.app, {
                "update-code.update": "update", "update-code.previous": "previous code",
                "update-code.read": "read again", "update-code.other": "changes",
                "update-code.close": "close", "screen.help": "help",
            })
        )  # fmt: skip
        self.query_one(FuzzyList).focus()
        self.action_read()

    def on_resize(self, event: events.Resize) -> None:
        """On a wide screen files and changes stand side by side."""
        self.set_class(event.size.width >= _SIDE_BY_SIDE, "-wide")
        self._fit()

    def _fit(self) -> None:
        """Above the changes, the list of files takes the lines it needs, up to seven."""
        rows = min(max(len(self._changes), 1), 7)
        self.query_one(FuzzyList).styles.height = "1fr" if self.has_class("-wide") else rows + 1

    def on_unmount(self) -> None:
        stop_jobs(self)

    # -- what would change ----------------------------------------------------------------------

    def action_read(self) -> None:
        """Make the package of the folder and compare it with what is deployed."""
        self._quiet = False
        self._compare(back=False)

    def _compare(self, *, back: bool) -> None:
        backend, name, source = self._backend, self._function, self._source
        state, quiet = StateDir(backend.root), self._quiet

        def read(job: Job) -> Message:
            # Late: zipfile and what comes with it are needed here only.
            from workbench.aws.code import update as code_update
            from workbench.project import packaging

            def tell(words: str) -> None:
                if not quiet:
                    job.post(self.Progress(words))

            kept = code_update.previous(backend.client, name, state.previous_code)
            if back and kept is not None:
                package = code_update.previous_package(kept)
            else:
                package = packaging.build(source, state, tell)
            tell("Downloading what is deployed …")
            plan = code_update.plan(backend.client, name, package)
            return self.Planned(plan, kept, back and kept is not None)

        self._busy = True
        if not quiet:
            self._status.say("Making the package …", seconds=None)
        in_thread(self, "update code", read)

    @on(Progress)
    def _progress(self, message: Progress) -> None:
        self._status.say(message.words, seconds=None)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self._busy = False
        if message.details:
            self.log.error(message.details)
        self._status.say(message.sentence, "error", None)

    @on(Planned)
    def _planned(self, message: Planned) -> None:
        self._busy = False
        self._plan, self._previous, self._back = message.plan, message.previous, message.back
        self._changes = {change.path: change for change in message.plan.changes}
        back, colors = self._previous if self._back else None, palette(self)
        about = plan_words(message.plan, self._source, back, colors)
        self.query_one("#about", Static).update(about)
        files = self.query_one(FuzzyList)
        files.set_empty("✓ No file differs: what is deployed is what is here.")
        files.set_rows([change_row(change, colors) for change in message.plan.changes])
        self._fit()
        if not self._changes:
            self.query_one(DiffView).clear()
        if message.back:
            words = "<update-code.update> puts it back, <update-code.read> leaves it."
            words = with_keys(self.app, f"This is the code before; {words}")
            self._status.say(words, seconds=None)
            if self._ready():
                self._ask()
        elif not self._quiet:
            self._status.say(self._hint(), seconds=None)

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        change = self._changes.get(message.row_id or "")
        if change is None:
            return
        old, new = change.old_text or "", change.new_text or ""
        if not change.is_text or change.kind == "mode":
            words = "executable or not" if change.kind == "mode" else "no text, or too large"
            old, new = f"({words}: {change.old_size} bytes)", f"({words}: {change.new_size} bytes)"
        self.query_one(DiffView).compare(old, new, old_label="deployed", new_label="next")

    @on(FuzzyList.Selected)
    def _selected(self) -> None:
        self.query_one(DiffView).focus()

    def action_other(self) -> None:
        """From the files to the changes of one, and back."""
        diff = self.query_one(DiffView)
        if diff.has_focus:
            self.query_one(FuzzyList).focus()
        else:
            diff.focus()

    # -- changing -------------------------------------------------------------------------------

    def action_update(self) -> None:
        """Put the package in place, after asking."""
        if self._ready():
            self._ask()

    def action_back(self) -> None:
        """Show what going back to the previous code would change, and ask for it."""
        if self._busy:
            self._status.say("Wait until this is over.", "warning")
        elif self._previous is None:
            self._status.say("There is no previous code: nothing was updated from here.", "warning")
        else:
            self._quiet = False
            self._compare(back=True)

    def _ready(self) -> bool:
        if self._busy or self._plan is None:
            self._status.say("Wait until this is over.", "warning")
        elif not self._plan.changes:
            self._status.say("There is nothing to update: no file differs.", "warning")
        else:
            return True
        return False

    @dialog
    async def _ask(self) -> None:
        plan = self._plan
        if plan is None:
            return
        what = "the previous code" if self._back else f"{self._source.code}"
        words = [
            f"Replace the code of $LATEST ({size(plan.function.code_size)}) by {what} "
            f"({size(len(plan.package.archive))}) for",
        ]
        change = Change(
            "Back to the previous code" if self._back else "Update code",
            "Go back" if self._back else "Update",
            plan.function.arn,
            words,
            details=[counts(plan), *named_files(plan)],
        )
        if await agreed(self.app, self._backend, self._function, change):
            self._update(plan)

    def _update(self, plan: Plan) -> None:
        backend, folder = self._backend, StateDir(self._backend.root).previous_code

        def change(job: Job) -> Message | None:
            from workbench.aws.code import update as code_update

            def tell(words: str) -> None:
                job.post(self.Progress(words))

            try:
                with backend.permitted():
                    function = code_update.update(backend.client, plan, folder, tell)
            except Exception as error:
                if not job.stop.is_set():
                    raise
                self._tell(Say(failure(job.group, error).sentence, "error"))
                return None
            if job.stop.is_set():
                self._tell(Say(f"{function.name} is active with the new code.", "success"))
            return self.Updated(function)

        self._busy = self._changed = True
        self._status.say("Updating …", seconds=None)
        in_thread(self, "update code", change)

    @on(Updated)
    def _updated(self, message: Updated) -> None:
        self._status.say(
            f"Active with the new code ({message.function.code_sha256[:8]}…): "
            f"{key_of(self.app, 'update-code.previous')} goes back to the code before.",
            "success",
            None,
        )
        self._quiet = True
        self._compare(back=False)

    def _hint(self) -> str:
        words = "<update-code.update> updates" if self._changes else "Nothing to update"
        back = "; <update-code.previous> shows the previous code" if self._previous else ""
        return with_keys(self.app, f"{words}{back}.")

    def action_close(self) -> None:
        """Back to the panes; what is under way goes on."""
        self.dismiss(self._changed)


async def update_code(app: App[Any], session: Session) -> bool:
    """Open the screen for the chosen function; returns whether code was changed.

    Which function of the folder it is follows from its name, or is asked for. Call it in a worker.
    """
    # Late: what packages functions is needed here only.
    from workbench.project.packaging import source_of

    name, backend = session.function, session.backend
    here = session.project.functions if session.project else ()
    if name is None or backend is None:
        return False
    source = source_of(name, here)
    if source is None and here:
        rows = [Row(each.name, (each.name, str(each.code))) for each in here]
        title = f"Which function of the folder is {name}?"
        chosen = await app.push_screen_wait(Choose(title, rows, [Column(), Column()]))
        source = session.source(chosen)
        if source is None:
            return False
    if source is None:
        words = f"No function of {session.root} can be deployed as {name}."
        await app.push_screen_wait(MessageDialog("No code here", words))
        return False
    return await app.push_screen_wait(
        UpdateCodeScreen(backend, name, source, app.screen.post_message)
    )
