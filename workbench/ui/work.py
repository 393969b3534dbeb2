"""Blocking work in threads that answer with messages.

Textual's own thread workers run in asyncio's executor: six threads on two cores, and quitting
waits for every one of them. An invocation may take 15 minutes, so ours are daemon threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from textual import work
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import Worker

T = TypeVar("T")
N = TypeVar("N", bound=DOMNode)
P = ParamSpec("P")


@dataclass
class Failed(Message):
    """A job did not come to its end. `group` names it; `sentence` is for the person."""

    group: str
    sentence: str
    details: str = ""


class Job:
    """One thread's work. `stop` is set when nobody wants the answer any more."""

    def __init__(self, node: MessagePump, group: str) -> None:
        self.group = group
        self.stop = threading.Event()
        self._node = node

    def post(self, message: Message) -> None:
        """Send a message to the node that started the job.

        Once the job was stopped none is dealt with, also none that was under way: it would tell of
        a target, function or text that the person has left.
        """
        if not self.stop.is_set():
            self._node.call_later(self._deliver, message)

    async def _deliver(self, message: Message) -> None:
        # In the node's own turn, and at once: a message posted from here would wait behind others.
        if not self.stop.is_set():
            await self._node._dispatch_message(message)

    def end(self) -> None:
        """Nothing more will be posted: when all that was is dealt with, the job is forgotten."""
        self._node.call_later(self._forget)

    def _forget(self) -> None:
        jobs = _running.get(self._node, {})
        if jobs.get(self.group) is self:
            del jobs[self.group]


_running: WeakKeyDictionary[MessagePump, dict[str, Job]] = WeakKeyDictionary()
"""The jobs of each node by their groups. For the UI thread only."""


def in_thread(node: MessagePump, group: str, do: Callable[[Job], Message | None]) -> Job:
    """Run `do(job)` in a thread; the message it returns is posted to `node`.

    It may post others on its way with `job.post`. The job before of the same node and group is
    told to stop. An exception becomes `Failed`.
    """
    jobs = _running.setdefault(node, {})
    if group in jobs:
        jobs[group].stop.set()
    job = jobs[group] = Job(node, group)

    def run() -> None:
        try:
            message = do(job)
        except Exception as error:
            # Whatever it is, it belongs on the screen, not in a dead thread.
            message = failure(group, error)
        if message is not None:
            job.post(message)
        job.end()

    threading.Thread(target=run, name=f"workbench-{group}", daemon=True).start()
    return job


async def in_background(call: Callable[[], T]) -> T:
    """Wait for a blocking call in a thread; returns what it returns, raises what it raises."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if future.done():  # nobody waits any more
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = call()
        except Exception as caught:  # raised again where it is waited for
            error = caught
        # The screen may have been left meanwhile.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="workbench-background", daemon=True).start()
    return await future


def dialog(
    ask: Callable[Concatenate[N, P], Coroutine[None, None, None]],
) -> Callable[Concatenate[N, P], Worker[None]]:
    """Decorates a method that asks the person something: it runs in a worker, as it waits for the
    answer, one at a time of its node. An exception becomes `Failed`."""

    @wraps(ask)
    async def asking(node: N, /, *args: P.args, **options: P.kwargs) -> None:
        try:
            await ask(node, *args, **options)
        except Exception as error:
            # Out of a worker it would end the whole screen.
            node.post_message(failure("dialog", error))

    return work(asking, exclusive=True, group="dialog")


def stop(node: MessagePump, group: str | None = None) -> None:
    """Tell the node's job of a group, or all its jobs, to stop. Does not wait for them."""
    for name, job in _running.get(node, {}).items():
        if group in (None, name):
            job.stop.set()


def failure(group: str, error: Exception) -> Failed:
    """What to tell a person about an exception: our own errors are sentences already."""
    if type(error).__module__.startswith("workbench."):
        return Failed(group, str(error))
    details = "".join(traceback.format_exception(error))
    return Failed(group, f"Unexpected {type(error).__name__}: {error}", details)
