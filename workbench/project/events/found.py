"""Events found in other text: a log line, what was copied, a Python dict that was printed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_OPENING = re.compile(r"[{\[]")
_MOST_TRIES = 20
_LONGEST_LITERAL = 1024 * 1024
_LINES_OF_ONE = 1_000
_LOG_MEMBERS = frozenset(("timestamp", "time", "level", "requestId", "AWSRequestId"))


@dataclass(frozen=True, slots=True)
class Found:
    """An event that was found in lines of text: where (line from 0), and its JSON."""

    line: int
    text: str


def event_in(text: str) -> str | None:
    """The event in a text, as JSON: the text itself, or the first object or array within it.

    Python's way of writing dicts is taken too. Of a structured log line (JSON with a level or a
    timestamp) it is the message, where that is JSON. None when there is nothing of the kind.
    """
    found = _first(text)
    return None if found is None else found[0]


def events_in_lines(lines: Iterable[str]) -> Iterator[Found]:
    """The events in the lines of a log, also those printed over several lines."""
    held = list(lines)
    at = 0
    while at < len(held):
        line = held[at]
        found = _first(line) if _OPENING.search(line) else None
        taken = 1
        if found is None and line.rstrip()[-1:] in ("{", "[", ","):
            found = _first("\n".join(held[at : at + _LINES_OF_ONE]))
            taken = found[1] + 1 if found else 1
        if found:
            yield Found(at, found[0])
        at += taken


def describe(event: Any) -> str:
    """What an event is, in a few words: `GET /orders`, `aws:sqs · 3 records`; "" when unknown."""
    if not isinstance(event, dict):
        return ""
    request = request_line(event)
    if request:
        return request
    records = event.get("Records") or event.get("records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        source = records[0].get("eventSource") or records[0].get("EventSource")
        count = f"{len(records)} record{'s' if len(records) > 1 else ''}"
        return f"{source} · {count}" if source else count
    source, kind = event.get("source"), event.get("detail-type")
    if isinstance(source, str) and isinstance(kind, str):
        return f"{source} · {kind}"
    return ""


def request_line(event: Any) -> str:
    """Method and path of an HTTP request's event (lambda-facts §8.3); "" when it is none."""
    if not isinstance(event, dict):
        return ""
    context = event.get("requestContext")
    if not isinstance(context, dict):
        return _edge_request(event)
    http = context.get("http")
    if isinstance(http, dict):
        return f"{http.get('method')} {http.get('path')}"
    if "httpMethod" in event:
        return f"{event['httpMethod']} {event.get('path', '')}"
    if "routeKey" in context and "connectionId" in context:
        return f"WebSocket {context['routeKey']}"
    return ""


def _edge_request(event: dict[str, Any]) -> str:
    try:
        request = event["Records"][0]["cf"]["request"]
        return f"{request['method']} {request['uri']}"
    except (KeyError, IndexError, TypeError):
        return ""


def _first(text: str) -> tuple[str, int] | None:
    """The event, and the number of line ends before its end."""
    decoder = json.JSONDecoder()
    for opening in list(_OPENING.finditer(text))[:_MOST_TRIES]:
        start = opening.start()
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            literal = _literal(text[start:])
            if literal is not None:
                return literal, text.count("\n")
            continue
        if value:  # an empty pair of brackets is rather part of a sentence
            return _of_log(value, text[start:end]), text.count("\n", 0, end)
    stripped = text.strip()
    return (stripped, text.count("\n")) if stripped in ("{}", "[]") else None


def _of_log(value: Any, text: str) -> str:
    if isinstance(value, dict) and _LOG_MEMBERS & value.keys():
        message = value.get("message", value.get("msg"))
        if isinstance(message, dict | list):
            return json.dumps(message, ensure_ascii=False)
        if isinstance(message, str):
            return event_in(message) or text
    return text


def _literal(text: str) -> str | None:
    """A Python dict or list at the beginning of a text, up to its last bracket, as JSON."""
    end = max(text.rfind("}"), text.rfind("]")) + 1
    if not end or end > _LONGEST_LITERAL or "'" not in text:
        return None
    try:
        value = ast.literal_eval(text[:end])
        return json.dumps(value, ensure_ascii=False) if value else None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
