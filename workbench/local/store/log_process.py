"""The process that writes log events, so that writing never takes the GIL from an invocation.

`python -m workbench.local.store.log_process FILE BYTES` reads frames from its standard input until
that ends. A frame is a kind, a length (4 bytes, big-endian) and that many bytes: `W` a pickled list
to be written, `F` (empty) streams were deleted, `S` (empty) answered with one byte once all before
it is on disk. Measured: a thread in the server instead triples p99 of a warm invoke.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

from workbench.local.own_process import HOME
from workbench.local.store.database import open_database
from workbench.local.store.log_writer import SCHEMA, SCHEMA_VERSION, Appended, LogWriter

_CLOSING_SECONDS = 30


class LogProcess:
    """The server's end: starts the process when it is first needed, and again if it dies.

    Not safe to use from several threads at once.
    """

    def __init__(self, path: Path, *, group_bytes: int) -> None:
        self._command = [sys.executable, "-m", __name__, str(path), str(group_bytes)]
        self._process: subprocess.Popen[bytes] | None = None

    def write(self, batch: list[Appended]) -> None:
        """Hand over events to be written."""
        body = pickle.dumps(batch)
        self._send(b"W" + len(body).to_bytes(4, "big") + body)

    def forget(self) -> None:
        """Tell that streams were deleted."""
        if self._process is not None:
            self._send(b"F\0\0\0\0")

    def sync(self) -> None:
        """Return when everything handed over is on disk."""
        if self._process is not None:
            self._send(b"S\0\0\0\0")
            assert self._process.stdout is not None
            if not self._process.stdout.read(1):
                self._end()

    def close(self) -> None:
        """Have the rest written; returns when the process has ended."""
        if self._process is not None:
            self._end()

    def _send(self, frame: bytes) -> None:
        for _ in range(2):  # a process that died is started again, once for each frame
            process = self._process or self._start()
            assert process.stdin is not None
            try:
                process.stdin.write(frame)
                process.stdin.flush()
                return
            except BrokenPipeError:
                self._end()

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A terminal's ctrl+c is for the server, which ends this process when all is written.
            start_new_session=True,
            cwd=HOME,
        )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass  # it is dead already: there is nobody to read the rest
        try:
            process.wait(_CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def main(path: Path, group_bytes: int, source: BinaryIO, answers: BinaryIO) -> None:
    """Carry out frames until there are no more."""
    writer = LogWriter(open_database(path, SCHEMA, SCHEMA_VERSION), group_bytes=group_bytes)
    while len(head := source.read(5)) == 5:
        body = source.read(int.from_bytes(head[1:], "big"))
        match head[:1]:
            case b"W":
                writer.write(pickle.loads(body))
            case b"F":
                writer.forget()
            case b"S":
                answers.write(b".")
                answers.flush()


if __name__ == "__main__":
    os.nice(5)
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.stdin.buffer, sys.stdout.buffer)
