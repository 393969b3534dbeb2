"""Servers under measurement: started in their own session, stopped whole."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class DidNotStart(RuntimeError):
    """A server wasn't ready in time; the text ends with the last lines it printed."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(pid: int, *, peak: bool = False) -> float:
    """A process's resident memory now, or the most that it ever was."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"{'VmHWM' if peak else 'VmRSS'}:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


class Server:
    """A process with its output in a file. A context manager: leaving stops it and its children."""

    def __init__(
        self,
        args: Sequence[str | Path],
        *,
        cwd: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = Path(args[0]).name
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(arg) for arg in args],
                cwd=cwd,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for_port(self, port: int, seconds: float = 30) -> None:
        """Return once `port` of 127.0.0.1 accepts connections. Raises DidNotStart."""

        def accepts() -> bool:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
            return True

        self._wait(accepts, f"listening on {port}", seconds)

    def wait_for_line(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """The first match of `pattern` in what the process prints. Raises DidNotStart."""
        found: list[re.Match[str]] = []

        def printed() -> bool:
            match = re.search(pattern, self.log.read_text(errors="replace"))
            if match:
                found.append(match)
            return match is not None

        self._wait(printed, f"printing {pattern}", seconds)
        return found[0]

    def _wait(self, ready: Callable[[], bool], what: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                how = "it ended" if ended else f"{seconds:g} s were not enough"
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise DidNotStart(f"{self.name} was not ready ({what}): {how}.\n{tail}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End the process, gently first, then whatever it left behind in its session."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
