"""What happens, told to everyone who listens: the events behind `GET /_workbench/events`.

An event is a kind and a JSON object with PascalCase keys. Kinds: `functions`, `reload`,
`problems`, `dependencies`, `environment`, `invocation`, `source`, `notice`, and `front` for a
request to a front door that failed (Kind, Name, Method, Path, Status, FunctionName, Reason). A
listener that does not read loses its oldest events rather than holding anything up; `problems` and
notices can be read again as state, so a late or slow listener misses nothing that lasts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

BACKLOG = 10_000  # events kept for a listener that is behind


class Broadcaster:
    """Fans events out to any number of listeners. All calls belong to the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self.problems: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []

    @property
    def listening(self) -> int:
        """How many listeners are connected; a screen is one."""
        return len(self._listeners)

    def send(self, kind: str, data: Mapping[str, object]) -> None:
        """Tell every listener; costs nothing when there is none."""
        if not self._listeners:
            return
        frame = f"event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
        for queue in self._listeners:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(frame)

    def set_problems(self, problems: list[dict[str, Any]]) -> None:
        """Replace the list of problems, telling listeners only when it changed."""
        if problems != self.problems:
            self.problems = problems
            self.send("problems", {"Problems": problems})

    def notice(self, function_name: str, message: str) -> None:
        """Tell a sentence once; it stays readable in `GET /_workbench/status`."""
        entry = {"FunctionName": function_name, "Message": message}
        if entry not in self.notices:
            self.notices.append(entry)
            self.send("notice", entry)

    def listen(self) -> asyncio.Queue[bytes]:
        """A queue of ready SSE frames; give it back with `leave`."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(BACKLOG)
        self._listeners.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[bytes]) -> None:
        """This listener hears nothing any more."""
        self._listeners.discard(queue)
