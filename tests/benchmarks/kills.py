"""`kill -9` of the server, of the services' process and of functions, each ten times, while orders
and readings come in: what is lost, comes twice, or comes out of order. Then twenty times of the
server while it accepts asynchronous events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.async_kills_lab import lost_of_accepted
from tests.benchmarks.measure import Row
from tests.kills_lab import FUNCTION, SERVER, SERVICES, Trial

KILLS = 10
KILLS_ACCEPTING = 20


def run(scratch: Path, notes: list[str]) -> Iterator[Row]:
    """The rows of `kills`."""
    trial = Trial(scratch, receives=10)
    with trial.running():
        for _ in range(KILLS):
            for what in (SERVER, SERVICES, FUNCTION):
                trial.kill(what)
        for found in trial.outcomes():
            notes.append(
                f"{found.source}: {found.sent} sent, {found.handled} handled, {found.put_aside} "
                f"put aside; {found.duplicates} handled again; {found.resent} sent again, because "
                "no answer came"
            )
            wrong = found.lost + found.out_of_order
            what = f"{found.source}, {3 * KILLS} kills: lost, out of order"
            yield Row(what, f"{found.lost}, {found.out_of_order}", bound="none", met=not wrong)
    accepting = scratch / "accepting"
    accepting.mkdir()
    accepted, lost = lost_of_accepted(accepting, KILLS_ACCEPTING)
    notes.append(f"Asynchronous events: {accepted} answered with 202")
    what = f"Asynchronous events, {KILLS_ACCEPTING} kills: not run, or not told of"
    yield Row(what, str(lost), bound="none", met=not lost)
