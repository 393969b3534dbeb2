"""The list in the Triggers pane: what invokes functions, and how that goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from workbench.aws.triggers.trigger import Trigger, of_source
from workbench.aws.triggers.words import activity, kind_words, stall_words, state_words
from workbench.ui.backend import Backend
from workbench.ui.formats import BAD, GOOD, QUIET, WARN, clock
from workbench.ui.keys import key_of, with_keys
from workbench.ui.messages import FooterChanged, FrontFailed, Say
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.session import Session
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.palette import Palette, palette
from workbench.ui.widgets.safe_text import safe
from workbench.ui.work import Job, in_thread, stop

_TOGETHER_S = 0.1  # pollers tell several times a second how far they are
_COUNT_S = 1.0  # times to the next try and the next run are counted down
_AGAIN_S = 2.0  # AWS does not tell when a transition is over
_STYLES = {"●": GOOD, "▲": BAD, "◌": WARN}
_LINES = 4  # of what is said about the trigger under the cursor


class TriggersList(WorkbenchPane):
    """A row for each trigger, and below what there is to say about the one under the cursor."""

    scope = "triggers"
    DEFAULT_CSS = f"""
    TriggersList > #about {{
        height: auto; max-height: {_LINES}; padding: 0 1; color: $text-muted;
    }}
    TriggersList > #about.-stalled {{ color: $text-warning; }}
    """

    @dataclass
    class Loaded(Message):
        """The triggers of one function, or of all, as they were at `read_at`
        (`time.monotonic()`)."""

        backend: Backend
        function: str | None
        read_at: float
        triggers: list[Trigger]

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=7, title="Triggers")
        self._all = False
        self._triggers: dict[str, Trigger] = {}
        self._failures: dict[str, str] = {}
        self._stale = True
        self._loaded_at = 0.0
        self._changes = count()
        self._soon: Timer | None = None
        self._rows = FuzzyList(columns=[Column(), Column(), Column()])
        self._about = Static("", id="about", markup=False)

    def compose(self) -> ComposeResult:
        yield self._rows
        yield self._about

    def on_mount(self) -> None:
        self.set_interval(_COUNT_S, self._count_down)
        self._show()

    def on_show(self) -> None:
        """On AWS nothing is read for a pane that nobody sees."""
        if self._stale:
            self.load()

    @property
    def rows(self) -> FuzzyList:
        """The list."""
        return self._rows

    @property
    def known(self) -> list[Trigger]:
        """All that were read."""
        return list(self._triggers.values())

    @property
    def trigger(self) -> Trigger | None:
        """The one under the cursor."""
        return self._triggers.get(self.rows.highlighted or "")

    # -- reading --------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the triggers. The local Lambda tells all of them, AWS those of the function."""
        if self.session.is_aws and not self.region.area:
            self._stale = True
            return
        self.read()

    def read(self) -> None:
        """Read the triggers, also for a pane that nobody sees."""
        if self.session.backend is not None:
            self._stale = False
            self._in_thread("triggers", self.session.backend)

    def change(self, backend: Backend, make: Callable[[Backend], str]) -> None:
        """Make a change that the person agreed to for this target, which says what was done; then
        read everything again."""
        # Each is a job of its own: none may end another before that has told what came of it.
        self._in_thread(f"change {next(self._changes)}", backend, make)

    def _in_thread(
        self, group: str, backend: Backend, make: Callable[[Backend], str] = lambda backend: ""
    ) -> None:
        wanted = self._wanted(backend)

        def read(job: Job) -> Message:
            with backend.permitted():
                said = make(backend)
            if said:  # before anything is read: that may fail
                job.post(Say(said, "success"))
            now = time.monotonic()
            return self.Loaded(backend, wanted, now, backend.triggers.triggers(wanted))

        in_thread(self, group, read)

    def _wanted(self, backend: Backend) -> str | None:
        """The function whose triggers are asked for; None for those of all."""
        return None if backend.is_local or self._all else self.session.function

    def follow_function(self) -> None:
        """Another function was chosen."""
        if self.session.is_aws and not self._all:
            self._triggers = {}
            self.load()
        self._show()

    def forget(self) -> None:
        """Show nothing: the target changes."""
        stop(self, "triggers")
        stop(self, "fields")
        self._triggers, self._failures = {}, {}
        self._show()

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        backend = message.backend
        if backend is not self.session.backend or message.function != self._wanted(backend):
            return
        if message.read_at < self._loaded_at:
            return  # read before a change whose end is shown already
        self._loaded_at = message.read_at
        self._triggers = {each.id: each for each in message.triggers}
        self.hide_empty()
        self._show()
        if self.session.is_aws and any(state.endswith("ing") for state in self._states()):
            self.set_timer(_AGAIN_S, self.load)

    def failed(self, group: str, sentence: str) -> None:
        """Where nothing could be read the pane itself says why."""
        if group == "triggers":
            again = with_keys(self.app, "<triggers.reload> tries again.")
            self.show_empty(f"{sentence}\n\n{again}")
        super().failed(group, sentence)

    def source_changed(self, source: Mapping[str, Any]) -> None:
        """The local Lambda tells how a source is."""
        if self.session.is_aws:
            return
        if source["State"] == "Deleted":
            self._triggers.pop(str(source["Id"]), None)
        else:
            trigger = of_source(source)
            self._triggers[trigger.id] = trigger
        if self._soon is None:
            self._soon = self.set_timer(_TOGETHER_S, self._show_soon)

    def front_failed(self, message: FrontFailed) -> None:
        """A request to a front door failed, or its function is healthy or unhealthy now."""
        self._failures[message.front] = f"{clock(time.time())} {message.words}"
        if message.healthy is not None:
            self.load()
        self._show_about()

    def _states(self) -> list[str]:
        return [each.state for each in self._triggers.values() if each.uuid is not None]

    # -- showing --------------------------------------------------------------------------------

    def _show_soon(self) -> None:
        self._soon = None
        self._show()

    def _count_down(self) -> None:
        if self.region.area and any(t.stalls or t.next_run for t in self._triggers.values()):
            self._show()

    def _show(self) -> None:
        function, colors, now = self.session.function, palette(self), time.time()
        everything = self._all or function is None
        shown = [t for t in self._triggers.values() if everything or t.of(function or "")]
        shown.sort(key=_place)
        focused = self.has_focus or self.rows.body.has_focus
        self.rows.set_empty(self._nothing(function, everything))
        self.rows.set_rows([self._row(each, colors, now, everything) for each in shown])
        self.title = "Triggers · all functions" if everything and function else "Triggers"
        self.subtitle = self._summary(len(shown))
        self._show_about()
        if focused:  # a list without rows cannot have it
            self.focus_content()

    def _nothing(self, function: str | None, everything: bool) -> str:
        if everything:
            return (
                "Nothing invokes functions by itself yet: queues, streams, schedules and\n"
                "HTTP APIs of the template, or made with AWS's API, appear here."
            )
        others = len(self._triggers)
        known = f" (there {'is' if others == 1 else 'are'} {others})" if others else ""
        key = key_of(self.app, "triggers.all_functions")
        return (
            f"Nothing invokes {function} by itself.\n"
            f"{key} shows the triggers of all functions{known}."
        )

    def _summary(self, shown: int) -> str:
        stalled = sum(bool(each.stalls) for each in self._triggers.values())
        if stalled:
            return f"▲ {stalled} stalled"
        if self.session.is_aws and shown:
            return "AWS does not tell what its pollers do"
        return ""

    def _row(self, trigger: Trigger, colors: Palette, now: float, everything: bool) -> Row:
        name = Text(f"{kind_words(trigger.kind)} {trigger.name}")
        functions = ", ".join(trigger.functions)
        if everything or ":" in functions:
            name.append(f" → {functions}", colors[QUIET])
        glyph, word = state_words(trigger)
        state = Text(f"{glyph} {word}", colors[_STYLES.get(glyph, QUIET)])
        return Row(
            trigger.id,
            (name, state, Text(activity(trigger, now), colors[QUIET])),
            search=f"{kind_words(trigger.kind)}\n{trigger.name}\n{functions}\n{word}",
        )

    def _show_about(self) -> None:
        trigger = self.trigger
        lines = self.lines(trigger, time.time())[:_LINES] if trigger else []
        self._about.update("\n".join(lines))
        self._about.display = bool(lines)
        self._about.set_class(trigger is not None and bool(trigger.stalls), "-stalled")
        self.post_message(FooterChanged())

    def lines(self, trigger: Trigger, now: float) -> list[str]:
        """What there is to say beyond the row, the most urgent first."""
        lines = [stall_words(stall, now) for stall in trigger.stalls]
        if trigger.id in self._failures:
            lines.append(self._failures[trigger.id])
        lines += trigger.routes
        if trigger.detail:
            lines.append(trigger.detail)
        if trigger.arn and not trigger.is_front:
            lines.append(trigger.arn)
        return [safe(line) for line in lines]

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()
        self._show_about()

    def action_reload(self) -> None:
        """Read again."""
        self.read()

    def action_all_functions(self) -> None:
        """Show this function's triggers, or all."""
        self._all = not self._all
        if self.session.is_aws:
            self._triggers = {}
            self.read()
        self._show()

    def theme_changed(self) -> None:
        """The rows hold colours."""
        self._show()


def _place(trigger: Trigger) -> tuple[bool, bool, bool, str, str]:
    """Sorts polled sources before what pushes, then front doors, then permissions."""
    pushes = trigger.uuid is None
    return trigger.kind == "Policy", trigger.is_front, pushes, trigger.name, trigger.id
