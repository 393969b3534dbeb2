"""Which invocation a log event belongs to, and what its platform lines say of it.

A stream is the log of one execution environment, which runs one invocation after the other: what
comes between START and REPORT is the invocation's (lambda-facts §3.1; JSON format §3.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.aws.logs.report import parse_report
from workbench.aws.records import LogEvent, Report

_TEXT = re.compile(r"(START|END|REPORT) RequestId: (\S+)")
_JSON = re.compile(r'"type": ?"platform\.(\w+)"')
_REQUEST = re.compile(r'"requestId": ?"([^"]+)"')
_QUIET = ("initStart", "initRuntimeDone", "runtimeDone", "extension", "telemetrySubscription")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event belongs. `invocation` is "<request id> <epoch ms of its START>": a request id
    alone may stand for several attempts; "" when it belongs to none. `framing` events are those of
    the platform that say nothing but that the invocation began, ended and what it took."""

    invocation: str
    framing: bool


_NOWHERE = Place("", framing=False)
_NOISE = Place("", framing=True)


class Streams:
    """Follows the streams of a log group. Events are to be given in each stream's order."""

    def __init__(self) -> None:
        self._running: dict[str, Place] = {}

    def place(self, event: LogEvent) -> Place:
        """Where the next event of a stream belongs."""
        message = event.message
        if message.startswith(("START R", "END R", "REPORT R")):
            found = _TEXT.match(message)
            if found:
                return self._platform(event, found[1].lower(), found[2])
        elif message.startswith("INIT_START "):
            return _NOISE
        elif message.startswith('{"time"'):
            kind = _JSON.search(message, 0, 200)
            if kind:
                request = _REQUEST.search(message)
                return self._platform(event, kind[1], request[1] if request else "")
        return self._running.get(event.stream, _NOWHERE)

    def _platform(self, event: LogEvent, kind: str, request_id: str) -> Place:
        if kind == "start":
            self._running[event.stream] = Place(f"{request_id} {event.timestamp}", framing=False)
        running = self._running.get(event.stream)
        if running is None or not running.invocation.startswith(request_id):
            known = kind in _QUIET or kind in ("end", "report")
            return Place(request_id, framing=True) if known else _NOWHERE
        if kind == "report":
            del self._running[event.stream]
        framing = kind in ("start", "end", "report", *_QUIET)
        return Place(running.invocation, framing=True) if framing else running


def request_id_of(invocation: str) -> str:
    """The request id in `Place.invocation`."""
    return invocation.partition(" ")[0]


def report_of(messages: Iterable[str], invocation: str) -> Report | None:
    """What the platform's events of an invocation report, None until it does."""
    return parse_report("\n".join(messages), request_id_of(invocation))
