"""Segment documents as SDKs and Lambda send them: checked, and put together to traces."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

MAX_DOCUMENT = 64 * 1024
_TRACE_ID = re.compile(r"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}")
_ID = re.compile(r"[0-9a-fA-F]{16}")


class BadSegment(ValueError):
    """X-Ray takes no such document. `code` is X-Ray's, `id` the segment's as far as known."""

    def __init__(self, code: str, id: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.id = id


@dataclass(frozen=True, slots=True)
class Segment:
    """A document that was checked, with what it is found by. `start` is epoch seconds."""

    trace_id: str
    id: str
    start: float
    document: Document


def parse(text: str | bytes) -> Segment:
    """A segment, or a subsegment sent by itself. Raises BadSegment."""
    if len(text) > MAX_DOCUMENT:
        raise BadSegment("DocumentTooLarge")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise BadSegment("ParseError") from None
    if not isinstance(document, dict):
        raise BadSegment("ParseError")
    return checked(document)


def checked(document: Document) -> Segment:
    """The document as a segment. Raises BadSegment."""
    id, trace_id = document.get("id"), document.get("trace_id")
    _check_part(document)
    assert isinstance(id, str)
    if not isinstance(trace_id, str) or not _TRACE_ID.fullmatch(trace_id):
        raise BadSegment("InvalidTraceId", id)
    if not document.get("in_progress") and not _is_time(document.get("end_time")):
        raise BadSegment("InvalidEndTime", id)
    parent_id = document.get("parent_id")
    if parent_id is None:
        if document.get("type") == "subsegment":
            raise BadSegment("InvalidParentId", id)
    elif not isinstance(parent_id, str) or not _ID.fullmatch(parent_id):
        raise BadSegment("InvalidParentId", id)
    waiting = _subsegments(document)
    while waiting:
        part = waiting.pop()
        _check_part(part)
        waiting += _subsegments(part)
    return Segment(trace_id, id, float(document["start_time"]), document)


def _check_part(part: Document) -> None:
    """What segments and the subsegments inside them must have alike."""
    id = part.get("id")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise BadSegment("InvalidId", id if isinstance(id, str) else None)
    if not isinstance(part.get("name"), str) or not part["name"]:
        raise BadSegment("InvalidName", id)
    if not _is_time(part.get("start_time")):
        raise BadSegment("InvalidStartTime", id)
    if part.get("end_time") is not None and not _is_time(part["end_time"]):
        raise BadSegment("InvalidEndTime", id)
    for member in ("annotations", "aws", "http"):
        if not isinstance(part.get(member) or {}, dict):
            raise BadSegment(f"Invalid{member.capitalize()}", id)


def _subsegments(part: Document) -> list[Document]:
    found = part.get("subsegments") or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise BadSegment("InvalidSubsegments", part.get("id"))
    return list(found)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11


def assembled(documents: Iterable[Document]) -> list[Document]:
    """The segments of one trace by their beginning, each with the subsegments that were sent by
    themselves in the place their parent_id names."""
    all_documents = [copy.deepcopy(document) for document in documents]
    places = {each["id"]: each for document in all_documents for each in walk(document)}
    segments: list[Document] = []
    for document in all_documents:
        parent = places.get(document.get("parent_id", ""))
        is_part = document.get("type") == "subsegment" and parent is not None
        if not is_part or parent is None or any(each is parent for each in walk(document)):
            segments.append(document)
            continue
        kept = [
            each for each in parent.get("subsegments") or () if each.get("id") != document["id"]
        ]
        parent["subsegments"] = sorted([*kept, document], key=_start)
    return sorted(segments, key=_start)


def walk(document: Document) -> Iterator[Document]:
    """The document and all its subsegments."""
    waiting = [document]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(each.get("subsegments") or [])


def _start(document: Document) -> float:
    return float(document["start_time"])
