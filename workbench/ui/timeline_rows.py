"""The timeline as lines of text: concurrency, and each function with its environments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.style import Style
from rich.text import Text

from workbench.aws.concurrency import FunctionConcurrency
from workbench.aws.records import Function
from workbench.project.cost import cost_of
from workbench.ui.activity import Activity, Phase, Row, Second
from workbench.ui.formats import BAD, GOOD, QUIET, STRONG, WARN, milliseconds
from workbench.ui.sparkline import sparkline
from workbench.ui.widgets.palette import Palette

_NAME = 16
_FIGURES = 23
_GLYPHS: Mapping[Phase, tuple[str, str]] = {
    "": (" ", QUIET),
    "init": ("▒", WARN),
    "invoke": ("█", GOOD),
    "ready": ("─", QUIET),
    "frozen": ("·", QUIET),
    "failed": ("!", BAD),
    "ended": ("×", BAD),
}
_WORDS: Mapping[Phase, str] = {
    "init": "▒ init (cold)",
    "invoke": "█ invoke",
    "ready": "─ waits",
    "frozen": "· frozen",
    "failed": "! reset",
    "ended": "× ended",
}
_KINDS = {"provisioned-concurrency": "prov.", "snap-start": "snap."}


@dataclass(frozen=True)
class Limits:
    """What else is known: the account's concurrency, that of functions, the queue's events."""

    account: int | None = None
    functions: Mapping[str, FunctionConcurrency] = field(default_factory=dict)
    queue: Sequence[Mapping[str, Any]] = ()
    queued: int | None = None
    """How many events wait; None while that is not known yet."""


def legend(colors: Palette) -> Text:
    """What the signs mean."""
    parts = [(words, colors[_GLYPHS[phase][1]]) for phase, words in _WORDS.items()]
    return Text("  ").join(Text(words, style=style) for words, style in parts)


def rows(
    activity: Activity,
    limits: Limits,
    functions: Mapping[str, Function],
    window: tuple[float, float],
    width: int,
    colors: Palette,
) -> list[Text]:
    """All lines for a time (epoch seconds) and a width in cells."""
    draw = _Drawing(activity, window, max(10, width - _NAME - _FIGURES - 2), colors)
    lines = [draw.axis(), *draw.whole(limits)]
    for name in activity.functions(window[0]):
        lines.append(Text(""))
        lines += draw.function(name, functions.get(name), limits)
    return lines


class _Drawing:
    def __init__(
        self, activity: Activity, window: tuple[float, float], count: int, colors: Palette
    ) -> None:
        self._activity = activity
        self._start, self._end = window
        self._count = count
        self._colors = colors

    def _line(self, name: str, drawn: Text | str, figures: str, style: str = "") -> Text:
        chart = drawn if isinstance(drawn, Text) else Text(drawn, style=self._style(style))
        text = Text(f"{_cut(name, _NAME):<{_NAME}} ", no_wrap=True, end="")
        text.append_text(chart)
        text.append(f" {figures}"[: _FIGURES + 1], self._colors[QUIET])
        return text

    def _style(self, name: str) -> Style:
        return self._colors[name] if name else Style()

    def axis(self) -> Text:
        """From when to when."""
        ago = self._end - self._start
        past = f"├ {ago / 60:.0f} min ago" if ago > 60 else "├ 1 min ago"
        now = "now ┤"
        return self._line("", past + " " * (self._count - len(past) - len(now)) + now, "", QUIET)

    def whole(self, limits: Limits) -> Iterator[Text]:
        """The account's lines: concurrency against its limit, throttles, what waits."""
        parts = self._activity.series(None, self._start, self._end, self._count)
        peaks = [part.peak for part in parts]
        limit = f" of {limits.account:,}" if limits.account else ""
        now = self._activity.running()
        yield self._line(
            "concurrency", sparkline(peaks), f"now {now}, most {max(peaks)}{limit}", STRONG
        )
        yield self._throttles(parts)
        retries = [each for each in limits.queue if each.get("Attempts")]
        waiting = {None: "…", 0: "empty"}.get(limits.queued, f"{limits.queued or 0:,} waiting")
        waiting += f", {len(retries):,} for a retry" if retries else ""
        text = Text(f"{'async queue':<{_NAME}} ", no_wrap=True, end="")
        text.append(waiting, self._style("" if retries else QUIET))
        for each in retries[:1]:
            due = max(0.0, float(each.get("Due") or 0) - self._end)
            words = f" · {each.get('FunctionName')}: attempt {int(each['Attempts']) + 1}"
            text.append(f"{words} in {due:.0f} s", self._colors[WARN])
        yield text

    def _throttles(self, parts: Sequence[Second], indent: str = "") -> Text:
        throttles = [part.throttles for part in parts]
        count = sum(throttles)
        figures = f"▲ {count:,} refused" if count else "none"
        return self._line(f"{indent}throttles", sparkline(throttles), figures, BAD)

    def function(self, name: str, known: Function | None, limits: Limits) -> Iterator[Text]:
        """A function's lines: its concurrency, sparklines, one line an environment."""
        parts = self._activity.series(name, self._start, self._end, self._count)
        title = Text(name, style="bold", no_wrap=True, end="")
        title.append(f"  {self._shares(name, limits)}", self._colors[QUIET])
        yield title
        finished = sum(part.finished for part in parts)
        if finished:
            yield from self._sparklines(parts, finished, known)
        if any(part.throttles for part in parts):
            yield self._throttles(parts, "  ")
        for row in self._activity.lives(name, self._start, self._end, self._count):
            yield self._environment(row)

    def _shares(self, name: str, limits: Limits) -> str:
        words = [f"{self._activity.running(name)} running"]
        share = limits.functions.get(name)
        if share is not None and share.reserved is not None:
            words.append(f"reserved {share.reserved}")
        for each in share.provisioned if share else ():
            ready = "" if each.status == "READY" else f" ({each.status})"
            words.append(f"provisioned {each.available}/{each.requested}:{each.qualifier}{ready}")
        cold = self._activity.cold_starts(name, self._start)
        if cold:
            words.append(f"{cold:,} cold")
        return " · ".join(words)

    def _sparklines(
        self, parts: Sequence[Second], finished: int, known: Function | None
    ) -> Iterator[Text]:
        durations = [part.duration / part.finished if part.finished else None for part in parts]
        average = sum(part.duration for part in parts) / finished
        yield self._line(
            "  duration", sparkline(durations), f"{milliseconds(average)}, {finished:,}×", STRONG
        )
        errors = [part.errors for part in parts]
        count = sum(errors)
        figures = f"✗ {count:,} failed" if count else "✓ none failed"
        yield self._line("  errors", sparkline(errors), figures, BAD)
        if known is not None:
            prices = [_price(part, known) for part in parts]
            yield self._line("  cost", sparkline(prices), f"${sum(prices):.7f}", WARN)

    def _environment(self, row: Row) -> Text:
        chart = Text(no_wrap=True, end="")
        for phase in row.phases:
            glyph, style = _GLYPHS[phase]
            chart.append(glyph, self._colors[style])
        kind = _KINDS.get(row.kind, "")
        version = "" if row.version == "$LATEST" else f"v{row.version} "
        name = f"  {version}{row.id[:6]} {kind}".rstrip()
        return self._line(name, chart, _WORDS.get(row.now, ""))


def _price(part: Second, function: Function) -> float:
    if not part.finished:
        return 0.0
    architecture = function.architectures[0] if function.architectures else None
    average = cost_of(
        round(part.billed / part.finished), function.memory_size, architecture,
        function.ephemeral_storage,
    )  # fmt: skip
    return average.total * part.finished


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
