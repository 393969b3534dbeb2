"""A program in a terminal of 120×40, its keys pressed and its output timed from outside."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.processes import memory_mb

COLUMNS, LINES = 120, 40

_ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[PX^_\]][^\x1b\x07]*(?:\x1b\\|\x07)|[ -/]*[0-~])"
)


class NotShown(RuntimeError):
    """The program didn't show what was waited for. The text ends with what it did show."""


class Terminal:
    """A program on a pseudo-terminal. A context manager: leaving ends the program."""

    def __init__(
        self, args: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        env = {**os.environ, **(environment or {})}
        env |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        # Without its bytecode, which an installed package has, a program is compiled at each start.
        for name in ("LINES", "COLUMNS", "NO_COLOR", "PYTHONDONTWRITEBYTECODE"):
            env.pop(name, None)
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [str(arg) for arg in args],
            cwd=cwd,
            env=env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            # The terminal must be the session's own, or reading keys from it fails.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._shown = b""
        self._before = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        os.close(self._master)

    def press(self, keys: str) -> float:
        """Type `keys`; `text` begins anew. Gives the time (perf_counter, seconds)."""
        self._read_waiting()
        self._before += self._shown
        self._shown = b""
        pressed = time.perf_counter()
        os.write(self._master, keys.encode())
        return pressed

    def wait_for(self, text: str, seconds: float = 15) -> float:
        """The time (perf_counter, seconds) at which `text` has come, colours apart.

        Raises NotShown when it doesn't within `seconds`.
        """
        wanted = text.encode()
        deadline = time.perf_counter() + seconds
        while self._read_some(deadline - time.perf_counter()):
            came = time.perf_counter()
            if wanted in self.text():
                return came
        raise NotShown(f"{text!r} was not shown, but: {self._words()}")

    def wait_until_quiet(self, seconds: float = 0.15, most: float = 15) -> float:
        """The time (perf_counter, seconds) of the last output before `seconds` without any.

        After `most` seconds it is not waited for any longer: a cursor may blink.
        """
        begun = last = time.perf_counter()
        while self._read_some(seconds) and last - begun < most:
            last = time.perf_counter()
        return last

    def wait_for_end(self, seconds: float = 10) -> int:
        """The program's exit code, once it ended. Raises NotShown when it doesn't."""
        deadline = time.perf_counter() + seconds
        while self._process.poll() is None:
            self._read_some(0.02)
            if time.perf_counter() > deadline:
                raise NotShown(f"still running after {seconds:g} s, showing: {self._words()}")
        return self._process.returncode

    def text(self) -> bytes:
        """What was shown since the last key, without escape sequences."""
        return _ESCAPES.sub(b"", self._shown)

    def ever_showed(self, text: str) -> bool:
        """Whether `text` has come since the start."""
        return text.encode() in _ESCAPES.sub(b"", self._before + self._shown)

    def processor_ms(self) -> float:
        """The processor time the program has had, all its threads together."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def waited_ms(self) -> float:
        """How long the program's main thread was ready to run, but others had the processors."""
        pid = self._process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e6

    def memory_mb(self) -> float:
        """The program's resident memory."""
        return memory_mb(self._process.pid)

    def _words(self) -> str:
        """The last of what was shown, without frames and empty places."""
        return re.sub(r"[\s\u2500-\u259f]+", " ", self.text().decode(errors="replace"))[-400:]

    def _read_waiting(self) -> None:
        while self._read_some(0):
            pass

    def _read_some(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], max(seconds, 0))[0]:
            return False
        try:
            data = os.read(self._master, 1 << 20)
        except OSError:  # Linux's way to say that the program has ended
            return False
        self._shown += data
        return bool(data)
