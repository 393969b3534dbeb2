"""What the screen makes of the events of the local Lambda."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump

from workbench.project.records import Problem
from workbench.ui.keys import key_of
from workbench.ui.messages import (
    FrontFailed,
    FunctionsChanged,
    HeaderChanged,
    Installing,
    LocalLambdaLost,
    ProblemsChanged,
    Recorded,
    Reloaded,
    Say,
    SourceChanged,
)
from workbench.ui.session import Session
from workbench.ui.widgets.status_bar import Severity
from workbench.ui.work import Job, in_thread

_BAR = 20
_SOURCES = {".py", ".js", ".mjs", ".cjs"}
_TOGETHER_S = 0.1
_BURST_S = 0.5


class ServerEvents:
    """One method a kind; a kind it does not know is left alone. Tells `node` what follows."""

    def __init__(self, node: MessagePump, session: Session) -> None:
        self._node = node
        self._session = session
        self._notices: dict[str, str] = {}
        self._looked = 0.0

    def handle(self, kind: str, data: Mapping[str, Any]) -> None:
        """Deal with one event (kinds: `WorkbenchEvent`)."""
        method = getattr(self, f"_{kind}", None)
        if method is not None:
            method(data)

    def _disconnected(self, data: Mapping[str, Any]) -> None:
        self._node.post_message(LocalLambdaLost())

    def _status(self, data: Mapping[str, Any]) -> None:
        self._session.time_scale = float(data.get("TimeScale", 1))
        self._session.credentials = data.get("Credentials")
        self._node.post_message(HeaderChanged())

    def _source(self, data: Mapping[str, Any]) -> None:
        self._node.post_message(SourceChanged(data))

    def _front(self, data: Mapping[str, Any]) -> None:
        request = f"{data.get('Method')} {data.get('Path')} of {data.get('Name')}"
        words = f"{request} answered {data.get('Status')}: {data.get('Reason')}"
        healthy = data.get("Healthy")
        if healthy is not None:
            health = "healthy" if healthy else "unhealthy"
            words = f"{data.get('Name')} is {health}: {data.get('Reason')}"
        front = f"{data.get('Kind')} {data.get('Name')}"
        self._node.post_message(FrontFailed(front, words, healthy))

    def _functions(self, data: Mapping[str, Any]) -> None:
        self._node.post_message(FunctionsChanged())

    def _reload(self, data: Mapping[str, Any]) -> None:
        files = ", ".join(str(name) for name in data.get("Files", []))
        name, last = str(data.get("FunctionName", "")), self._session.last
        again = last is not None and last.function == name and not self._session.watching
        key = key_of(self._node.app, "screen.rerun")
        then = f" · {key} runs the same event again" if again else ""
        self._say(f"reloaded {files or name}{then}", "success", "⟳")
        if self._session.watching:
            self._watch(str(data.get("FunctionName", "")), [str(n) for n in data.get("Files", [])])

    def _watch(self, function: str, files: list[str]) -> None:
        """Invoke again, unless the save broke a file: then the last good answer stays."""
        source = self._session.source(function)

        def check(job: Job) -> Message | None:
            from workbench.project import syntax

            if source is not None:
                for name in files:
                    file = source.code / name
                    if file.suffix not in _SOURCES or not file.is_file():
                        continue
                    if syntax.check(file, source.runtime) is not None:
                        return None
            return Reloaded(function)

        in_thread(self._node, f"watch {function}", check)

    def _problems(self, data: Mapping[str, Any]) -> None:
        root = self._session.root
        self._session.problems = tuple(
            Problem(
                file=root / Path(str(each.get("File", ""))),
                message=str(each.get("Message", "")),
                line=each.get("Line"),
                column=each.get("Column"),
            )
            for each in data.get("Problems", [])
        )
        self._node.post_message(ProblemsChanged())

    def _dependencies(self, data: Mapping[str, Any]) -> None:
        name, detail = data.get("FunctionName", ""), str(data.get("Detail") or "")
        match data.get("State"):
            case "installing":
                fraction = data.get("Fraction")
                bar = ""
                if isinstance(fraction, int | float):
                    done = round(fraction * _BAR)
                    bar = f" {'█' * done}{'░' * (_BAR - done)} {fraction:.0%}"
                words = f"⇣ installing for {name}{bar} {detail}"
                self._node.post_message(Installing(words))
            case "failed":
                self._node.post_message(Installing(""))
                self._say(f"Dependencies of {name}: {detail}", "error")
            case _:
                self._node.post_message(Installing(""))
                self._say(f"The dependencies of {name} are installed.", "success")

    def _notice(self, data: Mapping[str, Any]) -> None:
        function, words = str(data.get("FunctionName", "")), str(data.get("Message", ""))
        if not function:  # it concerns all of them
            self._say(words, "warning")
            return
        self._notices[function] = words
        self.tell_notice(self._session.function)

    def tell_notice(self, function: str | None) -> None:
        """Say once what is particular about a function, when it is chosen."""
        words = self._notices.pop(function or "", None)
        if words is not None:
            self._say(words, "warning")

    def _invocation(self, data: Mapping[str, Any]) -> None:
        # In a burst what is shown of it is read again now and then, not at every end.
        again = time.monotonic() - self._looked < _BURST_S
        self._node.set_timer(_BURST_S if again else _TOGETHER_S, self._look_for_last)

    def _look_for_last(self) -> None:
        self._looked = time.monotonic()
        backend, last = self._session.backend, self._session.activity.take_finished()
        if last is None or backend is None:
            return
        function, request_id = last

        def wait(job: Job) -> Message:
            backend.wait_recorded(function, request_id, job.stop)
            return Recorded()

        in_thread(self._node, "recorded", wait)

    def _say(self, text: str, severity: Severity, glyph: str | None = None) -> None:
        self._node.post_message(Say(text, severity, glyph))
