"""Figures that survive a machine that drifts: rounds in turn, medians of rounds, one table."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Samples = list[float]
"""Milliseconds, one per call."""


def percentile(samples: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of `samples` lie (nearest rank)."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True)
class Rounds:
    """Each contender's samples, round by round. Round i of one ran next to round i of the others.

    A figure is the median over the rounds, and a ratio the median of the rounds' own ratios: a
    round in which somebody else used the machine counts once, not with all its calls.
    """

    samples: Mapping[str, list[Samples]]

    def figure(self, name: str, share: float) -> float:
        """Milliseconds at `share` (0.5 is the median) for the contender called `name`."""
        return statistics.median(percentile(each, share) for each in self.samples[name])

    def ratio(self, name: str, peer: str, share: float) -> float:
        """How many times as long `name` takes as `peer`, at `share`."""
        pairs = zip(self.samples[name], self.samples[peer], strict=True)
        return statistics.median(
            percentile(ours, share) / percentile(theirs, share) for ours, theirs in pairs
        )


def in_turn(contenders: Mapping[str, Callable[[], Samples]], rounds: int) -> Rounds:
    """Run every contender once a round, the order turned round each time (AB, BA, AB …)."""
    samples: dict[str, list[Samples]] = {name: [] for name in contenders}
    order = list(contenders)
    # A collection of our own would be counted as somebody's slow answer.
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in order:
                samples[name].append(contenders[name]())
            order.reverse()
    finally:
        gc.enable()
    return Rounds(samples)


@dataclass(frozen=True)
class Row:
    """One line of the table. `met` is None where there is no bound, or no peer to hold it to."""

    what: str
    ours: str
    peer: str = "–"
    ratio: float | None = None
    bound: str = "–"
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        verdict = {True: "✓ met", False: "✗ missed", None: "–"}[self.met]
        return (self.what, self.ours, self.peer, ratio, self.bound, verdict)


def milliseconds(value: float) -> str:
    """`value` in ms, with the digits that mean something."""
    return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"


def ratio_row(
    what: str, rounds: Rounds, ours: str, peer: str, *, share: float = 0.5, at_most: float
) -> Row:
    """A row that holds `ours` to `at_most` times what `peer` takes."""
    ratio = rounds.ratio(ours, peer, share)
    return Row(
        what,
        milliseconds(rounds.figure(ours, share)),
        f"{milliseconds(rounds.figure(peer, share))} {peer}",
        ratio,
        f"≤ {at_most:g}×",
        ratio <= at_most,
    )


def limit_row(what: str, value: float, *, at_most: float, peer: str = "–") -> Row:
    """A row that holds `value` (ms) to `at_most` (ms). `peer` is for reading only."""
    return Row(
        what, milliseconds(value), peer, None, f"≤ {milliseconds(at_most)}", value <= at_most
    )


def peer_row(what: str, rounds: Rounds, peer: str, share: float = 0.5) -> Row:
    """A row with the peer alone, for a run without ours."""
    return Row(what, "not run", f"{milliseconds(rounds.figure(peer, share))} {peer}")


def table(rows: Sequence[Row]) -> str:
    """The rows as text, columns aligned."""
    cells = [("what", "ours", "peer", "ratio", "bound", "verdict"), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    cells.insert(1, tuple("─" * width for width in widths))
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
