"""Commands as processes that are forked from one which has imported what most of them need: the
interpreter's start and boto3 are four fifths of a command's time.

Run as a program it is that process. On its socket comes one JSON object a line, {"Words", "Folder",
"Variables"}, with three descriptors: standard input, output and error. The answer is the exit
status, once the command has ended.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SECONDS = 60


class CommandForks:
    """The process that forks, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(
        self, words: Sequence[str], folder: Path, stdin: str, variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run `workbench` with these words, as `subprocess.run` would."""
        streams = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115
        try:
            streams[0].write(stdin.encode())
            streams[0].seek(0)
            message = {"Words": words, "Folder": str(folder), "Variables": dict(variables)}
            descriptors = [stream.fileno() for stream in streams]
            with self._lock:
                self._start()
                socket.send_fds(self._control, [json.dumps(message).encode() + b"\n"], descriptors)
                status = int(self._control.recv(100))
            for stream in streams:
                stream.seek(0)
            out, err = (stream.read().decode() for stream in streams[1:])
            return subprocess.CompletedProcess(words, status, out, err)
        finally:
            for stream in streams:
                stream.close()

    def _start(self) -> None:
        if self._process is not None:
            return
        self._control, theirs = socket.socketpair()
        self._control.settimeout(SECONDS)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**kept, "PYTHONPATH": str(REPOSITORY)},
        )
        theirs.close()
        atexit.register(self._end)

    def _end(self) -> None:
        assert self._process is not None
        self._control.close()
        self._process.wait(SECONDS)


def _serve(control: socket.socket) -> None:
    """Fork on request. Returns in a child, which is to be the command."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 3)
        if not data:
            sys.exit(0)
        while not data.endswith(b"\n"):
            data += control.recv(1 << 20)
        pid = os.fork()
        if pid == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
        _, status = os.waitpid(pid, 0)
        control.send(str(os.waitstatus_to_exitcode(status)).encode())
    control.close()
    for place, descriptor in enumerate(descriptors):
        os.dup2(descriptor, place)
        os.close(descriptor)
    order = json.loads(data)
    os.environ.clear()
    os.environ.update(order["Variables"])
    time.tzset()
    os.chdir(order["Folder"])
    sys.argv = ["workbench", *order["Words"]]


if __name__ == "__main__":
    sys.path.pop(0)  # tests are not what commands find
    import boto3  # noqa: F401

    import workbench.aws.lambda_client
    import workbench.aws.workbench_surface
    import workbench.cli.main
    import workbench.project.server_process  # noqa: F401
    from workbench.__main__ import main

    _serve(socket.socket(fileno=int(sys.argv[1])))
    sys.exit(main())
