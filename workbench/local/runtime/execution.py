"""One invocation under way, as its caller sees it: first the answer, later the whole story."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.local.runtime.records import Completion, FunctionSpec, InvokeRequest, InvokeResult


class Execution:
    """What `Runtime.invoke` returns. Belongs to the event loop's thread.

    `result` is there as soon as the function has answered; `completion` once its END and REPORT
    lines are written, which is after the answer went out. Both are None until then. `spillover`
    says that it found no free environment of its version's provisioned concurrency. Callbacks
    rather than futures: a warm invocation costs no task and no extra turn of the loop.
    """

    __slots__ = (
        "_on_completion", "_on_result", "completion", "request", "result", "spec", "spillover",
    )  # fmt: skip

    def __init__(self, spec: FunctionSpec, request: InvokeRequest) -> None:
        self.spec = spec
        self.request = request
        self.spillover = False
        self.result: InvokeResult | None = None
        self.completion: Completion | None = None
        self._on_result: Callable[[InvokeResult], None] | None = None
        self._on_completion: list[Callable[[Completion], None]] = []

    def on_result(self, callback: Callable[[InvokeResult], None]) -> None:
        """Call `callback` once with the answer, at once if it is there. One callback at most."""
        if self.result is not None:
            callback(self.result)
        else:
            self._on_result = callback

    def on_completion(self, callback: Callable[[Completion], None]) -> None:
        """Call `callback` once with the completion, at once if it is there."""
        if self.completion is not None:
            callback(self.completion)
        else:
            self._on_completion.append(callback)

    async def answered(self) -> InvokeResult:
        """Wait for the answer."""
        future: asyncio.Future[InvokeResult] = asyncio.get_running_loop().create_future()
        self.on_result(lambda result: None if future.done() else future.set_result(result))
        return await future

    async def completed(self) -> Completion:
        """Wait for the completion."""
        future: asyncio.Future[Completion] = asyncio.get_running_loop().create_future()
        self.on_completion(lambda done: None if future.done() else future.set_result(done))
        return await future

    def answer(self, result: InvokeResult) -> None:
        """For the runtime: give the answer."""
        self.result = result
        if self._on_result is not None:
            self._on_result(result)

    def complete(self, completion: Completion) -> None:
        """For the runtime: give the completion."""
        self.completion = completion
        for callback in self._on_completion:
            callback(completion)
