"""Pane 1: the functions of the target, with their state and last result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from workbench.aws.records import Function
from workbench.project.records import Project
from workbench.ui.formats import outcome, state
from workbench.ui.keys import with_keys
from workbench.ui.messages import FunctionChosen
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.panes.function_failures import SINCE_S, failing_first, failures_words
from workbench.ui.panes.function_trends import FunctionTrends, Invocations
from workbench.ui.panes.no_functions import no_functions_words
from workbench.ui.session import Session
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.palette import Palette, palette
from workbench.ui.work import Job, in_thread, stop

if TYPE_CHECKING:
    from workbench.aws.failures import Failures
    from workbench.project.history import Summary

_REST_S = 0.06
_REST_TYPING_S = 0.2
"""The cursor may run through the list: the other panes follow when it rests. While one types in
the filter the next letter comes later than the next arrow, and nothing may come in its way."""

_RECENT = 10
"""How many functions, invoked last, come first in the list of AWS."""

_SHOW_EVERY_S = 0.2
"""Pages of a long list are shown together, at most this often."""


class FunctionsPane(WorkbenchPane):
    """A filterable list: name, last result, runtime, state, and where there is room how the last
    invocations went. The cursor chooses the function."""

    scope = "functions"

    @dataclass
    class Page(Message):
        """Some more functions were listed; `last` ends the list."""

        functions: list[Function]
        last: bool

    @dataclass
    class Results(Message):
        """The newest invocation of every function."""

        results: Mapping[str, Summary]

    @dataclass
    class Trends(Message):
        """The last invocations of the functions that are seen."""

        found: Invocations

    @dataclass
    class FailuresFound(Message):
        """The functions that failed lately, the worst first."""

        found: Mapping[str, Failures]

    class Listed(Message):
        """The list is complete."""

    class EditEvent(Message):
        """Enter: go to the function's event."""

    class OpenDemo(Message):
        """Enter in an empty folder: open the sample functions."""

    class ViewCode(Message):
        """Show the code of the function."""

    class Details(Message):
        """Show all that is known of the function."""

    class UpdateCode(Message):
        """Update the function's code on AWS."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=1, title="Functions")
        self._results: dict[str, Summary] = {}
        self._listed: dict[str, Function] = {}
        self._loading = False
        self._broken_off = False
        self._failed: Mapping[str, Failures] = {}
        self._choosing: Timer | None = None
        self._chosen_before = session.memory.function
        self._trends = FunctionTrends(
            lambda: self.call_later(self._read_trends), lambda: palette(self)
        )

    def compose(self) -> ComposeResult:
        yield FuzzyList(
            columns=[
                Column(),
                Column(width=11),
                Column(),
                Column(),
                *self._trends.columns(),
            ],
            empty="Looking for functions …",
            no_match="No function matches. Esc clears the filter.",
        )

    def on_mount(self) -> None:
        self.set_interval(_SHOW_EVERY_S, self._show_if_loading)

    @property
    def rows(self) -> FuzzyList:
        """The list itself."""
        return self.query_one(FuzzyList)

    # -- what is listed -------------------------------------------------------------------------

    def focus_content(self) -> None:
        """Keep the focus in the filter while one types in it."""
        if not self.rows.has_focus_within:
            super().focus_content()
        elif not self.session.functions:
            self.focus()

    def show_project(self, project: Project) -> None:
        """Show the functions found in the folder, until the target lists its own."""
        if self.session.backend is None:
            self.session.functions = {
                source.name: Function(source.name, "", source.runtime, source.handler)
                for source in project.functions
            }
            self._show()

    def load(self) -> None:
        """List the target's functions, page by page, and their last results."""
        backend = self.session.backend
        if backend is None:
            return
        self._listed = {}
        self._loading, self._broken_off = True, False

        def work(job: Job) -> Message:
            job.post(self.Results(backend.last_results()))
            for page in backend.functions():
                if job.stop.is_set():
                    break
                job.post(self.Page(page, last=False))
            return self.Page([], last=True)

        in_thread(self, "functions", work)

    def load_results(self) -> None:
        """Read the last results again: something was invoked."""
        backend = self.session.backend
        if backend is not None:
            in_thread(self, "results", lambda job: self.Results(backend.last_results()))

    def forget(self) -> None:
        """Empty the list: the target changes, and will be asked for its functions."""
        stop(self)
        self._loading = True
        self.session.functions = {}
        self._listed = {}
        self._results = {}
        self._failed = {}
        self._trends.forget()
        self._show()

    @on(Page)
    def _page(self, message: Page) -> None:
        self._listed.update((function.name, function) for function in message.functions)
        if message.last:
            self._loading = False
            self.session.functions = self._listed
            self._show()
            self.post_message(self.Listed())

    def _show_if_loading(self) -> None:
        known = {**self._expected(), **self._listed} if self._loading else {}
        if len(known) > len(self.session.functions):
            self.session.functions = known
            self._show()

    def _expected(self) -> dict[str, Function]:
        """What is likely to be listed: on AWS, where lists are long, functions invoked lately can
        be used at once."""
        return {name: Function(name, "", "", "") for name in self._recent()}

    def _recent(self) -> list[str]:
        """On AWS the functions that were invoked last, the latest first."""
        if not self.session.is_aws:
            return []
        latest = sorted(self._results.values(), key=lambda each: each.started, reverse=True)
        return [each.function for each in latest[:_RECENT]]

    @on(Results)
    def _results_came(self, message: Results) -> None:
        changed = {
            name: result
            for name, result in message.results.items()
            if self._results.get(name) != result
        }
        self._results = dict(message.results)
        self._trends.results(self._results)
        colors = palette(self)
        for name in changed:
            if name in self.session.functions:
                self.rows.update_row(self._row(self.session.functions[name], colors))

    def _read_trends(self) -> None:
        backend = self.session.backend
        if backend is not None:
            read = self._trends.reader(backend)
            in_thread(self, "trends", lambda job: self.Trends(read()))

    @on(Trends)
    def _trends_came(self, message: Trends) -> None:
        self._trends.came(message.found)
        self.rows.body.refresh()

    def failed(self, group: str, sentence: str) -> None:
        """A list that breaks off keeps what was read."""
        super().failed(group, sentence)
        if group != "functions":
            return
        self._show_if_loading()
        self._loading, self._broken_off = False, True
        self._show()
        if not self.session.functions:
            again = "<functions.reload> tries again · <screen.target> chooses another target"
            self.show_empty(f"✗ {sentence}\n\n{with_keys(self.app, again)}")

    def _show(self) -> None:
        functions = self.session.functions
        wanted = self.session.function or self._chosen_before
        names, recent = sorted(functions, key=str.casefold), self._recent()
        first = [name for name in recent if name in functions]
        names = [*first, *(name for name in names if name not in first)]
        names = failing_first(names, self._failed) if self._failed else names
        colors = palette(self)
        self.rows.set_rows([self._row(functions[name], colors) for name in names])
        if wanted in functions and self.rows.highlighted != wanted and not self.rows.filter_text:
            self.rows.highlight(wanted)
        self._show_count()
        nothing = not functions and not self._loading and self.session.backend is not None
        if nothing:
            self.show_empty(with_keys(self.app, no_functions_words(self.session)))
        else:
            self.hide_empty()
        if self.has_focus_within or self.has_focus:
            self.focus_content()

    @on(FuzzyList.Filtered)
    def _show_count(self) -> None:
        functions = self.session.functions
        more = " …" if self._loading else ", not all" if self._broken_off else ""
        count = f"{len(functions):,} function{'' if len(functions) == 1 else 's'}"
        if self.rows.filter_text:
            count = f"{self.rows.body.row_count():,} of {count}"
        failed = f"{len(self._failed):,} failed in 1 h · " if self._failed else ""
        self.subtitle = f"{failed}{count}{more}" if functions else ""

    def theme_changed(self) -> None:
        """The rows hold colours."""
        self._show()

    def _row(self, function: Function, colors: Palette) -> Row:
        word = state(colors, function) if function.arn else Text("")
        active = not word or word.plain.endswith("Active")
        failed = self._failed.get(function.name)
        last = outcome(colors, self._results.get(function.name))
        return Row(
            function.name,
            (
                function.name,
                # In a narrow pane the state's own column is not seen: what is wrong must be.
                (failures_words(failed, colors) if failed else last) if active else word,
                function.runtime or (function.package_type if function.arn else ""),
                word,
            ),
            search=f"{function.name}\n{function.runtime}",
        )

    # -- keys -----------------------------------------------------------------------------------

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()
        if message.row_id is not None or not self.session.functions:
            if self._choosing is not None:
                self._choosing.stop()
            typing = isinstance(self.screen.focused, Input)
            self._choosing = self.set_timer(_REST_TYPING_S if typing else _REST_S, self.settle)

    def settle(self) -> str | None:
        """Choose the function under the cursor now: the other panes follow it. Returns it."""
        name = self.rows.highlighted
        if self._choosing is not None:
            self._choosing.stop()
            self._choosing = None
            self.post_message(FunctionChosen(name))
        return name

    @property
    def settling(self) -> bool:
        """Whether the cursor has moved and the other panes have not followed yet."""
        return self._choosing is not None

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.settle()
        self.call_later(self.action_edit_event)

    def why_not(self, action: str) -> str | None:
        """Code and details can be viewed once a function is chosen."""
        if action == "details" and self.session.backend is None:
            return "The local Lambda is still starting."
        if action in ("view_code", "edit_event", "details") and self.session.function is None:
            return "There is no function here yet."
        if action == "update_code":
            if not self.session.is_aws:
                return "The local Lambda runs the folder's code already: saving a file updates it."
            if self.session.function is None:
                return "There is no function here yet."
        return None

    def action_edit_event(self) -> None:
        """Go to this function's event; in an empty folder open the samples."""
        here = self.session.root.is_dir() and not self.session.is_aws
        if self.has_class("-empty") and here:
            self.post_message(self.OpenDemo())
        elif self.allowed("edit_event"):
            self.post_message(self.EditEvent())

    def action_filter(self) -> None:
        """Filter the functions by typing."""
        self.rows.action_filter()

    def action_view_code(self) -> None:
        """View the function's code."""
        if self.allowed("view_code"):
            self.post_message(self.ViewCode())

    def action_details(self) -> None:
        """Show all that is known of the function."""
        if self.allowed("details"):
            self.settle()
            self.post_message(self.Details())

    def action_update_code(self) -> None:
        """Update the code on AWS from the folder."""
        if self.allowed("update_code"):
            self.settle()
            self.post_message(self.UpdateCode())

    def action_failing(self) -> None:
        """Put the functions first that failed in the last hour; once more: all in their order."""
        backend = self.session.backend
        if self._failed:
            self._failed = {}
            self._show()
        elif backend is not None:
            self.say("Asking CloudWatch which functions failed …")
            in_thread(self, "failures", lambda job: self.FailuresFound(backend.failures(SINCE_S)))

    @on(FailuresFound)
    def _failures_found(self, message: FailuresFound) -> None:
        self._failed = message.found
        self._show()
        if not message.found:
            self.say("No function failed or was throttled in the last hour.", "success")
            return
        self.rows.highlight(next(iter(message.found)))
        self.say("Those that failed are first, the worst on top; <functions.failing> ends it.")

    def action_reload(self) -> None:
        """Read the list again."""
        self.load()

    def copy_text(self) -> tuple[str, str] | None:
        """The function's ARN, or its name while that isn't known."""
        function = self.session.functions.get(self.session.function or "")
        if function is None:
            return None
        return ("the ARN", function.arn) if function.arn else ("the name", function.name)
