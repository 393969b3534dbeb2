"""X-Ray traces on either target: one as a tree of spans, the last ones in short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.clients import Clients
from workbench.aws.errors import in_words
from workbench.aws.records import Target

_TRACE_ID = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}", re.IGNORECASE)

Document = Mapping[str, Any]


@dataclass(slots=True)
class Span:
    """One segment or subsegment. Times are epoch seconds; `end` is None while it runs.

    `kind` is the origin of a segment ("AWS::Lambda::Function"), or a subsegment's namespace: "aws"
    or "remote" for a call of another service, "local" or "" for a part of the program. `failures`
    are fault, error and throttle; `causes` say why, a line each.
    """

    name: str
    kind: str
    start: float
    end: float | None
    failures: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    children: list[Span] = field(default_factory=list)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Span]]:
        """(depth, span) of itself and all below it, in the order of their beginning."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole trace. `documents` are its segments as X-Ray has them."""

    id: str
    roots: tuple[Span, ...]
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A trace in short. `started` is epoch seconds, `duration` seconds."""

    id: str
    started: float
    duration: float
    entry: str
    failures: tuple[str, ...]


def trace_id_in(text: str) -> str | None:
    """The trace id in an id, a trace header or an XRAY log line."""
    found = _TRACE_ID.search(text)
    return found[0].lower() if found else None


def trace(target: Target, trace_id: str) -> Trace | None:
    """One trace, None when X-Ray has no segment of it (yet). Raises LambdaError."""
    client = Clients(target).service("xray")
    with in_words(target):
        pages = client.get_paginator("batch_get_traces").paginate(TraceIds=[trace_id])
        segments = [
            segment for page in pages for each in page["Traces"] for segment in each["Segments"]
        ]
    documents = [json.loads(segment["Document"]) for segment in segments]
    return Trace(trace_id, spans(documents), tuple(documents)) if documents else None


def recent(target: Target, start: float, end: float) -> Iterator[TraceSummary]:
    """The traces that began in a time (epoch seconds), page by page, as X-Ray lists them.

    Raises LambdaError.
    """
    pages = iter(
        Clients(target)
        .service("xray")
        .get_paginator("get_trace_summaries")
        .paginate(StartTime=start, EndTime=end)
    )
    while True:
        with in_words(target):
            page = next(pages, None)
        if page is None:
            return
        for each in page["TraceSummaries"]:
            yield _summary(each)


def spans(documents: Iterable[Document]) -> tuple[Span, ...]:
    """Segments as trees: each below the segment or subsegment its parent_id names."""
    by_id: dict[str, Span] = {}
    waiting: list[tuple[Document, str | None]] = [
        (document, document.get("parent_id")) for document in documents
    ]
    parents: dict[str, str | None] = {}
    while waiting:
        document, parent = waiting.pop(0)
        by_id[document["id"]] = _span(document)
        parents[document["id"]] = parent
        waiting += [(each, document["id"]) for each in document.get("subsegments") or ()]
    roots: list[Span] = []
    for id, span in by_id.items():
        above = by_id.get(parents[id] or "")
        (roots if above is None or above is span else above.children).append(span)
    for span in by_id.values():
        span.children.sort(key=lambda child: child.start)
    return tuple(sorted(roots, key=lambda root: root.start))


def _span(document: Document) -> Span:
    failures = tuple(each for each in ("fault", "error", "throttle") if document.get(each))
    cause = document.get("cause")  # X-Ray also takes the id of an exception told elsewhere
    exceptions = cause.get("exceptions") if isinstance(cause, dict) else None
    return Span(
        name=document["name"],
        kind=str(document.get("origin") or document.get("namespace") or ""),
        start=document["start_time"],
        end=document.get("end_time"),
        failures=failures,
        causes=tuple(_cause(each) for each in exceptions or () if isinstance(each, dict)),
    )


def _cause(exception: Document) -> str:
    words = ": ".join(str(exception[key]) for key in ("type", "message") if exception.get(key))
    stack = exception.get("stack")
    frame = stack[-1] if isinstance(stack, list) and stack else None
    where = ""
    if isinstance(frame, dict) and frame.get("path"):
        where = f" ({frame['path']}:{frame.get('line')})"
    return " ".join(words.split()) + where


def _summary(each: Document) -> TraceSummary:
    entry: Document = each.get("EntryPoint") or next(iter(each.get("ServiceIds", ())), {})
    failures = tuple(
        name for name in ("fault", "error", "throttle") if each.get(f"Has{name.capitalize()}")
    )
    started = each.get("StartTime")
    # AWS gives no StartTime for some traces; the id has the second in it.
    seconds = started.timestamp() if started else int(each["Id"].split("-")[1], 16)
    return TraceSummary(
        each["Id"], seconds, each.get("Duration", 0.0), entry.get("Name", ""), failures
    )
