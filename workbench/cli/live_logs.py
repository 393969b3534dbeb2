"""An invocation's log lines on stderr while it runs."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from workbench.cli.output import note

if TYPE_CHECKING:
    from workbench.aws.records import Invocation, Target

# How long after the answer its REPORT line may take. A queued event may have to wait its turn.
_LOCAL_SECONDS, _AWS_SECONDS, _EVENT_SECONDS = 5.0, 15.0, 960.0


class LiveLogs:
    """Prints a log group's new events on stderr for the length of the block."""

    def __init__(self, target: Target, group: str) -> None:
        self._target = target
        self._group = group
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._printed = ""
        self._over = False

    def __enter__(self) -> LiveLogs:
        # Here and not in the thread: the function may be done before that gets to run.
        since = int(time.time() * 1000)
        threading.Thread(target=self._follow, args=(since,), name="logs", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Not joined: it may be waiting for AWS. What it is handed from now on is not printed.
        self._stop.set()

    def until_report_of(self, invocation: Invocation) -> None:
        """Wait until the invocation's REPORT is printed; print its log tail if it never comes."""
        limit = _LOCAL_SECONDS if self._target.kind == "local" else _AWS_SECONDS
        if invocation.status_code == 202:
            limit = _EVENT_SECONDS
        mark = invocation.request_id
        deadline = time.monotonic() + limit
        with self._news:
            while not self._over and not self._reported(mark):
                left = deadline - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    break
            if not self._reported(mark):
                self._stop.set()
                sys.stderr.write(_line(invocation.log_text) if invocation.log_text else "")
        sys.stderr.flush()

    def _reported(self, request_id: str) -> bool:
        return any(
            request_id in line and ("REPORT " in line or "platform.report" in line)
            for line in self._printed.splitlines()
        )

    def _follow(self, since: int) -> None:
        from workbench.aws.errors import LambdaError
        from workbench.aws.logs import logs

        try:
            batches = logs.tail(self._target, self._group, since_ms=since, stop=self._stop)
            for batch in batches:
                self._print("".join(_line(event.message) for event in batch))
        except LambdaError as error:
            note(f"the logs cannot be followed: {error}")
        finally:
            with self._news:
                self._over = True
                self._news.notify_all()

    def _print(self, text: str) -> None:
        with self._news:
            if not self._stop.is_set():
                sys.stderr.write(text)
                sys.stderr.flush()
                self._printed += text
                self._news.notify_all()


def _line(message: str) -> str:
    return message if message.endswith("\n") else f"{message}\n"
