"""The list in the Versions pane: versions and aliases, where they lead, how often they ran."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message

from workbench.aws.deploying.alias_history import AliasState
from workbench.aws.records import NO_COUNTS, Alias, Counts, Function
from workbench.ui.backend import Backend
from workbench.ui.canaries import mark
from workbench.ui.formats import BAD, QUIET, STRONG, WARN, named, routes
from workbench.ui.keys import with_keys
from workbench.ui.messages import QualifierChosen, Say
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.session import Session
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.palette import palette
from workbench.ui.work import Job, in_thread, stop

if TYPE_CHECKING:
    from workbench.aws.deploying.traffic_shifting import Deployment

LATEST = "$LATEST"
COUNTED_S = 3600
"""Of how long ago invocations are counted."""

_ROOM_FOR_BOTH = 44
"""Cells of the pane from which on a row has its count and what it had without one."""

_ROOM_FOR_STAGE = 62
"""Cells of the pane from which on the row of an alias tells its canary's lifecycle event."""

_COUNT_AGAIN_S = 1.0
_COUNT_ON_AWS_S = 60.0  # CloudWatch is no quicker, and asking costs money


class VersionsList(WorkbenchPane):
    """$LATEST, the aliases with where they lead, and the published versions, newest first."""

    scope = "versions"

    @dataclass
    class Loaded(Message):
        """The versions and aliases of a function, as they were at `read_at`
        (`time.monotonic()`)."""

        backend: Backend
        function: str
        read_at: float
        versions: list[Function]
        aliases: list[Alias]
        history: list[AliasState]
        canaries: list[Deployment]
        highlight: str | None = None

    @dataclass
    class Counted(Message):
        """How often each version and alias ran in the last hour."""

        function: str
        counts: Counts

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=5, title="Versions")
        self.versions: list[Function] = []
        self.aliases: dict[str, Alias] = {}
        self.history: list[AliasState] = []
        """Where the aliases led, the newest first."""
        self.canaries: dict[str, Deployment] = {}
        """The deployments that are not over, by their aliases."""
        self.carries_out: Callable[[Deployment], bool] = lambda deployment: False
        """Whether this screen is at work on one."""
        self.counts = NO_COUNTS
        self._function: str | None = None
        self._loaded_at = 0.0
        self._changes = count()
        self._counting = False

    def compose(self) -> ComposeResult:
        yield FuzzyList(
            columns=[Column(least=6), Column(right=True), Column()],
            empty="Versions and aliases appear here.",
        )

    def on_mount(self) -> None:
        """Count again now and then: the local Lambda tells of each invocation, AWS does not."""
        self.set_interval(_COUNT_ON_AWS_S, self.count)

    @property
    def rows(self) -> FuzzyList:
        """The list."""
        return self.query_one(FuzzyList)

    def load(self) -> None:
        """Read the chosen function's versions and aliases."""
        name, backend = self.session.function, self.session.backend
        if name != self._function:
            self.forget()
        if name is not None and backend is not None:
            self._function = name
            self._read("versions", backend, name)

    def forget(self) -> None:
        """Show nothing: another function or target. A change that is under way tells its end."""
        stop(self, "versions")
        stop(self, "counts")
        self._function = None
        self.hide_empty()
        self.versions, self.aliases, self.history, self.canaries = [], {}, [], {}
        self.counts = NO_COUNTS
        self._show()

    def change(
        self, backend: Backend, function: str, make: Callable[[], str | None], done: str
    ) -> None:
        """Make a change that the person agreed to, then read everything again. `make` may return
        the row to go to, which `done`, the sentence about it, can name with {}."""
        # Each is a job of its own: none may end another before that has told what came of it.
        self._read(f"change {next(self._changes)}", backend, function, make, done)

    def _read(
        self,
        group: str,
        backend: Backend,
        function: str,
        make: Callable[[], str | None] = lambda: None,
        done: str = "",
    ) -> None:
        def read(job: Job) -> Message:
            with backend.permitted():
                goto = make()
            if done:  # before anything is read: that may fail
                job.post(Say(done.format(goto), "success"))
            now = time.monotonic()
            versions, aliases = backend.versions(function)
            history: list[AliasState] = []
            with suppress(OSError):  # without it the versions are there all the same
                history = backend.alias_history.of(backend.target.key, function)
            canaries = backend.canaries(function)
            return self.Loaded(backend, function, now, versions, aliases, history, canaries, goto)

        in_thread(self, group, read)

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        if (message.backend, message.function) != (self.session.backend, self.session.function):
            return
        if message.read_at < self._loaded_at:
            return  # read before a change whose end is shown already
        self._loaded_at = message.read_at
        self.hide_empty()
        self.versions = message.versions
        self.aliases = {alias.name: alias for alias in message.aliases}
        self.history = message.history
        self.canaries = {each.alias: each for each in reversed(message.canaries)}
        self._show()
        if message.highlight:
            self.rows.highlight(message.highlight)
        chosen = self.session.qualifier
        known = {*self.aliases, *(version.version for version in self.versions)}
        if chosen is not None and chosen not in known:
            self.post_message(QualifierChosen(None))
        self.count()

    def show_canary(self, deployment: Deployment) -> None:
        """A deployment made a step, or is over."""
        backend = self.session.backend
        here = backend is not None and backend.target.key == deployment.target
        if not here or deployment.function != self._function:
            return
        if deployment.status == "InProgress":
            self.canaries[deployment.alias] = deployment
        else:
            self.canaries.pop(deployment.alias, None)
        self._show()

    # -- counting -------------------------------------------------------------------------------

    def invoked(self) -> None:
        """Something ran: count again, at most once a second."""
        if not self._counting:
            self._counting = True
            self.set_timer(_COUNT_AGAIN_S, self.count)

    def count(self) -> None:
        """Ask how often the versions ran; not for a function that has none."""
        self._counting = False
        name, backend = self._function, self.session.backend
        numbers = self.numbers()
        if name is None or backend is None or not numbers:
            return
        aliases = list(self.aliases.values())

        def ask(job: Job) -> Message:
            now = time.time()
            return self.Counted(
                name, backend.version_counts(name, numbers, aliases, now - COUNTED_S, now)
            )

        in_thread(self, "counts", ask)

    @on(Counted)
    def _counted(self, message: Counted) -> None:
        if message.function == self._function:
            self.counts = message.counts
            self._show()

    def failed(self, group: str, sentence: str) -> None:
        """Where nothing could be read the pane itself says why. Counts are an extra: without a
        right to read them on AWS there are none."""
        if group == "versions" and not self.versions:
            again = with_keys(self.app, "<versions.reload> tries again.")
            self.show_empty(f"✗ {sentence}\n\n{again}")
        if group != "counts":
            super().failed(group, sentence)

    # -- the rows -------------------------------------------------------------------------------

    def theme_changed(self) -> None:
        """The rows hold colours."""
        self._show()

    def show_qualifier(self) -> None:
        """The qualifier to invoke has changed: mark it."""
        self._show()

    def numbers(self) -> list[str]:
        """The published versions' numbers, the newest first."""
        numbers = [v.version for v in self.versions if v.version != LATEST]
        return sorted(numbers, key=int, reverse=True)

    def _show(self) -> None:
        if self._function is None:
            self.rows.set_rows([])
            self.subtitle = ""
            return
        colors = palette(self)
        chosen = self.session.qualifier or LATEST
        rows = [self._row(LATEST, Text("unpublished", colors[QUIET]), chosen, "")]
        rows += [
            self._row(alias.name, self._leads_to(alias), chosen, alias.description)
            for alias in self.aliases.values()
        ]
        versions = {version.version: version for version in self.versions}
        for number in self.numbers():
            version = versions[number]
            date = Text(version.last_modified[5:16].replace("T", " "), colors[QUIET])
            rows.append(self._row(number, date, chosen, version.description))
        self.rows.set_rows(rows)
        self.subtitle = f"invokes {named(chosen)}"
        if any(self.counts.invocations.values()):
            self.subtitle += " · × in 1 h"

    def _row(self, qualifier: str, detail: Text, chosen: str, description: str) -> Row:
        colors = palette(self)
        mark = "→ " if qualifier == chosen else "  "
        name = named(qualifier)
        text = Text(f"{mark}{name}", colors[STRONG] if qualifier == chosen else "")
        if description:
            text.append(f"  {description}", colors[QUIET])
        count = self._count_of(qualifier)
        if count and self.size.width >= _ROOM_FOR_BOTH:
            return Row(qualifier, (text, count, detail), f"{name} {description}")
        if count and qualifier not in self.aliases:
            detail = count
        return Row(qualifier, (text, Text(""), detail), f"{name} {description}")

    def _leads_to(self, alias: Alias) -> Text:
        """Where an alias leads, and what its canary is at."""
        colors, canary = palette(self), self.canaries.get(alias.name)
        if canary is None:
            return Text(routes(alias), colors[STRONG])
        words = mark(canary, running=self.carries_out(canary))
        if self.size.width >= _ROOM_FOR_STAGE:
            words += f" · {canary.stage}"
        return Text(words, colors[STRONG if self.carries_out(canary) else WARN])

    def on_resize(self) -> None:
        """A narrow pane has counts in place of dates."""
        self._show()

    def _count_of(self, qualifier: str) -> Text:
        colors = palette(self)
        invocations, errors = self.counts.of(qualifier)
        if not invocations:
            return Text("")
        text = Text(f"{invocations:,}×", colors[QUIET])
        if errors:
            text.append(f" ✗{errors:,}", colors[BAD])
        return text
