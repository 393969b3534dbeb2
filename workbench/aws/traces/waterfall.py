"""A trace as lines of text: names, bars on one axis of time, durations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from workbench.aws.traces.traces import Span, Trace

_MOST_NAME = 40
_LEAST_BAR = 12
_TIME = 11  # columns of a duration
_WORDS = {"AWS::Lambda": "Lambda", "AWS::Lambda::Function": "function"}


def waterfall(trace: Trace, width: int) -> list[str]:
    """The lines, none wider than `width` (at least 60) but those that say why something failed."""
    rows = list(chain.from_iterable(root.walk() for root in trace.roots))
    start = min(span.start for _, span in rows)
    end = max(_end(span) for _, span in rows)
    names = [_name(depth, span) for depth, span in rows]
    column = min(_MOST_NAME, max(map(len, names)))
    bar = max(_LEAST_BAR, width - column - _TIME - 2)
    lines: list[str] = []
    failing: set[int] = set()  # depths at which the last span failed
    for (depth, span), name in zip(rows, names, strict=True):
        shown = name if len(name) <= column else name[: column - 1] + "…"
        drawn = _bar(span, start, end - start, bar)
        lines.append(f"{shown:<{column}} {drawn} {_duration(span):>{_TIME}}".rstrip())
        lines += _causes(depth, span, explained=depth - 1 in failing)
        failing = {each for each in failing if each < depth} | ({depth} if span.failures else set())
    return lines


def milliseconds(seconds: float) -> str:
    """A duration for people: 0.41 ms, 12.3 ms, 1,234 ms."""
    value = seconds * 1000
    digits = 2 if value < 10 else 1 if value < 1000 else 0
    return f"{value:,.{digits}f} ms"


def _name(depth: int, span: Span) -> str:
    kind = "" if span.kind == "local" else _WORDS.get(span.kind, span.kind)
    mark = "! " if span.failures else ""
    return "  " * depth + mark + span.name + (f" ({kind})" if kind else "")


def _duration(span: Span) -> str:
    return "running" if span.end is None else milliseconds(span.end - span.start)


def _bar(span: Span, start: float, whole: float, width: int) -> str:
    """The time of a span on the axis: at least one column."""
    scale = width / whole if whole > 0 else 0
    first = min(int((span.start - start) * scale), width - 1)
    last = max(first + 1, round((_end(span) - start) * scale))
    fill = "░" if span.end is None else "▓" if span.failures else "█"
    return (" " * first + fill * (last - first)).ljust(width)[:width]


def _causes(depth: int, span: Span, explained: bool) -> Iterator[str]:
    """Why it failed; nothing where the line above has told that it did and nothing is added."""
    indent = "  " * depth + "  "
    words = ", ".join(_FAILURES[each] for each in span.failures) or "cause"
    for cause in span.causes:
        yield f"{indent}{words}: {cause}"
    if span.failures and not span.causes and not explained:
        yield f"{indent}{words}"


_FAILURES = {"fault": "fault", "error": "error", "throttle": "throttled"}


def _end(span: Span) -> float:
    return span.start if span.end is None else span.end
