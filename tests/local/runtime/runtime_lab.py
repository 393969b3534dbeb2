"""A real Runtime for each test, and a recorder that stands for the server around it."""

from __future__ import annotations

import asyncio
import itertools
import textwrap
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.local.runtime.records import (
    Completion,
    FunctionSpec,
    InvokeRequest,
    InvokeResult,
)
from workbench.local.runtime.runtime import Runtime, RuntimeConfig

ARN = "arn:aws:lambda:us-east-1:123456789012:function:fn"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"


class Recorder:
    """LogSink and Observer in one."""

    def __init__(self) -> None:
        self.events: list[tuple[int, str]] = []
        self.streams: set[tuple[str, str]] = set()
        self.states: list[str] = []
        self.notices: list[str] = []
        self.finished: list[Completion] = []
        self.on_line: Any = None

    def append(self, group: str, stream: str, events: list[tuple[int, str]]) -> None:
        self.events += events
        self.streams.add((group, stream))
        if self.on_line is not None:
            for _, message in events:
                self.on_line(message)

    def environment_changed(self, describe: Callable[[], Mapping[str, object]]) -> None:
        self.states.append(str(describe()["State"]))

    def invocation_started(self, spec: FunctionSpec, request: InvokeRequest) -> None: ...

    def invocation_throttled(self, spec: FunctionSpec, request: InvokeRequest) -> None: ...

    def invocation_finished(self, completion: Completion) -> None:
        self.finished.append(completion)

    def notice(self, function_name: str, message: str) -> None:
        self.notices.append(message)


class Lab:
    """Writes functions into a folder and invokes them."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "code"
        self.root.mkdir()
        self.recorder = Recorder()
        self.runtime = self.new_runtime(folder / "state")
        self._identities = itertools.count()

    def new_runtime(self, state: Path, **config: Any) -> Runtime:
        config.setdefault("standby", False)
        self.runtime = Runtime(RuntimeConfig(state, **config), self.recorder, self.recorder)
        return self.runtime

    @property
    def task_root(self) -> str:
        """The task root as functions see it; known after the first invocation."""
        return "/var/task" if self.runtime.file_systems == "private" else str(self.root)

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))
        return file

    def spec(self, handler: str = "app.handler", **more: Any) -> FunctionSpec:
        more.setdefault("runtime", "python3.11")
        more.setdefault("timeout", 20)
        more.setdefault("task_root", self.root)
        more.setdefault("version", "$LATEST")
        more.setdefault("identity", str(next(self._identities)))
        more.setdefault("name", "fn")
        return FunctionSpec(arn=ARN, handler=handler, **more)

    def python(self, text: str, **more: Any) -> FunctionSpec:
        self.write("app.py", text)
        return self.spec(**more)

    async def invoke(
        self, spec: FunctionSpec, payload: bytes = b"{}", **more: Any
    ) -> tuple[InvokeResult, Completion]:
        execution = self.runtime.invoke(spec, request(payload, **more))
        result = await execution.answered()
        return result, await execution.completed()


def request(payload: bytes = b"{}", **more: Any) -> InvokeRequest:
    more.setdefault("request_id", str(uuid.uuid4()))
    return InvokeRequest(payload=payload, invoked_arn=ARN, trace_header=TRACE, **more)


async def until(condition: Callable[[], object]) -> None:
    """Wait for what no event tells, with a limit."""
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0.005)
