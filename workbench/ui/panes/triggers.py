"""Pane 7: what invokes functions, how that goes, and what can be done about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from workbench.aws.triggers.client import why_not_paused, why_not_redriven
from workbench.aws.triggers.messages import MessageField, fields, why_not_tested
from workbench.aws.triggers.trigger import Trigger, of_source
from workbench.aws.triggers.words import activity, kind_words, stall_words, state_words
from workbench.ui.backend import Backend
from workbench.ui.consent import Change, agreed
from workbench.ui.formats import BAD, GOOD, QUIET, WARN, clock
from workbench.ui.keys import key_of, with_keys
from workbench.ui.messages import FooterChanged, FrontFailed
from workbench.ui.panes.base import WorkbenchPane
from workbench.ui.session import Session
from workbench.ui.terminal.browser import open_in_browser
from workbench.ui.widgets.dialogs import Message as MessageDialog
from workbench.ui.widgets.form import Field, FormDialog
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.palette import Palette, palette
from workbench.ui.widgets.safe_text import safe
from workbench.ui.work import Job, in_thread

_TOGETHER_S = 0.1  # pollers tell several times a second how far they are
_COUNT_S = 1.0  # times to the next try and the next run are counted down
_AGAIN_S = 2.0  # AWS does not tell when a transition is over
_STYLES = {"●": GOOD, "▲": BAD, "◌": WARN}
_LINES = 4  # of what is said about the trigger under the cursor


class TriggersPane(WorkbenchPane):
    """A row for each trigger, and below what there is to say about the one under the cursor."""

    scope = "triggers"
    DEFAULT_CSS = f"""
    TriggersPane > #about {{
        height: auto; max-height: {_LINES}; padding: 0 1; color: $text-muted;
    }}
    TriggersPane > #about.-stalled {{ color: $text-warning; }}
    """

    @dataclass
    class Loaded(Message):
        """The triggers were read: those of one function, or of all; `say` is what was done."""

        backend: Backend
        function: str | None
        triggers: list[Trigger]
        say: str = ""

    @dataclass
    class Asked(Message):
        """What a test message for a trigger takes is known."""

        trigger: Trigger
        fields: list[MessageField]

    def __init__(self, session: Session) -> None:
        super().__init__(session, number=7, title="Triggers")
        self._all = False
        self._triggers: dict[str, Trigger] = {}
        self._failures: dict[str, str] = {}
        self._stale = True
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
        self._change(None)

    def _change(self, change: Callable[[Backend], str] | None) -> None:
        """Make a change, which says what was done, then read everything again."""
        backend, function = self.session.backend, self.session.function
        if backend is None:
            return
        self._stale = False
        wanted = None if backend.is_local or self._all else function
        group = "triggers" if change is None else "change"

        def read(job: Job) -> Message:
            said = ""
            if change is not None:
                with backend.permitted():
                    said = change(backend)
            return self.Loaded(backend, wanted, backend.triggers.triggers(wanted), said)

        in_thread(self, group, read)

    def follow_function(self) -> None:
        """Another function was chosen."""
        if self.session.is_aws and not self._all:
            self._triggers = {}
            self.load()
        self._show()

    def forget(self) -> None:
        """Show nothing: the target changes."""
        self._triggers, self._failures = {}, {}
        self._show()

    @on(Loaded)
    def _loaded(self, message: Loaded) -> None:
        if message.say:
            self.say(message.say, "success")
        wanted = None if message.backend.is_local or self._all else self.session.function
        if message.backend is not self.session.backend or message.function != wanted:
            return
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
        lines = self._lines(trigger, time.time())[:_LINES] if trigger else []
        self._about.update("\n".join(lines))
        self._about.display = bool(lines)
        self._about.set_class(trigger is not None and bool(trigger.stalls), "-stalled")
        self.post_message(FooterChanged())

    def _lines(self, trigger: Trigger, now: float) -> list[str]:
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

    def theme_changed(self) -> None:
        """The rows hold colours."""
        self._show()

    # -- keys -----------------------------------------------------------------------------------

    def why_not(self, action: str) -> str | None:
        """Everything but reading needs a trigger, most a certain kind of it."""
        if action in ("all_functions", "reload"):
            return None
        trigger = self.trigger
        if trigger is None:
            return (
                "There is no trigger here; <triggers.all_functions> shows those of all functions."
            )
        match action:
            case "pause":
                return why_not_paused(trigger)
            case "test":
                return why_not_tested(trigger)
            case "redrive":
                return why_not_redriven(trigger)
            case "open_url":
                return (
                    None if trigger.url else f"{kind_words(trigger.kind)} has no address to open."
                )
        return None

    def calls_for(self) -> Sequence[str]:
        """A front door is opened, or its address taken."""
        trigger = self.trigger
        return ("triggers.open_url", "pane.copy") if trigger and trigger.is_front else ()

    def has_no_use_for(self) -> Container[str]:
        """What cannot be done with the trigger under the cursor."""
        if self.trigger is None:
            return ()
        return {f"triggers.{each}" for each in ("pause", "test", "redrive") if self.why_not(each)}

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.action_details()

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()
        self._show_about()

    def action_details(self) -> None:
        """Tell all that is known of the trigger."""
        trigger = self.trigger
        if not self.allowed("details") or trigger is None:
            return
        now = time.time()
        lines = [
            f"{' '.join(state_words(trigger))} · invokes {', '.join(trigger.functions)}",
            activity(trigger, now),
            trigger.last_result or "",
            "",
            *self._lines(trigger, now),
            f"UUID {trigger.uuid}" if trigger.uuid else "",
        ]
        title = f"{kind_words(trigger.kind)} {trigger.name}"
        body = list(dict.fromkeys(line for line in lines if line))
        self.app.push_screen(MessageDialog(title, body))

    def action_reload(self) -> None:
        """Read again."""
        self._change(None)

    def action_all_functions(self) -> None:
        """Show this function's triggers, or all."""
        self._all = not self._all
        if self.session.is_aws:
            self._triggers = {}
            self._change(None)
        self._show()

    async def _ask_aws(self, title: str, words: str, action: str, trigger: Trigger) -> bool:
        """On AWS every change is asked for with what it concerns."""
        named = [trigger.arn or trigger.name, *([f"UUID {trigger.uuid}"] if trigger.uuid else [])]
        function = next(iter(trigger.functions), "")
        change = Change(title, action, "\n".join(named), [words])
        return await agreed(self.app, self.session.backend, function, change)

    @work(exclusive=True, group="dialog")
    async def action_pause(self) -> None:
        """Pause it, or resume it."""
        trigger = self.trigger
        if not self.allowed("pause") or trigger is None:
            return
        enabled = trigger.state == "Disabled"
        word = "Resume" if enabled else "Pause"
        whom = ", ".join(trigger.functions) or "The function"
        words = f"{whom} is {'again' if enabled else 'no longer'} invoked by"
        if await self._ask_aws(f"{word} {trigger.name}", words, word, trigger):

            def change(backend: Backend) -> str:
                backend.triggers.set_enabled(trigger, enabled)
                again = "" if enabled else ": <triggers.pause> resumes"
                return f"{word}d {trigger.name}{again}."

            self._change(change)

    def action_test(self) -> None:
        """Send a test message."""
        trigger, backend = self.trigger, self.session.backend
        if not self.allowed("test") or trigger is None or backend is None:
            return

        def ask(job: Job) -> Message:
            keys = backend.triggers.key_names(trigger) if trigger.kind == "DynamoDB" else ()
            return self.Asked(trigger, fields(trigger, keys))

        in_thread(self, "fields", ask)

    @on(Asked)
    def _asked(self, message: Asked) -> None:
        self._send(message.trigger, message.fields)

    @work(exclusive=True, group="dialog")
    async def _send(self, trigger: Trigger, wanted: list[MessageField]) -> None:
        title = f"Test message for {kind_words(trigger.kind)} {trigger.name}"
        form = [Field(f.name, f.label, f.kind, f.default, f.help) for f in wanted]
        values = await self.app.push_screen_wait(FormDialog(title, form, submit="Send"))
        if values is not None and await self._ask_aws(title, "Send it to", "Send", trigger):
            self._change(lambda backend: backend.triggers.send(trigger, values))

    @work(exclusive=True, group="dialog")
    async def action_redrive(self) -> None:
        """Move the dead-letter queue's messages back."""
        trigger = self.trigger
        if not self.allowed("redrive") or trigger is None:
            return
        words = "Move all messages of its dead-letter queue back into"
        if await self._ask_aws(f"Redrive {trigger.name}", words, "Redrive", trigger):
            self._change(lambda backend: backend.triggers.redrive(trigger))

    def action_open_url(self) -> None:
        """Open the address."""
        trigger = self.trigger
        if self.allowed("open_url") and trigger is not None and trigger.url is not None:
            open_in_browser(self, trigger.page or trigger.url)

    def copy_text(self) -> tuple[str, str] | None:
        """The address of a front door, the ARN of anything else."""
        trigger = self.trigger
        if trigger is None:
            return None
        if trigger.url is not None:
            return "the address", trigger.url
        return ("the ARN", trigger.arn) if trigger.arn else ("the statement", trigger.detail)


def _place(trigger: Trigger) -> tuple[bool, bool, bool, str, str]:
    """Sorts polled sources before what pushes, then front doors, then permissions."""
    pushes = trigger.uuid is None
    return trigger.kind == "Policy", trigger.is_front, pushes, trigger.name, trigger.id
