"""Compare: one event sent to versions, aliases and targets; what they answer, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from workbench.ui import keys
from workbench.ui import work as jobs
from workbench.ui.backend import Backend, Request
from workbench.ui.comparison import (
    Contender,
    Contest,
    Place,
    difference,
    places_of,
    row_of,
)
from workbench.ui.consent import Change, agreed
from workbench.ui.messages import Say
from workbench.ui.panes.result_changes import ChangesView
from workbench.ui.rounds import Answered, Rounds
from workbench.ui.screens.help import HelpScreen
from workbench.ui.session import Session
from workbench.ui.status import Status
from workbench.ui.target_picker import LOCAL, AwsChoice, choose_target
from workbench.ui.widgets.dialogs import Choose
from workbench.ui.widgets.fuzzy_list import Column, FuzzyList, Row
from workbench.ui.widgets.keys_help import keys_in_force
from workbench.ui.widgets.palette import palette
from workbench.ui.widgets.pane import Pane
from workbench.ui.widgets.status_bar import KeyFooter, Severity
from workbench.ui.work import Failed, Job, dialog, in_thread

Reach = Callable[[AwsChoice | None], Backend]
"""Connects to an AWS target, or (None) to the local Lambda. Blocks."""


class CompareScreen(Screen[None]):
    """Places above, the difference of the chosen one's answer from the base's below."""

    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("compare")]

    @dataclass
    class Places(Message):
        """The places of a target were read."""

        places: list[Place]
        at_first: bool

    @dataclass
    class Elsewhere(Message):
        """A target has no function of that name: which one is it there?"""

        backend: Backend
        names: list[str]

    @dataclass
    class Compared(Message):
        """How answers differ from the base's, by place."""

        number: int
        differences: dict[str, str]

    def __init__(self, session: Session, request: Request, reach: Reach) -> None:
        super().__init__()
        self._session = session
        self._request = request
        self._reach = reach
        self.contest = Contest()
        self.rounds = Rounds(self, self.contest)
        self._shown: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        request = self._request
        size = len(request.event.encode())
        yield Static(f"Compare · {request.function} · event of {size:,} bytes to …",
                     id="compare-what", markup=False)  # fmt: skip
        figures = [Column(title, right=True) for title in ("time", "init", "MB", "$/1 M")]
        yield Pane(
            FuzzyList(
                [Column("where", grows=False), Column("outcome"), *figures, Column("answer")],
                empty="Reading versions and aliases …",
            ),
            title="Where",
            id="compare-places",
        )
        yield Pane(ChangesView(self._session, id="compare-diff"), title="Answers",
                   id="compare-answers")  # fmt: skip
        yield Status(id="compare-status")
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(KeyFooter).set_keys(keys.of_screen("compare", keys.in_force(self.app)))
        self._show()
        self.rows.focus()
        backend = self._session.backend
        if backend is not None:
            self._read_places(lambda: backend, at_first=True)

    def on_unmount(self) -> None:
        jobs.stop(self)

    @property
    def rows(self) -> FuzzyList:
        """The list of places."""
        return self.query_one(FuzzyList)

    # -- places -----------------------------------------------------------------------------------

    def _read_places(self, reach: Callable[[], Backend], *, at_first: bool) -> None:
        function = self._request.function

        def read(job: Job) -> Message:
            backend = reach()
            if not at_first:
                names = [each.name for page in backend.functions() for each in page]
                if function not in names:
                    return self.Elsewhere(backend, names)
            return self.Places(places_of(backend, function), at_first)

        in_thread(self, "places", read)

    @on(Places)
    def _places(self, message: Places) -> None:
        self.contest.add(message.places)
        if message.at_first:
            self._choose_two()
        elif message.places and (first := self.contest.find(message.places[0].id)):
            first.chosen = True
        self._show()

    def _choose_two(self) -> None:
        """$LATEST, and what else is invoked: the qualifier in use, an alias, the newest version."""
        first, *others = self.contest.contenders
        first.chosen = True
        wanted = self._request.qualifier
        second = next((each for each in others if each.place.qualifier == wanted), None)
        if second is not None or others:
            (second or others[0]).chosen = True
            self._say(f"{self._key('invoke')} sends the event to what is chosen.")
        else:
            key = self._key("add_target")
            words = f"Only $LATEST is here: publish a version, or {key} adds a target."
            self._say(words, "warning")

    @dialog
    async def action_add_target(self) -> None:
        """Add the local Lambda or an AWS target."""
        choice = await choose_target(self.app)
        if choice is None:
            return
        reach, aws = self._reach, choice if isinstance(choice, AwsChoice) else None
        self._say("Reaching the local Lambda …" if choice == LOCAL else "Reaching AWS …")
        self._read_places(lambda: reach(aws), at_first=False)

    @on(Elsewhere)
    @dialog
    async def _elsewhere(self, message: Elsewhere) -> None:
        name = self._request.function
        # Deployed functions bear their stack's name around their own.
        alike = next((each for each in message.names if name.lower() in each.lower()), None)
        dialog = Choose(
            f"What is {name} called there?",
            [Row(each, (each,)) for each in message.names],
            highlighted=alike,
            empty="There are no functions there.",
        )
        choice = await self.app.push_screen_wait(dialog)
        if choice is not None:
            backend = message.backend
            in_thread(self, "places", lambda job: self.Places(places_of(backend, choice), False))

    def action_choose(self) -> None:
        """Send the event to the place under the cursor too, or not."""
        contender = self.contest.find(self.rows.highlighted)
        if contender is not None:
            contender.chosen = not contender.chosen
            self._show()

    def action_base(self) -> None:
        """Compare the others with the place under the cursor."""
        contender = self.contest.find(self.rows.highlighted)
        if contender is None or contender.invocation is None:
            self._say(f"It has not answered: {self._key('invoke')} sends the event.", "warning")
            return
        self.contest.base = contender.place.id
        self._compare()
        self._show()

    # -- invoking ---------------------------------------------------------------------------------

    def action_invoke(self) -> None:
        """Send the event to all that are chosen."""
        chosen = [each for each in self.contest.contenders if each.chosen]
        if self.rounds.running:
            key = self._key("cancel")
            self._say(f"Some have not answered yet: {key} stops waiting.", "warning")
        elif not chosen:
            self._say(f"Choose at least one with {self._key('choose')}.", "warning")
        else:
            self._ask_first(chosen)

    @dialog
    async def _ask_first(self, chosen: list[Contender]) -> None:
        permitted = set()
        size = len(self._request.event.encode())
        for contender in chosen:
            place = contender.place
            if place.backend.is_production(place.function):
                change = Change("Invoke", "Invoke", place.arn, [f"Send {size:,} bytes to"])
                if not await agreed(self.app, place.backend, place.function, change):
                    return
                permitted.add(place.id)
        self.rounds.start(self._request.event, chosen, permitted)
        self._shown = None
        self.query_one(Status).clear()
        self.query_one(ChangesView).clear()
        self._show()

    @on(Answered)
    def _answered(self, message: Answered) -> None:
        if not self.rounds.answered(message):
            return
        if message.failure:
            self._say(f"{message.place.short}: {message.failure}", "error")
        self._compare()
        self._show()

    def action_cancel(self) -> None:
        """Stop waiting for answers; on the local Lambda their environments are ended."""
        if self.rounds.cancel():
            self._show()
        else:
            self._say("Nothing is running.", "warning")

    # -- differences ------------------------------------------------------------------------------

    def _compare(self) -> None:
        """Work out, in a thread, how the answers differ from the base's."""
        base = self.contest.base_contender()
        if base is None:
            return
        texts = {each.place.id: each.payload for each in self.contest.contenders}
        first = texts.pop(base.place.id) or ""
        number = self.rounds.number
        ignored = tuple(self.query_one(ChangesView).ignored_by(self._function))

        def compare(job: Job) -> Message:
            words = {
                place: difference(first, text, ignored)
                for place, text in texts.items()
                if text is not None
            }
            return self.Compared(number, words)

        in_thread(self, "differences", compare)

    @property
    def _function(self) -> str:
        return self._request.function

    @on(Compared)
    def _compared(self, message: Compared) -> None:
        if message.number != self.rounds.number:
            return
        base = self.contest.base_contender()
        for each in self.contest.contenders:
            words = message.differences.get(each.place.id, "")
            each.difference = "◆ base" if each is base else words
        self._show()

    def action_ignore(self) -> None:
        """Leave the value under the cursor of the answers out of comparisons."""
        self.query_one(ChangesView).ignore_here()
        self._compare()

    def action_ignored(self) -> None:
        """What comparisons of this function leave out."""
        self.query_one(ChangesView).ask_ignored()

    @on(ChangesView.IgnoredChanged)
    def _ignored_changed(self) -> None:
        self._compare()

    # -- what is shown ----------------------------------------------------------------------------

    @on(FuzzyList.Highlighted)
    def _highlighted(self, message: FuzzyList.Highlighted) -> None:
        message.stop()
        self._show_difference()

    @on(FuzzyList.Selected)
    def _selected(self, message: FuzzyList.Selected) -> None:
        message.stop()
        self.query_one(ChangesView).focus()

    def _show(self) -> None:
        colors = palette(self.query_one("#compare-places"))
        several = len({each.place.target for each in self.contest.contenders}) > 1
        if self.contest.contenders:
            self.rows.set_rows(
                [row_of(each, colors, several=several) for each in self.contest.contenders]
            )
        chosen = sum(each.chosen for each in self.contest.contenders)
        self.query_one("#compare-places").styles.height = len(self.contest.contenders) + 3
        self.query_one(
            "#compare-places", Pane
        ).subtitle = f"{chosen} chosen · {self._key('choose')} chooses"
        self._show_difference()

    def _show_difference(self) -> None:
        """The answer of the place under the cursor beside the base's, each once."""
        base, other = self.contest.base_contender(), self.contest.find(self.rows.highlighted)
        pane = self.query_one("#compare-answers", Pane)
        if base is None or base.invocation is None:
            pane.title, pane.subtitle = "Answers", ""
            return
        if other is None or other is base or other.invocation is None:
            # On the base, or one without an answer: the first that can be compared.
            answered = (each for each in self.contest.contenders if each.invocation is not None)
            other = next((each for each in answered if each is not base), base)
        pair = (base.invocation.request_id, other.invocation.request_id if other.invocation else "")
        if pair == self._shown or other.invocation is None:
            return
        self._shown = pair
        old, new = base.place.short, other.place.short
        if base.place.target != other.place.target:
            old, new = f"{base.place.target} {old}", f"{other.place.target} {new}"
        pane.title = f"Answer of {old}" if other is base else f"Answers · {old} → {new}"
        payloads = (base.invocation.payload, other.invocation.payload)
        self.query_one(ChangesView).show(self._function, *payloads, old, new)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.details:
            self.log.error(message.details)
        self._say(message.sentence, "error")

    @on(Say)
    def _told(self, message: Say) -> None:
        message.stop()
        self._say(keys.with_keys(self.app, message.text), message.severity)

    def _say(self, text: str, severity: Severity = "info") -> None:
        self.query_one(Status).say(text, severity)

    def _key(self, action: str) -> str:
        return keys.key_of(self.app, f"compare.{action}")

    def action_help(self) -> None:
        """The keys of this screen."""
        here = keys_in_force(self, {key.id for key in keys.in_force(self.app)})
        self.app.push_screen(HelpScreen(self.app, "compare", here, ()))

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)
