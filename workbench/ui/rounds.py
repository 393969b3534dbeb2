"""The rounds of a comparison: an event is sent to all places that are chosen, again and again."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Container, Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.message_pump import MessagePump

from workbench.aws.records import Invocation
from workbench.ui import work
from workbench.ui.backend import Backend, Request
from workbench.ui.comparison import Contender, Contest, Place, price_of
from workbench.ui.messages import Say
from workbench.ui.work import Job, failure, in_thread


@dataclass
class Answered(Message):
    """A place answered in a round, or why it did not."""

    number: int
    place: Place
    invocation: Invocation | None
    price: float | None = None
    failure: str = ""


class Rounds:
    """Sends the event, one target beside the other; `node` gets Answered from each place."""

    def __init__(self, node: MessagePump, contest: Contest) -> None:
        self._node = node
        self._contest = contest
        self._tokens: list[tuple[Backend, str]] = []
        self.number = 0
        """Of the last round: answers of earlier ones come too late."""

    @property
    def running(self) -> list[Contender]:
        """Those that have not answered yet."""
        return [each for each in self._contest.contenders if each.running]

    def start(self, event: str, chosen: Sequence[Contender], permitted: Container[str]) -> None:
        """Send an event to the chosen; `permitted` are the ids of places in production that the
        person agreed to."""
        self.number += 1
        self._tokens = []
        by_target: dict[str, list[Place]] = {}
        for contender in self._contest.contenders:
            contender.invocation, contender.failure, contender.difference = None, "", ""
            contender.running = contender in chosen
            if contender.running:
                target = contender.place.backend.target.key
                by_target.setdefault(target, []).append(contender.place)
        for target, places in by_target.items():
            self._invoke_in_turn(target, event, places, permitted)

    def _invoke_in_turn(
        self, target: str, event: str, places: list[Place], permitted: Container[str]
    ) -> None:
        """One after the other, so that they do not slow each other down."""
        number = self.number
        tokens = [str(uuid.uuid4()) for _ in places]
        self._tokens += [
            (place.backend, token) for place, token in zip(places, tokens, strict=True)
        ]

        def run(job: Job) -> Message | None:
            for place, token in zip(places, tokens, strict=True):
                if job.stop.is_set():
                    return None
                request = Request(place.function, event, place.qualifier)
                allowed = place.id in permitted
                try:
                    with place.backend.permitted() if allowed else contextlib.nullcontext():
                        invocation = place.backend.invoke(request, token)
                    function = place.backend.client.function(place.function, place.qualifier)
                except Exception as error:
                    # It belongs beside this place, and the others go on.
                    words = failure("", error).sentence
                    job.post(Answered(number, place, None, failure=words))
                else:
                    price = price_of(invocation, function)
                    job.post(Answered(number, place, invocation, price))
            return None

        in_thread(self._node, f"invoke {target}", run)

    def answered(self, message: Answered) -> bool:
        """Take an answer in; False when nobody waits for it any more."""
        contender = self._contest.find(message.place.id)
        if message.number != self.number or contender is None or not contender.running:
            return False
        contender.running = False
        contender.invocation, contender.price = message.invocation, message.price
        contender.failure = message.failure
        return True

    def cancel(self) -> bool:
        """Wait for no answer any more; the environments of the local Lambda are ended. False when
        nothing runs."""
        waiting, tokens = self.running, self._tokens
        if not waiting:
            return False
        for each in waiting:
            each.running, each.failure = False, "Cancelled."
            work.stop(self._node, f"invoke {each.place.backend.target.key}")

        def cancel(job: Job) -> Message:
            for backend, token in tokens:
                backend.cancel(token)
            return Say("Cancelled.")

        in_thread(self._node, "cancel", cancel)
        return True
